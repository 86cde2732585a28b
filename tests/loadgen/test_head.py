"""What is read off an answer's raw head, by rows."""

import math

import pytest

from compare.loadgen import head

OK = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "io_s"),
    [
        (OK + b"Server-Timing: io;dur=100.3\r\n\r\n", 0.1003),
        (OK + b"Server-Timing: io;dur=100\r\nA: b\r\n\r\n", 0.1),
        (OK + b"Server-Timing: io;dur=1.5, db;dur=3\r\n\r\n", 0.0015),
        (OK + b"Server-Timing: io;dur=.\r\n\r\n", math.nan),
        (HINTS[:-2] + b"Server-Timing: io;dur=1\r\n\r\n" + OK + b"Server-Timing: io;dur=2\r\n\r\n", 0.002),
        (OK + b"server-timing:io;dur=5\r\n\r\n", 0.005),
        (OK + b"A: b\r\nSERVER-TIMING: db;dur=9, io;dur=0.0\r\nC: d\r\n\r\n{}", 0.0),
        (CONTINUE + HINTS + OK + b"Server-Timing: io;dur=7.5\r\n\r\n", 0.0075),
        (OK + b"Server-Timing: audio;dur=7.5\r\n\r\n", math.nan),
        (OK + b"Server-Timing: io\r\n\r\n", math.nan),
        (OK + b"X-Timing: io;dur=7.5\r\n\r\n", math.nan),
        (OK + b"\r\nServer-Timing: io;dur=7.5\r\n\r\n", math.nan),  # in the body
        (OK + b"\r\n", math.nan),
        (b"", math.nan),
    ],
)
def test_the_time_of_the_work_is_read_from_server_timing_in_the_head_alone(data, io_s):
    assert head.io_seconds(data) == pytest.approx(io_s, nan_ok=True)


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (OK + b"\r\n", OK + b"\r\n"),
        (CONTINUE + OK, OK),
        (CONTINUE + HINTS + OK, OK),
        (CONTINUE, b""),
        (CONTINUE[:-2], CONTINUE[:-2]),
        (b"HTTP/1.0 204 No Content\r\n\r\n", b"HTTP/1.0 204 No Content\r\n\r\n"),
    ],
)
def test_interim_answers_are_passed_over(data, rest):
    assert head.final(data) == rest


@pytest.mark.parametrize(
    ("data", "until_close"),
    [
        (OK + b"\r\nbody", True),
        (OK + b"X: content-length: 3\r\n\r\n", True),
        (OK + b"Content-Length: 3\r\n\r\nab", False),
        (OK + b"transfer-encoding: chunked\r\n\r\n", False),
        (OK + b"A: b\r\n", False),  # the head itself is not whole
        (b"", False),
    ],
)
def test_a_body_lasts_until_the_close_when_nothing_else_frames_it(data, until_close):
    assert head.ends_by_close(data) is until_close


def test_a_head_is_complete_at_its_empty_line():
    assert head.complete(OK + b"A: b\r\n\r\n")
    assert not head.complete(OK + b"A: b\r\n")


def test_an_endless_row_of_interim_answers_is_passed_over_in_one_go():
    class Counted(bytes):
        cuts = 0

        def __getitem__(self, at):
            Counted.cuts += len(range(*at.indices(len(self)))) > 100
            return bytes.__getitem__(self, at)

    assert head.final(Counted(CONTINUE * 10_000 + OK)) == OK
    assert Counted.cuts <= 1
