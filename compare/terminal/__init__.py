"""What the command line shows: progress, tables, the report of one load."""
