"""The load generator: a process of its own, without numpy, lighter than any server it measures."""
