"""Phrases that a native reader stumbles over, wherever people read: pages, docstrings, comments, messages."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("compare", "kit", "benchmarks", "examples", "docs")
PAGES = sorted({*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))})
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

# What not to write, and what to write in its place.
BANNED = {
    r"\bwhoever\b": "a noun: the client, a person who ...",
    r"(?<!/)\bnowhere\b": "not ... anywhere",
    r"\btold of\b": "told about, notified",
    r"\bwhat (came|comes|became|becomes|has become) of\b": "how it ended, what happened to",
    r"\btake note\b": "the fact itself: `cell` is about to be measured",
    r"\bbut for\b": "except for",
    r"\bstands in for\b": "replaces",
    r"(?<!here )\b(is|are|was|were) no\b(?! (longer|more|less|later|older|newer)\b)": "is not a",
    r"(?-i:(?<!here )\b(is|are|was|were) none\b(?! of\b))": "is not one",
}


def prose_of(path: Path) -> list[tuple[int, str]]:
    """Return what people read of a file, with line numbers: of Python comments and texts, of a page all but code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        inside, found = False, []
        for number, line in enumerate(text.splitlines(), 1):
            inside ^= line.startswith("```")
            found.append((number, "" if inside else re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)))
        return found
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    read = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    return [(one.start[0], " ".join(one.string.split())) for one in tokens if one.type in read]


def stumbles(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {found[0]!r}: {instead}"
        for number, text in prose_of(path)
        for pattern, instead in BANNED.items()
        for found in re.finditer(pattern, text, flags=re.IGNORECASE)
    ]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_it_reads_as_plain_english(path):
    assert not stumbles(path), "\n".join(stumbles(path))
