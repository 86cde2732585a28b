"""Which interpreters `compare bench --python` chooses, and how it refuses."""

import click
import pytest

from compare.commands import pythons
from compare.processes import interpreters
from compare.processes.interpreters import Interpreter, InterpreterError


@pytest.fixture(autouse=True)
def known(tmp_path, monkeypatch):
    """Three interpreters, found by version or by path; no environment was made."""
    tags = {"3.12": "3.12", "3.13": "3.13", "/opt/python3.13": "3.13"}
    monkeypatch.setattr(interpreters, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(
        interpreters,
        "find",
        lambda named: Interpreter(tags[named], f"/somewhere/{named}", "3.13.0", "CPython", False, True, {}),
    )
    return tmp_path


def test_what_was_named_is_found_by_tag_and_nothing_else(known):
    (known / "3.12").mkdir()
    assert list(pythons.chosen(["3.13"], default=True)) == ["3.13"]
    assert pythons.chosen([], default=False) == {}


def test_without_a_name_all_environments_that_were_made_are_compared(known):
    for tag in ("3.13", "3.12"):
        (known / tag).mkdir()
    assert list(pythons.chosen([], default=True)) == ["3.12", "3.13"]


def test_none_at_all_is_refused_with_an_example():
    with pytest.raises(click.UsageError, match=r"name one, such as --python 3\.13 "):
        pythons.chosen([], default=True)


def test_the_same_version_twice_is_refused():
    with pytest.raises(
        click.UsageError, match=r"/somewhere/3\.13 and /somewhere//opt/python3\.13 are both 3\.13"
    ):
        pythons.chosen(["3.13", "/opt/python3.13"], default=True)


def test_other_package_versions_are_refused(monkeypatch):
    other = Interpreter("3.13", "/opt/python3.13", "3.13.0", "CPython", False, True, {"aiohttp": "3.0.0"})
    monkeypatch.setattr(interpreters, "find", lambda _: other)
    with pytest.raises(InterpreterError, match=r"has aiohttp 3\.0\.0 and this environment"):
        pythons.chosen(["3.13"], default=True)
