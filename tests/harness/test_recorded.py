"""A recording of a running server."""

import pytest
from running import running

from compare.contract import Paradigm, Server
from compare.harness import recorded


@pytest.mark.parametrize("server", Server)
def test_every_crowd_is_in_the_recording_with_pings_and_sources(server):
    with running(server) as process:
        found = recorded.record(process.ready.url, [(Paradigm.CALLBACK, 3), (Paradigm.NATIVE, 2)], 0.05)
        files = recorded.page_files(process.ready.url)
    admitted = [event["paradigm"] for event in found["events"] if event["kind"] == "admitted"]
    assert admitted == ["callback"] * 3 + ["native"] * 2
    assert sum(event["kind"] == "answered" for event in found["events"]) == 5
    assert found["events"][0]["kind"] == "hello"
    assert [source["paradigm"] for source in found["sources"]] == ["callback", "native", "handler", "twin"]
    times = [event["at_s"] for event in found["events"]]
    assert all(min(times) - 1 < ping["sent"] < max(times) + 1 for ping in found["pings"])  # one clock
    assert found["pings"]
    assert {"index.html", "page.js", "en.js"} <= set(files)
