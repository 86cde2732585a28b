"""The command line's commands, one each; only they print and exit."""
