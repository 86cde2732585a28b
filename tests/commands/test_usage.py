import click
import pytest

from compare.commands import usage
from compare.contract import Server


@pytest.mark.parametrize(("text", "levels"), [("1", (1,)), ("10,100, 1000", (10, 100, 1000))])
def test_levels_are_whole_numbers_between_commas(text, levels):
    assert usage.levels(text) == levels


@pytest.mark.parametrize("text", ["", ",", "0", "-1", "1.5", "10,", "ten", "\u0661"])
def test_anything_else_is_no_list_of_levels(text):
    with pytest.raises(click.BadParameter, match="10,100,1000"):
        usage.levels(text)


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.5%", 0.005), ("0%", 0.0), ("150%", 1.5)])
def test_a_share_is_written_in_per_cent(text, share):
    assert usage.share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["5", "%", "-5%", "five%", "1.2.3%", "nan%"])
def test_anything_else_is_no_share(text):
    with pytest.raises(click.BadParameter, match="5%"):
        usage.share(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2), ("0.5", 0.5), (".5s", 0.5), ("500ms", 0.5), ("90s", 90), ("10m", 600), ("1h", 3600)],
)
def test_a_duration_is_seconds_or_has_a_unit(text, seconds):
    assert usage.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "0", "0.01", "-1", "1e3", "nan", "10 m", "2d", "25h"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(click.BadParameter, match="such as"):
        usage.seconds(text)


def test_a_choice_takes_the_values_of_an_enum():
    assert list(usage.choice(Server).choices) == ["tornado", "aiohttp"]


def test_a_command_that_is_named_can_be_typed_where_it_is_named(tmp_path, monkeypatch):
    program = tmp_path / "compare"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path, asked, typed in (
        ("/nowhere", str(program), str(program)),
        (str(tmp_path), str(program), "compare"),
        ("/nowhere", "/x/compare/__main__.py", "python -m compare"),
    ):
        monkeypatch.setenv("PATH", path)
        monkeypatch.setattr("sys.argv", [asked])
        assert usage.typed() == typed
