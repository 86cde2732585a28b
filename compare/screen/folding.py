"""Sentences for a terminal, broken between words, where the terminal itself would break them within one."""

import os
import textwrap
from typing import TextIO

ITEM = "- "


def folded(sentence: str, stream: TextIO) -> str:
    """Return `sentence` in lines that fit the terminal `stream`; an item of a list is indented below its dash.

    Where `stream` is a file or a pipe it stays one line, which `grep` finds whole.
    """
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal, or not even a descriptor
        return sentence
    indent = " " * len(ITEM) if sentence.startswith(ITEM) else ""
    return "\n".join(
        textwrap.wrap(
            sentence,
            width or len(sentence),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
