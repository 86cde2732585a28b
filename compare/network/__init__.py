"""Hosts that are network namespaces of this machine, and the wires between them: real sockets, known delay and loss."""
