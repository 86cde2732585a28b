import os
from threading import Event

from compare.processes.tail import LINES, Tail


def test_the_last_lines_are_kept_and_blank_ones_are_not(monkeypatch):
    monkeypatch.setattr("compare.processes.tail.ALL_IN_S", 60)
    out, into = os.pipe()
    tail = Tail(os.fdopen(out, "rb"))
    with os.fdopen(into, "wb") as writer:
        writer.write(b"".join(b"line %d\n\n" % number for number in range(100)))
    assert tail.lines() == [f"line {number}" for number in range(100 - LINES, 100)]
    tail.close()


def test_a_stream_that_somebody_else_holds_open_is_left_to_them(monkeypatch):
    out, into = os.pipe()
    ended = Event()
    stream = os.fdopen(out, "rb")
    tail = Tail(stream, lambda line: ended.set() if line is None else None)
    with monkeypatch.context() as patched:
        patched.setattr("compare.processes.tail.CLOSED_S", 0.01)
        tail.close()
    assert not stream.closed
    os.close(into)
    assert ended.wait(60)
    monkeypatch.setattr("compare.processes.tail.CLOSED_S", 60)
    tail.close()
    assert stream.closed
