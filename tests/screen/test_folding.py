"""Sentences in a terminal are broken between words; a file gets each whole."""

import io
import os
import pty
import termios

import pytest

from compare.screen.folding import folded

SENTENCE = (
    "- With a 100 ms wait, at 100 in flight one cannot tell after a single round: "
    "tornado native answers 3.2 times what callback does."
)


@pytest.fixture
def terminal():
    """A terminal's end, and what sets how many columns it has."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream, lambda columns: termios.tcsetwinsize(theirs, (24, columns))
    os.close(ours)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_gets_whole_words_in_lines_that_fit(terminal, columns):
    stream, resize = terminal
    resize(columns)
    first, *rest = folded(SENTENCE, stream).split("\n")
    assert rest
    assert all(len(line) <= columns for line in (first, *rest))
    assert all(line.startswith("  ") for line in rest)
    assert [*first.split(), *" ".join(rest).split()] == SENTENCE.split()


def test_a_path_that_is_longer_than_the_line_is_not_broken(terminal):
    stream, resize = terminal
    resize(20)
    assert "results/20250101-000000-concurrency-full" in folded(
        "See results/20250101-000000-concurrency-full for more.", stream
    )


def test_a_terminal_that_does_not_say_how_wide_it_is_gets_one_line(terminal):
    assert folded(SENTENCE, terminal[0]) == SENTENCE


def test_a_file_and_a_buffer_get_one_line(tmp_path):
    with (tmp_path / "log").open("w") as file:
        assert folded(SENTENCE, file) == SENTENCE
    assert folded(SENTENCE, io.StringIO()) == SENTENCE
