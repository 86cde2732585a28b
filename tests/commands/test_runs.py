"""`compare report` and `compare diff`: what works from kept runs alone."""

import re
from pathlib import Path

import click
import made
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from compare import findings, records
from compare.cli import commands
from compare.commands import runs
from compare.experiments import concurrency
from compare.findings import Findings


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Two kept runs: the same contestant, three times as slow in the second."""
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])
    for name, took_s in (("20250101-000000-base", 0.1), ("20250102-000000-new", 0.3)):
        folder = tmp_path / name
        folder.mkdir()
        rounds = [
            made.measurement(made.cell(round_=n), made.closed_loop(10, took_s * (1 + n / 1000), io_s=took_s))
            for n in range(5)
        ]
        records.save(made.run(rounds, name=name), folder)
    return tmp_path


def test_without_a_run_the_newest_is_redrawn(results):
    result = CliRunner().invoke(commands, ["report", "--results", str(results)], standalone_mode=False)
    assert result.return_value == 0, result.output
    assert f"Report: {results}/20250102-000000-new/report.html" in result.stdout
    assert not (results / "20250101-000000-base" / "report.html").exists()


def test_a_run_that_is_named_is_redrawn_from_its_files(results):
    folder = results / "20250101-000000-base"
    CliRunner().invoke(commands, ["report", str(folder)], standalone_mode=False)
    assert (folder / "report.html").exists()
    assert (folder / "summary.csv").exists()


def test_the_report_is_opened_when_asked_for(results, monkeypatch):
    opened = []
    monkeypatch.setattr(click, "launch", opened.append)
    CliRunner().invoke(commands, ["report", "--results", str(results), "--open"])
    assert opened == [str(results / "20250102-000000-new" / "report.html")]


def test_a_run_that_came_with_the_repository_is_redrawn_beside_its_own_files_unless_it_is_named(results):
    folder = results / "20250101-000000-base"
    names = (folder.name, "20250102-000000-new")
    rows = "".join(f"| [{name}]({name}/summary.md) | what |\n" for name in names)
    (results / "README.md").write_text(f"| run | what |\n|---|---|\n{rows}")
    (folder / "summary.md").write_text("as it came")
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    result = CliRunner().invoke(commands, ["report", "--results", str(results)], standalone_mode=False)
    assert f"Report: {folder}/redrawn/report.html" in result.stdout
    assert {path: path.read_bytes() for path in before} == before
    CliRunner().invoke(commands, ["report", str(folder)], standalone_mode=False)
    assert (folder / "report.html").exists()


def test_no_run_at_all_is_a_sentence_that_says_how_to_make_one(tmp_path):
    result = CliRunner().invoke(commands, ["report", "--results", str(tmp_path)])
    assert result.exit_code == 1
    assert "`compare bench` makes one" in result.output


def test_a_damaged_run_is_refused_and_nothing_is_written(results):
    folder = results / "20250101-000000-base"
    (folder / "run.json").write_text("{")
    before = sorted(folder.iterdir())
    result = CliRunner().invoke(commands, ["report", str(folder)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert sorted(folder.iterdir()) == before


def test_reading_gives_the_run_that_was_kept(results):
    assert records.read(results / "20250101-000000-base").name == "20250101-000000-base"


def strange(tmp_path, **texts) -> Path:
    """Keep a run of one cell as a stranger would; return its folder."""
    folder = tmp_path / "strange"
    folder.mkdir()
    contestant = replace(made.NATIVE, work=texts.pop("work", "sleep"))
    rounds = [made.measurement(made.cell(contestant, round_=n), made.closed_loop(10, 0.12)) for n in range(2)]
    records.save(replace(made.run(rounds), **texts), folder)
    return folder


def test_what_a_report_writes_follows_no_link(tmp_path):
    folder = strange(tmp_path)
    victim = tmp_path / "bashrc"
    victim.write_text("mine")
    written = ("summary.md", "summary.csv", "pyperf.json", "report.html")
    drawn = [f"concurrency-{figure}.{kind}" for figure in ("cost", "throughput") for kind in ("png", "svg")]
    for name in (*(f".{name}.{end}" for name in written for end in ("new", "part")), *written, *drawn):
        (folder / name).symlink_to(victim)
    result = CliRunner().invoke(commands, ["report", str(folder)], standalone_mode=False)
    assert result.return_value == 0, result.output
    assert victim.read_text() == "mine"
    assert not (folder / "concurrency-cost.png").is_symlink()


HOSTILE = "=a:[/b]$\\x$<i>|\x1b]0;t\x07:smile:"


def test_hostile_names_are_shown_as_they_are_everywhere(tmp_path):
    folder = strange(tmp_path, work=HOSTILE, command=HOSTILE, created=HOSTILE)
    result = CliRunner().invoke(commands, ["report", str(folder)], standalone_mode=False)
    assert result.return_value == 0, result.output
    assert r"=a:[/b]$\x$<i>|\u001b]0;t\u0007:smile:" in result.stdout.replace("\n", "")
    for file in folder.iterdir():
        assert file.suffix in {".png", ".npz"} or b"\x1b" not in file.read_bytes(), file
    assert ",'=a:" in (folder / "summary.csv").read_text()
    text = re.sub("`[^`\n]*`", "", (folder / "summary.md").read_text())
    assert r"\<i>" in text
    assert "<i>" not in text.replace(r"\<i>", "")


def test_a_report_can_be_written_elsewhere(results):
    folder, out = results / "20250101-000000-base", results / "x" / "mine"
    before = sorted(folder.iterdir())
    result = CliRunner().invoke(commands, ["report", str(folder), "--out", str(out)], standalone_mode=False)
    assert f"Report: {out}/report.html" in result.stdout
    assert (out / "summary.csv").exists()
    assert sorted(folder.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_one_sentence(results):
    out = results / "20250101-000000-base" / "run.json" / "x"
    result = CliRunner().invoke(commands, ["report", "--results", str(results), "--out", str(out)])
    assert result.exit_code == 1
    assert result.output == (
        f"Error: Cannot write the report to {out}: Not a directory; name another folder, such as --out my-report.\n"
    )


def compare(results, *words, base="20250101-000000-base", new="20250102-000000-new"):
    return CliRunner().invoke(
        commands, ["diff", str(results / base), str(results / new), *words], standalone_mode=False
    )


def test_what_changed_is_said_in_words(results):
    result = compare(results)
    assert result.return_value == 0
    assert "aiohttp native, 10 in flight, 100 ms wait" in result.stdout
    assert "worse" in result.stdout


def test_a_run_against_itself_has_not_changed(results):
    result = compare(results, "--fail-above", "5%", new="20250101-000000-base")
    assert result.return_value == 0
    assert "worse" not in result.stdout


def test_getting_worse_by_more_than_allowed_is_exit_code_3(results):
    assert compare(results, "--fail-above", "5%").return_value == 3
    assert compare(results, "--fail-above", "400%").return_value == 0


def test_markdown_has_a_table(results):
    assert "| --- |" in compare(results, "--markdown").stdout


def test_unlike_machines_are_refused_unless_compared_anyway(results):
    folder = results / "20250103-000000-elsewhere"
    folder.mkdir()
    run = records.read(results / "20250102-000000-new")
    elsewhere = replace(run.environment, cpu_model="sundial")
    records.save(replace(run, environment=elsewhere, name=folder.name), folder)
    result = CliRunner().invoke(commands, ["diff", str(results / "20250101-000000-base"), str(folder)])
    assert result.exit_code == 1
    assert "abacus against sundial" in result.output
    assert "--anyway" in result.output
    assert compare(results, "--anyway", new=folder.name).return_value == 0


def test_a_folder_that_holds_no_run_is_refused(results):
    assert CliRunner().invoke(commands, ["diff", str(results), str(results)]).exit_code == 1


def test_the_newest_is_found_where_runs_are_kept(results):
    assert findings.newest(results).name == "20250102-000000-new"


def test_findings_are_rows_sentences_doubts_and_where_the_charts_are(capsys):
    rows = [made.summary([100]), made.summary([], made.CALLBACK, valid=False, failure="It crashed.")]
    runs.show(
        Findings(
            {"concurrency": ["Native answers more."]},
            {"concurrency": ["Executor is not a result: It crashed."]},
            rows,
            [Path("r/a.png"), Path("r/a.svg"), Path("r/summary.csv")],
            ["Not measured: native, because my:work has no native face."],
        ),
        Path("r"),
    )
    out = capsys.readouterr().out
    order = [
        "aiohttp native",
        "- Native answers more.",
        "- Executor is not a result",
        "- Not measured: native",
        "Chart:  r/a.png",
        "Report: r/report.html",
    ]
    assert [out.index(words) for words in order] == sorted(out.index(words) for words in order)
    assert "a.svg" not in out
