"""One file, one question: its plan, its figure and its verdict in words."""
