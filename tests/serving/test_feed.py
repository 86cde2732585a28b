"""The feed's bounds, without a server; what it says is tested over HTTP in tests/contract/test_events.py."""

import asyncio
import time

import msgspec
import pytest

from compare.contract import ContractError, ErrorCode, Paradigm, Server
from compare.contract.settings import Settings
from compare.serving import feed as feeds
from compare.serving.feed import Feed, Watched
from compare.serving.flights import Flight, Flights
from compare.work.loading import load


def made(limit=2, flights=None):
    own = Flights(load("sleep"), 0, 60) if flights is None else flights
    return Feed(own, Settings(Server.AIOHTTP, viewers=limit), 6)


def events(sent):
    return [msgspec.json.decode(line[6:]) for line in sent.split(b"\n\n") if line]


def kind_of(flights):
    with flights.admit(Paradigm.NATIVE, 0.0) as flight:
        flight.result = b""
    return type(flight)


async def test_flights_are_plain_before_the_first_viewer_and_after_the_last():
    flights = Flights(load("sleep"), 0, 60)
    feed = made(flights=flights)
    assert kind_of(flights) is Flight
    with feed.watch():
        with feed.watch():
            assert kind_of(flights) is Watched
        assert kind_of(flights) is Watched
    assert kind_of(flights) is Flight
    assert flights.feed is None


async def test_beyond_the_limit_a_viewer_is_refused_until_one_leaves():
    feed = made(limit=1)
    with feed.watch(), pytest.raises(ContractError) as caught:
        feed.watch()
    assert caught.value.code is ErrorCode.TOO_MANY_VIEWERS
    with feed.watch():
        pass


async def test_a_viewer_that_does_not_read_loses_events_and_is_told_how_many(monkeypatch):
    monkeypatch.setattr(feeds, "UNREAD_BYTES", 1000)
    with made().watch() as viewer:
        await anext(viewer)  # the hello
        viewer.offer(b"x" * 900, 3)
        viewer.offer(b"y" * 900, 4)
        viewer.offer(b"y" * 900, 5)
        assert await anext(viewer) == b"x" * 900
        viewer.offer(b"data: {}\n\n", 1)
        lost, _ = events(await anext(viewer))
    assert (lost["kind"], lost["events"], lost["flights"]) == ("lost", 9, 0)


async def test_in_a_flood_some_flights_are_watched_whole_and_the_others_are_counted(monkeypatch):
    monkeypatch.setattr(feeds, "BURST", 3)
    flights = Flights(load("sleep"), 0, 60)
    with made(flights=flights).watch() as viewer:
        await anext(viewer)
        assert [kind_of(flights) for _ in range(5)] == [Watched] * 3 + [Flight] * 2
        seen = []
        while not any(event["kind"] == "lost" for event in seen):
            seen += events(await anext(viewer))
    kinds = [event["kind"] for event in seen]
    assert kinds.count("admitted") == kinds.count("resumed") == 3
    assert [event["flights"] for event in seen if event["kind"] == "lost"] == [2]


async def test_closing_ends_the_iteration():
    feed = made()
    with feed.watch() as viewer:
        await anext(viewer)
        feed.close()
        assert [sent async for sent in viewer] == []


async def test_closing_cancels_a_viewer_that_is_stuck_in_writing():
    feed = made()

    async def stuck():
        with feed.watch():
            await asyncio.get_running_loop().create_future()

    task = asyncio.ensure_future(stuck())
    await asyncio.sleep(0)
    feed.close()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_was_held_says_from_when_to_when():
    feed = made()
    with feed.watch() as viewer:
        await anext(viewer)
        asyncio.get_running_loop().call_soon(time.sleep, 0.15)
        seen = []
        while not any(event["kind"] == "held" for event in seen):
            seen += events(await anext(viewer))
    held = next(event for event in seen if event["kind"] == "held")
    assert held["at_s"] - held["from_s"] > 0.05
