"""What the generator needs of an answer's head beyond its status. Pure, on the raw bytes.

httptools would call Python for every header of every answer; one `bytes.find` costs a hundredth of that.
"""

import math
import re

MARK = b"io;dur="
_IO = re.compile(rb"(?im)^server-timing:(?:[^\r\n]*,)?[ \t]*io;dur=(\d+(?:\.\d+)?)")
_FRAMED = re.compile(rb"(?im)^(?:content-length|transfer-encoding):")
_END = b"\r\n\r\n"


def final(data: bytes) -> bytes:
    """Return `data` from the final answer on: interim ones (100 Continue, 103 Early Hints) come before it."""
    while data[:5] == b"HTTP/" and data[8:10] == b" 1" and _END in data:
        data = data.partition(_END)[2]
    return data


def complete(data: bytes) -> bool:
    """Whether the head of the final answer has arrived whole; `data` is from `final`."""
    return _END in data


def io_seconds(data: bytes) -> float:
    """Return the seconds of `Server-Timing: io;dur=<milliseconds>` in the head, NaN without it (W3C Server Timing)."""
    if data.find(MARK) < 0:  # the common case of a foreign server, and the cheap one
        return math.nan
    found = _IO.search(final(data).partition(_END)[0])
    return float(found[1]) / 1e3 if found else math.nan


def ends_by_close(data: bytes) -> bool:
    """Whether the body lasts until the connection closes: no length, not chunked (RFC 9112, 6.3, rule 8)."""
    head, end, _ = data.partition(_END)
    return bool(end) and not _FRAMED.search(head)
