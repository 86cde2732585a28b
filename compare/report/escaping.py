"""Texts of a record in formats that give characters a meaning: a record may come from a stranger.

HTML is escaped by the standard library where it is written.
"""

import re

# Emphasis, code, links, tags, entities and cells of a table; an underscore marks nothing within a word, and ">" only
# where a line begins. Source: CommonMark 0.31, GitHub's tables and strikethrough.
_MARKS = re.compile(r"[\\`*\[\]<|~]|&(?=[#\w]+;)|\b_|_\b|(?<!\w)_")
_FIRST = re.compile(r"\A(?:[>#]|[-+=](?=[-+=\s]|\Z)|\d+(?=[.)](?:\s|\Z)))")
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
)  # what makes a spreadsheet compute a cell (OWASP, "CSV Injection")


def markdown(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line, within a line or a table's cell."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def markdown_line(text: str) -> str:
    """Return `text` so that Markdown shows it as it is where a paragraph or an item of a list begins."""
    return _FIRST.sub(
        lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", markdown(text)
    )


def markdown_code(text: str) -> str:
    """Return `text` as a span of code: fenced by more backticks than it holds in a row."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}"


def csv_field(value: object) -> object:
    """Return `value`, a text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
