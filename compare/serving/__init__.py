"""What both servers do alike around a request: admission, deadlines, loop lag, signals, drain; no framework."""
