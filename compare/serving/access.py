"""The access log: one line per answer, the same from both servers, off unless asked for."""

import logging

access_log = logging.getLogger("compare.access")


def log_access(method: str, target: str, status: int, took_s: float) -> None:
    """Log one answer; `target` is as the client sent it, except for what some readers take for the end of a line."""
    if not target.isprintable():
        target = target.encode("unicode_escape").decode()
    access_log.info("%s %s %d %.1fms", method, target, status, took_s * 1e3)
