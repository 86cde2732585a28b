"""Child processes: bound to this one, pinned, ended with it."""
