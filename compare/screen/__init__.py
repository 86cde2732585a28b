"""What the terminal shows while and after a benchmark runs: progress and tables."""
