"""What the pages quote is what the committed runs say, and a run is exchanged in one step."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import quoted
from compare import findings

ROOT = Path(__file__).parents[2]
GIL = ROOT / "docs" / "gil-collapse.md"


@pytest.mark.parametrize("page", quoted.PAGES, ids=lambda page: page.name)
def test_every_quoted_part_is_what_its_run_says(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("<!-- quoted ") == len(quoted.QUOTED.findall(text)) > 0
    assert quoted.rewritten(text, page, []) == text


def test_a_changed_number_is_noticed():
    page = quoted.PAGES[0]
    text = page.read_text(encoding="utf-8")
    part = next(found for found in quoted.QUOTED.finditer(text) if found["part"] == "findings")
    wrong = text.replace(part["text"], part["text"].replace("/s", "1/s"))
    assert wrong != text
    assert quoted.rewritten(wrong, page, []) == text


def test_another_run_takes_the_place_of_the_one_quoted_where_it_holds_the_experiment(monkeypatch, tmp_path):
    page = quoted.PAGES[0]
    text = page.read_text(encoding="utf-8")
    before = {found["part"]: found["runs"] for found in quoted.QUOTED.finditer(text)}
    monkeypatch.setattr(quoted, "ROOT", tmp_path)
    other = tmp_path / "results" / "another"
    shutil.copytree(ROOT / before["picture"], other)
    (tmp_path / page.name).write_text(text)
    for asked in before["questions"].split():
        shutil.copytree(ROOT / asked, tmp_path / asked)
    after = quoted.rewritten(text, tmp_path / page.name, [other])
    runs = {found["part"]: found["runs"] for found in quoted.QUOTED.finditer(after)}
    assert runs["picture"] == runs["findings"] == runs["decisions"] == "results/another"
    assert runs["questions"] == before["questions"]


def test_on_a_fresh_clone_the_report_is_of_the_run_that_the_readme_shows():
    text = quoted.PAGES[0].read_text(encoding="utf-8")
    shown = next(found["runs"] for found in quoted.QUOTED.finditer(text) if found["part"] == "picture")
    listed = findings.listed(ROOT / "results" / "README.md")
    assert f"results/{listed[0]}" == shown
    asked = subprocess.run(
        ["git", "ls-files", "results/*/run.json"], cwd=ROOT, capture_output=True, check=False
    )
    if asked.returncode != 0:
        pytest.skip("this is not a checkout: what is committed cannot be asked for")
    assert {Path(line).parent.name for line in asked.stdout.decode().splitlines()} == set(listed)


def test_a_question_is_quoted_from_the_last_run_that_holds_it(monkeypatch, tmp_path):
    (asked,) = [
        found["runs"].split()
        for found in quoted.QUOTED.finditer(quoted.PAGES[0].read_text(encoding="utf-8"))
        if found["part"] == "questions"
    ]
    monkeypatch.setattr(quoted, "ROOT", tmp_path)
    for name in ("results/old", "results/new"):
        shutil.copytree(ROOT / asked[-1], tmp_path / name)
    text = "<!-- quoted questions from results/old -->\n<!-- end of questions -->"
    after = quoted.rewritten(text, tmp_path / "page.md", [tmp_path / "results" / "new"])
    assert after.startswith("<!-- quoted questions from results/new -->")
    assert "results/old" not in after


def test_a_run_that_is_not_there_is_not_passed_over(tmp_path):
    text = "<!-- quoted cures from results/nothing -->\n<!-- end of cures -->"
    with pytest.raises(quoted.records.RecordsError):
        quoted.rewritten(text, tmp_path / "page.md", [])


def test_the_script_of_the_page_runs_and_shows_what_sleeping_threads_take(tmp_path):
    (script,) = re.findall(r"(?ms)^```python\n(.*?)^```$", GIL.read_text(encoding="utf-8"))
    assert sum(bool(line.strip()) for line in script.splitlines()) <= 17
    path = tmp_path / "gil_collapse.py"
    path.write_text(script)
    words = [sys.executable, str(path), "0.001", "0.5", "1000"]
    shares = []
    for _ in range(5):  # what other tests take from the machine falls on either half
        said = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout
        found = re.findall(r"(?m)^(\d+) threads: ([\d,]+) rounds a CPU second, \d+% in the kernel$", said)
        assert [threads for threads, _ in found] == ["0", "1000"]
        alone, among = (int(rounds.replace(",", "")) for _, rounds in found)
        shares.append(among / alone)
        if shares[-1] < 0.8:
            break
    assert min(shares) < 0.8, shares
