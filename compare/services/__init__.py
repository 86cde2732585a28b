"""Processes beside the servers: the slow upstream and the database that a work waits for."""
