"""The long I/O itself: each kind has a blocking face and a native face of the same work."""
