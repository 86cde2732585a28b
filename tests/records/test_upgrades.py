"""Runs of older schemas read, draw and compare as before: `v1/` is one, with the summary it had in its own time."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from compare import findings
from compare.analysis.summary import summarise
from compare.records import Abandoned, Closed, Mixed, Open, Orphans, Soak, read, save
from compare.records.upgrades import upgraded
from compare.report import exports

V1 = Path(__file__).parent / "v1"


@pytest.fixture(scope="module")
def run():
    return read(V1)


def test_an_old_load_is_told_by_its_kind(run):
    kinds = {one.cell.experiment: type(one.cell.load) for one in run.measurements}
    assert kinds == {"concurrency": Closed, "latency": Open, "abandon": Abandoned, "soak": Mixed}


def test_what_was_found_comes_along(run):
    found = {one.cell.experiment: one.finding for one in run.measurements if one.finding is not None}
    assert isinstance(found["abandon"], Orphans)
    assert isinstance(found["soak"], Soak)
    assert found["soak"].answers["ping"] > 1000
    left = [one.finding for one in run.measurements if one.cell.contestant.paradigm == "callback"]
    assert any(isinstance(one, Orphans) and max(count for _, count in one.course) > 50 for one in left)


def test_all_of_an_old_run_was_measured_on_one_machine(run):
    assert {one.environment.cpu_model for one in run.measurements} == {run.environment.cpu_model}


def few_answers(row):
    return float(row["throughput_rps"] or 0) * float(row["duration_s"]) < 100


def test_its_summary_is_what_it_was(run):
    then = list(csv.DictReader(io.StringIO((V1 / "summary.csv").read_text())))
    now = list(csv.DictReader(io.StringIO(exports.csv_text(summarise(run)))))
    assert len(now) == len(then)
    keys = ("experiment", "server", "paradigm", "threads", "concurrency")
    found = {tuple(row[key] for key in keys): row for row in now}
    for before in then:
        after = found[tuple(before[key] for key in keys)]
        for column, value in before.items():
            if column.startswith("cpu_s_per_request") and few_answers(after):
                assert after[column] == "", "of fewer than 100 answers no cost is given any more"
                continue
            try:
                assert float(after[column]) == pytest.approx(float(value)), (column, before)
            except ValueError:
                assert after[column] == value, (column, before)


def test_it_draws_and_is_kept_in_the_new_schema(run, tmp_path):
    shutil.copytree(V1, tmp_path / "old")
    found = findings.finish(read(tmp_path / "old"), tmp_path / "old")
    assert {path.stem for path in found.files} >= {"concurrency-throughput", "abandon", "soak", "report"}
    (tmp_path / "new").mkdir()
    save(run, tmp_path / "new")
    again = read(tmp_path / "new")
    assert [one.cell for one in again.measurements] == [one.cell for one in run.measurements]
    assert exports.csv_text(summarise(again)) == exports.csv_text(summarise(run))


def test_upgrading_changes_nothing_in_place():
    old = {
        "run": {"measurements": [], "schema_version": 1},
        "stamps": [],
    }
    new = upgraded(old, 1, 2)
    assert new["run"]["schema_version"] == 2
    assert old == {"run": {"measurements": [], "schema_version": 1}, "stamps": []}
    assert upgraded(new, 2, 2) is new
