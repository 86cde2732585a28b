import io

import made
import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.outcome import Reliability
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.contract import Paradigm, Server
from compare.records import Contestant
from compare.screen import tables

EXECUTOR = Contestant(Server.TORNADO, Paradigm.EXECUTOR, threads=1000)


def measured(contestant, in_flight, *, valid=True):
    """A row whose every column is as wide as measured ones are."""
    numbers = {
        "throughput_rps": 99.0,
        "cpu_s_per_request": 0.00123,
        "threads_peak": 1001.0,
        "ceiling_share": 1.0,
    }
    wait = Percentile(Known.EXACTLY, 0.105)
    return replace(
        made.estimated(
            made.summary([99], contestant, in_flight, valid=valid),
            **{name: Estimate(value, value, value, 1, Spread.SINGLE) for name, value in numbers.items()},
        ),
        response=Latency(p50=wait, p99=wait),
        bystander=Latency(p50=wait),
    )


def shown(table, width=120):
    out = io.StringIO()
    Console(file=out, width=width).print(table, crop=False)
    return out.getvalue()


def test_rows_are_sorted_by_contestant_and_then_by_load_whatever_the_order_measured():
    rows = [
        made.summary([1], made.NATIVE, 100),
        made.summary([1], EXECUTOR, 10),
        made.summary([1], made.NATIVE, 10),
    ]
    lines = shown(tables.results("concurrency", rows, 120)).splitlines()
    shown_rows = [line for line in lines if "aiohttp" in line or "tornado" in line]
    for line, (name, level) in zip(
        shown_rows,
        [
            ("tornado executor (1,000 threads)", " 10 "),
            ("aiohttp native", " 10 "),
            ("aiohttp native", " 100 "),
        ],
        strict=True,
    ):
        assert line.strip().startswith(name)
        assert level in line


def test_a_wide_terminal_shows_every_column_and_no_name_is_broken():
    text = shown(tables.results("concurrency", [made.summary([100, 110, 105], EXECUTOR, 1000)], 120))
    for heading in ("in flight", *tables.COLUMNS, *tables.EXTRA):
        assert heading in text
    assert "tornado executor (1,000 threads)" in text
    assert "1,000 " in text


@pytest.mark.parametrize(
    ("width", "hidden"),
    [
        (60, ["threads", "p50", "p99", "CPU/req", "ceiling"]),
        (80, ["CPU/req", "ceiling"]),
        (120, []),
    ],
)
def test_a_name_stands_whole_on_one_line_and_what_has_no_room_is_named(width, hidden):
    rows = [measured(EXECUTOR, 1000), measured(made.NATIVE, 10)]
    text = shown(tables.results("concurrency", rows, width), width)
    assert sum("tornado executor (1,000 threads) " in line for line in text.splitlines()) == 1
    assert max(map(len, text.splitlines())) <= width
    table, _, caption = text.partition("No room for ")
    assert sorted(caption.replace("\n", " ").partition(":")[0].split(", ")) == sorted(hidden or [""])
    headings = " ".join(table.split("tornado")[0].split())
    assert "answers/s" in headings
    assert "ping" in headings
    assert ("threads" in headings) is ("threads" not in hidden)


def test_a_table_says_what_the_signs_in_it_mean_and_no_more():
    known = measured(EXECUTOR, 1000)
    few = replace(known, response=Latency())
    beyond = replace(known, response=Latency(p50=Percentile(Known.BEYOND, 1.34), p99=known.response.p99))
    texts = [
        " ".join(shown(tables.results("concurrency", [row], 120)).split()) for row in (known, few, beyond)
    ]
    assert ["n/a: too few requests" in text for text in texts] == [False, True, False]
    assert ["> 1.34 s: longer than that" in text for text in texts] == [False, False, True]


def test_a_name_wider_than_the_terminal_is_not_cut():
    assert "tornado executor (1,000 threads)" in shown(
        tables.results("concurrency", [made.summary([1], EXECUTOR, 1000)], 30), 30
    )


def test_a_terminal_without_colour_a_pipe_and_a_coloured_one_have_the_same_words():
    rows = [made.summary([100], made.NATIVE, 10), made.summary([1], EXECUTOR, 10, valid=False)]
    told = []
    for how in ({"force_terminal": True, "color_system": "truecolor"}, {"no_color": True}, {}):
        out = io.StringIO()
        Console(file=out, width=120, highlight=False, **how).print(tables.results("concurrency", rows, 120))
        told.append(Text.from_ansi(out.getvalue()).plain.split())
    assert told[0] == told[1] == told[2]
    assert "invalid" in told[0]


def test_neighbouring_rows_that_show_the_same_are_one():
    rows = [measured(made.NATIVE, level, valid=level == 1000) for level in (10, 100, 1000, 3000)]
    lines = [line for line in shown(tables.results("grid", rows, 120)).splitlines() if "aiohttp" in line]
    assert [line.split()[2:4] for line in lines] == [
        ["10-100", "invalid"],
        ["1,000", "99"],
        ["3,000", "invalid"],
    ]


def test_a_work_that_all_rows_share_is_told_once():
    own, plain = (replace(made.NATIVE, work="my:work"), made.summary([1], made.CALLBACK, 10))
    alone = shown(
        tables.results("concurrency", [made.summary([1], own, 10), made.summary([1], own, 100)], 120)
    )
    assert "concurrency, waiting for my:work" in alone
    assert alone.count("my:work") == 1
    assert "aiohttp native (my:work)" in shown(
        tables.results("work", [made.summary([1], own, 10), plain], 120)
    )


def test_the_wait_is_a_column_only_where_rows_differ_in_it():
    row = made.summary([1])
    other = replace(row, load=replace(row.load, delay_s=1.0))
    told = shown(tables.results("grid", [row, other], 120))
    assert "wait" in told
    assert "100 ms" in told
    assert "1 s" in told
    assert "wait" not in shown(tables.results("grid", [row], 120))


def test_thread_seconds_without_a_client_are_a_column_where_clients_leave():
    left = made.estimated(
        made.summary([1]), orphaned_thread_s=Estimate(50.16, 50.16, 50.16, 1, Spread.SINGLE)
    )
    text = shown(tables.results("abandon", [left, made.summary([1], made.CALLBACK)], 120))
    assert "orphaned" in text
    assert "50.2 thread-s" in text
    assert tables.orphaned(replace(left, valid=False)) == tables.DASH
    assert "orphaned" not in shown(tables.results("abandon", [made.summary([1])], 120))


def test_an_invalid_row_shows_a_word_and_no_number():
    numbers = tables.numbers(made.summary([100], valid=False))
    assert numbers[0] == "invalid"
    assert set(numbers[1:]) == {tables.DASH}
    assert len(numbers) == len(tables.COLUMNS) + len(tables.EXTRA)


def test_a_row_without_a_measured_round_failed():
    assert tables.numbers(made.summary([], valid=False, failure="It crashed."))[0] == "failed"


def test_open_loops_are_told_by_their_rate():
    row = made.summary([100])
    row = replace(row, load=made.opened(row.load, 500.0))
    assert "500/s constant" in shown(tables.results("latency", [row], 120))


def test_a_spread_is_told_in_per_cent_where_it_is_known():
    (spread, single) = (made.summary([100, 110, 105]), made.summary([105]))
    assert (
        tables.count_text(
            replace(spread.throughput_rps, value=105, low=100, high=110, rounds=3, kind="range")
        )
        == "105 ±5%"
    )
    assert tables.count_text(single.throughput_rps) == tables.DASH


@pytest.mark.parametrize(
    ("rate", "text"), [(0.499, "0.5"), (0, "0"), (3.42, "3.4"), (9.96, "10"), (2500, "2,500")]
)
def test_less_than_one_answer_a_second_is_not_shown_as_none(rate, text):
    assert tables.count_text(Estimate(rate, rate, rate, 1, Spread.SINGLE)) == text


def test_the_sides_of_a_comparison_with_itself_are_told_apart():
    assert tables.called(made.summary([1], side="A")) == "aiohttp native, side A"


@pytest.mark.parametrize("width", [60, 120])
def test_servers_that_stopped_are_counted_at_any_width(width):
    row = replace(measured(EXECUTOR, 1000), reliability=Reliability(9, 3, collapsed_after_s=(0.1, 0.2, 0.3)))
    text = shown(tables.results("concurrency", [row, measured(made.NATIVE, 10)], width), width)
    assert "stopped" in text
    assert "3 of 9" in text
    assert "0 of 0" not in text
