"""The pure parts of the contract: targets, delays, errors, bodies and the ready line."""

import pytest

from compare.contract import (
    ContractError,
    Paradigm,
    Ready,
    Server,
    delay_of,
    io_body,
    io_reader,
    last_segment,
    path_of,
    query_of,
    query_values,
    read_ready,
    server_timing,
)


@pytest.mark.parametrize(
    ("target", "path", "query", "segment"),
    [
        ("/ping", "/ping", "", "ping"),
        ("/a/b?c=d?e#f", "/a/b", "c=d?e", "b"),
        ("/p%69ng", "/ping", "", "ping"),
        ("/a%2Fb", "/a%2Fb", "", "a/b"),
        ("/a%2541", "/a%2541", "", "a%41"),
        ("/%ff%", "/%ff%", "", "\ufffd%"),
        ("http://host:1/ping?x", "/ping", "x", "ping"),
        ("http://host", "/", "", ""),
        ("*", "*", "", "*"),
    ],
)
def test_a_target_is_taken_apart_as_rfc_3986_has_it(target, path, query, segment):
    assert (path_of(target), query_of(target), last_segment(target)) == (path, query, segment)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", []),
        ("a=1", ["1"]),
        ("a=1&b=2&a=3", ["1", "3"]),
        ("a", [""]),
        ("a=", [""]),
        ("%61=x+y%20z", ["x y z"]),
        ("a=%", ["%"]),
        ("a=%zz", ["%zz"]),
        ("a=%ff", ["\ufffd"]),
        ("a=1;a=2", ["1;a=2"]),
        ("&&a=b=c&", ["b=c"]),
    ],
)
def test_a_query_is_read_as_a_browser_writes_it(query, values):
    assert query_values(query, "a") == values


@pytest.mark.parametrize(
    ("query", "delay_s"), [("delay=0", 0), ("delay=60", 60), ("delay=.5", 0.5), ("delay=1.", 1)]
)
def test_a_delay_is_a_decimal_number_of_seconds(query, delay_s):
    assert delay_of(f"/io/native?{query}") == delay_s


@pytest.mark.parametrize(("more", "kept"), [("", True), ("x" * 60_000, False)])
def test_the_answer_to_a_target_is_kept_unless_it_is_long(more, kept):
    read = io_reader(Server.TORNADO, Paradigm.NATIVE, "sleep")
    target = f"/io/native?delay=2&{more}"
    assert read(target) == (2, io_body(Server.TORNADO, Paradigm.NATIVE, "sleep", 2.0))
    assert (read(target)[1] is read(target)[1]) is kept


def test_an_error_knows_its_status_and_body():
    with pytest.raises(ContractError) as caught:
        delay_of("/?delay=61")
    assert caught.value.status == 400


def test_the_body_does_not_depend_on_how_long_it_took():
    assert io_body(Server.TORNADO, Paradigm.NATIVE, "sleep", 1.0) == (
        b'{"server":"tornado","paradigm":"native","work":"sleep","delay_s":1.0}'
    )


@pytest.mark.parametrize(
    ("io_s", "said"),
    [(0.0, "0.0"), (0.00004, "0.0"), (0.00006, "0.1"), (0.10034, "100.3"), (65.0, "65000.0")],
)
def test_server_timing_tells_milliseconds_with_one_decimal(io_s, said):
    assert server_timing(io_s) == f"io;dur={said}"


def test_the_ready_line_is_read_back_as_it_was_written():
    line = (
        '{"ready":true,"server":"aiohttp","url":"http://127.0.0.1:8002","pid":123,"work":"sleep",'
        '"threads":6,"loop":"asyncio","python":"3.11.7","gil":true,"switch_interval_s":0.005,"workers":2,"loops":1,'
        '"pids":[4,5]}'
    )
    ready = read_ready(line)
    assert ready.url == "http://127.0.0.1:8002"
    assert ready.line() == line
    assert isinstance(ready, Ready)
