"""What the generator needs of an answer's head beyond its status. Pure, on the raw bytes.

httptools would call Python for every header of every answer, which alone costs more than all else that is done here.
"""

import math
import re

_IO = re.compile(rb"(?im)^server-timing:(?:[^\r\n]*,)?[ \t]*io;dur=(\d+(?:\.\d+)?)")
_OURS, _INTERIM = b"\r\nServer-Timing: io;dur=", ord("1")
_FRAMED = re.compile(rb"(?im)^(?:content-length|transfer-encoding):")
_END = b"\r\n\r\n"


def final(data: bytes) -> bytes:
    """Return `data` from the final answer on: interim ones (100 Continue, 103 Early Hints) come before it."""
    at = 0
    while data.startswith(b"HTTP/", at) and data[at + 8 : at + 10] == b" 1":
        end = data.find(_END, at)
        if end < 0:
            break
        at = end + len(_END)
    return data[at:]  # once: an endless row of interim answers would else be copied for each of them


def complete(data: bytes) -> bool:
    """Whether the head of the final answer has arrived whole; `data` is from `final`."""
    return _END in data


def io_seconds(data: bytes) -> float:
    """Return the seconds of `Server-Timing: io;dur=<milliseconds>` in the head, NaN without it (W3C Server Timing)."""
    at = data.find(_OURS)
    if (
        at > 0 and data[9] != _INTERIM and data.find(_END, 0, at + 2) < 0
    ):  # as both servers write it: no regex needed
        value = data[at + len(_OURS) : data.find(b"\r\n", at + 2)]
        if value.replace(b".", b"", 1).isdigit():
            return float(value) / 1e3
    found = _IO.search(final(data).partition(_END)[0])
    return float(found[1]) / 1e3 if found else math.nan


def ends_by_close(data: bytes) -> bool:
    """Whether the body lasts until the connection closes: no length, not chunked (RFC 9112, 6.3, rule 8)."""
    head, end, _ = data.partition(_END)
    return bool(end) and not _FRAMED.search(head)
