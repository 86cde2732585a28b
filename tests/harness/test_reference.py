import re
import socket
import time
from urllib.parse import urlsplit

import psutil
import pytest

from compare.harness import reference


def ask(url, requests=1):
    """Send `requests` pipelined requests and return the answers' bytes and how long they took."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as sock:
        start = time.monotonic()
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * requests)
        data = b""
        while data.count(b"\r\n\r\nok") < requests:
            data += sock.recv(65536)
        return data, time.monotonic() - start


def told_ms(data):
    """Return what each answer's Server-Timing says."""
    return [float(one) for one in re.findall(rb"dur=([\d.]+)", data)]


def test_it_answers_at_once_and_says_so():
    with reference.serving() as url:
        data, _ = ask(url, requests=3)
    assert data.count(b"HTTP/1.1 200 OK") == 3
    assert data.count(b"Server-Timing: io;dur=0.000") == 3


def test_it_says_how_long_it_really_waited():
    with reference.serving(delay_s=0.05) as url:
        data, took_s = ask(url)
    assert 0.05 <= told_ms(data)[0] / 1e3 <= took_s


def test_what_it_says_is_not_rounded_to_its_loops_milliseconds():
    with reference.serving(delay_s=0.002) as url:
        told = [told_ms(ask(url)[0])[0] for _ in range(5)]
    assert any(not one.is_integer() for one in told)


def test_it_stands_still_once_after_as_many_requests_as_told():
    with reference.serving(freeze_after=2) as url:
        assert (
            ask(url, requests=3)[1] >= reference.FREEZE_S
        )  # after the second nothing is answered for so long
        assert ask(url, requests=60)[1] < 20 * reference.FREEZE_S, (
            "it does not stand still after every second one"
        )


def test_nothing_is_left_of_it_after_the_block_however_that_is_left():
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(KeyboardInterrupt), reference.serving():
        raise KeyboardInterrupt
    assert set(psutil.Process().children(recursive=True)) == before
