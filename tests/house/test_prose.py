"""Phrases that a native reader stumbles over, wherever people read: pages, docstrings, comments, messages."""

import io
import re
import tokenize
from pathlib import Path

import pytest
from proselint import checks
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

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
# What proselint looks for besides: clichés, redundancies, archaisms, malapropisms, words used wrongly or for nothing.
NOISE = {
    "annotations",  # ruff's rules for open tasks see more
    "dates_times",  # takes any `from` before a date for half of a range
    "lexical_illusions",  # takes two figures in a row, or a command line, for a word twice
    "typography",  # straight quotes and three dots are what a terminal and a source file have
}
CONFIG = {**DEFAULT, "checks": {name: on and name not in NOISE for name, on in DEFAULT["checks"].items()}}
CheckRegistry().register_many(checks.__register__)


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


def found_by_proselint(path: Path) -> list[str]:
    """Return what proselint says about a file's prose, each with the line of the file."""
    prose = prose_of(path)
    found = LintFile(str(path), "\n".join(text for _, text in prose) or " ").lint(CONFIG)
    return [
        f"{path.relative_to(ROOT)}:{prose[one.pos[0] - 1][0]}: {one.check_result.message}" for one in found
    ]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_it_reads_as_plain_english(path):
    found = stumbles(path) + found_by_proselint(path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["It is very unique.", "In the long run it waits.", "It is no answer."])
def test_a_phrase_that_should_not_be_is_found(text, tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "page.md").write_text(f"# A page\n\n{text}\n")
    (found, *_) = stumbles(tmp_path / "page.md") + found_by_proselint(tmp_path / "page.md")
    assert found.startswith("page.md:3: ")
