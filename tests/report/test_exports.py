import csv
import io
import json

import pytest
from made import BLOCKING, CALLBACK, NAN, answered, cell, closed_loop, measurement, run, samples
from msgspec.structs import replace

from compare.analysis.summary import summarise
from compare.records import Closed, Open, SampleStatus
from compare.report import exports


@pytest.fixture
def kept():
    stuck = samples([answered(0.1, 0.1)] * 40 + [(0.2, 0.2, NAN, SampleStatus.UNANSWERED, NAN)] * 60)
    open_loop = Open(10, delay_s=0.1, duration_s=1.0, rate_rps=100.0)
    made = [
        *(measurement(cell(round_=number), closed_loop(10, 0.12, 1.5)) for number in range(3)),
        measurement(cell(CALLBACK), closed_loop(10, 0.05)),  # twice what waiting allows
        replace(measurement(cell(BLOCKING)), failure="It died | badly.", samples=None),
        measurement(cell(load=open_loop), stuck),
    ]
    return run(made, name="20250101-made")


def lines(run_):
    return list(csv.DictReader(io.StringIO(exports.csv_text(summarise(run_)))))


def test_csv_has_one_line_per_row_and_plain_numbers(kept):
    failed, invalid, good, censored = lines(kept)
    assert (good["server"], good["paradigm"], good["concurrency"]) == ("aiohttp", "native", "10")
    assert float(good["throughput_rps"]) == pytest.approx(83, abs=1)
    assert float(good["response_p50_s"]) == pytest.approx(0.12)
    assert (good["throughput_rps_spread"], good["rounds"], good["valid"]) == ("range", "3", "true")
    assert (
        float(good["throughput_rps_low"])
        <= float(good["throughput_rps"])
        <= float(good["throughput_rps_high"])
    )
    assert good["response_p99_s"] == ""
    assert (invalid["valid"], invalid["throughput_rps"], invalid["warnings"]) == (
        "false",
        "",
        "wait_skipped too_short",
    )
    assert (failed["failure"], failed["throughput_rps"]) == ("It died | badly.", "")
    assert (censored["response_p50_s"], float(censored["response_p50_s_beyond"])) == ("", pytest.approx(1.8))
    assert censored["errors"] == "unanswered=60"


def test_csv_of_nothing_is_a_heading():
    assert exports.csv_text([]) == "experiment\n"


def test_markdown_tells_the_verdicts_and_a_table_per_experiment(kept):
    text = exports.markdown(kept, summarise(kept), {"concurrency": ["Native is fine."]})
    assert text.startswith("# 20250101-made\n")
    assert "## concurrency\n\n- Native is fine.\n\n| contestant |" in text
    assert "| aiohttp native | 100 ms | 10 in flight | 83" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 6
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1  # a bar within a cell is escaped
    (invalid,) = [line for line in table if "callback" in line]
    assert "invalid" in invalid
    assert "200" not in invalid  # its throughput


def test_pyperf_gets_one_run_per_round_and_only_what_is_valid(kept):
    document = json.loads(exports.pyperf(kept, summarise(kept)))
    assert (document["version"], document["metadata"]["unit"]) == ("1.0", "second")
    found = {one["metadata"]["name"]: [r["values"] for r in one["runs"]] for one in document["benchmarks"]}
    name = "concurrency aiohttp native, 10 in flight, 100 ms wait, 1 s: "
    assert found[name + "seconds per answer"] == [[pytest.approx(1 / 83, rel=0.02)]] * 3
    assert found[name + "response p50"] == [[pytest.approx(0.12)]] * 3
    assert found[name + "CPU seconds per request"] == [[pytest.approx(0.5 / 83, rel=0.02)]] * 3
    assert name + "response p99" not in found  # too few samples
    assert not [other for other in found if "callback" in other or "blocking" in other]


def test_pyperf_accepts_no_name_twice_and_no_value_of_zero(kept):
    sides = [
        measurement(cell(side=side, load=load)) for side in "ab" for load in (Closed(1), Open(1, rate_rps=9))
    ]
    document = json.loads(exports.pyperf(kept, summarise(run([*kept.measurements, *sides]))))
    names = [one["metadata"]["name"] for one in document["benchmarks"]]
    assert len(names) == len(set(names))
    assert all(value > 0 for one in document["benchmarks"] for r in one["runs"] for value in r["values"])


def test_a_round_whose_server_stopped_is_in_the_csv_and_not_in_pyperf():
    stuck = [(0.4, 0.4, NAN, SampleStatus.UNANSWERED, NAN)] * 10
    dying = samples([*(answered(n / 10, 0.1) for n in range(4)), *stuck], 1.0, 3.5)
    made = [
        *(measurement(cell(round_=n), closed_loop(10, 0.12)) for n in range(2)),
        measurement(cell(round_=2), dying),
    ]
    (row,) = lines(run(made))
    assert (row["collapsed_rounds"], row["never_answered"], row["unanswered_high"]) == ("1", "10", "10.0")
    assert float(row["collapsed_after_s"]) == pytest.approx(made[2].cell.load.warmup_s + 0.4)
    document = json.loads(exports.pyperf(run(made), summarise(run(made))))
    rates = next(
        one for one in document["benchmarks"] if one["metadata"]["name"].endswith("seconds per answer")
    )
    assert [each["values"] for each in rates["runs"]] == [[pytest.approx(1 / 83, rel=0.03)]] * 2


def test_the_files_are_written_whole_and_named(kept, tmp_path):
    written = exports.write(kept, summarise(kept), {}, tmp_path)
    assert sorted(path.name for path in written) == ["pyperf.json", "summary.csv", "summary.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyperf.json", "summary.csv", "summary.md"]
