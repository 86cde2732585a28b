"""Answers as they come over the wire, taken apart strictly: what is no HTTP fails the test."""

import re
from dataclasses import dataclass

# aiohttp repeats the version it was asked in, be it 0.9 or 2.0; it then closes the connection
STATUS_LINE = re.compile(rb"HTTP/\d\.\d ([1-5]\d\d)( [^\r\n\0]*)?")
FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*")


@dataclass(frozen=True)
class Answer:
    """One answer: its status, its headers by lower-case name, its body."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def answers(raw: bytes) -> list[Answer]:
    """Return every final answer in what a server sent on one connection, in order."""
    found = []
    while raw:
        head, end, raw = raw.partition(b"\r\n\r\n")
        assert end, f"a head without an end: {head[:200]!r}"
        first, *fields = head.split(b"\r\n")
        status = STATUS_LINE.fullmatch(first)
        assert status, f"no status line: {first[:200]!r}"
        assert all(map(FIELD.fullmatch, fields)), f"no header: {fields!r}"
        pairs = (field.partition(b":") for field in fields)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        assert b"transfer-encoding" not in headers, "this server always knows how long its answer is"
        # to HEAD, and to what was no request, an answer has no body whatever its length says
        length = 0 if raw.startswith(b"HTTP/") else int(headers.get(b"content-length", b"0"))
        body, raw = raw[:length], raw[length:]
        assert len(body) in {0, length}, f"half a body: {body!r}"
        if status[1] >= b"200":
            found.append(Answer(int(status[1]), headers, body))
    return found
