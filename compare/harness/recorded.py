"""A recording of a running server: a crowd by each way of waiting, what `/events` says of it, and a bystander's pings.

Times are the server's clock, `time.perf_counter`, which all processes of one Linux machine share.
"""

import contextlib
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from compare.contract import Paradigm

FORMAT, VERSION = "waiting, recorded", 1  # as the page's replay.js reads it
PERIOD_S = 0.1
BETWEEN_S = 0.4  # more than the 0.3 s within which replay takes requests for one crowd (crowd.js, TOGETHER_S)
PATIENCE_S = 60.0
LOOK_S = 0.01
NEWS_S = 10.0  # how long a server may take to say how a crowd ended
ENDS = frozenset({"answered", "failed", "expired", "cancelled", "rejected"})


def record(
    url: str, crowds: Sequence[tuple[Paradigm, int]], wait_s: float, between_s: float = BETWEEN_S
) -> dict[str, Any]:
    """Send each crowd's requests at once, crowds `between_s` apart; return what the page opens as a recording.

    Raises OSError or HTTPException when the server does not answer.
    """
    events: list[dict[str, Any]] = []
    pings: list[dict[str, float]] = []
    with _watching(url, events), _bystander(url, pings):
        time.sleep(between_s)
        sent = 0
        for paradigm, requests in crowds:
            with ThreadPoolExecutor(requests) as crowd:
                list(crowd.map(get, [url] * requests, [f"/io/{paradigm}?delay={wait_s}"] * requests))
            sent += requests
            _await_news(events, sent)
            time.sleep(between_s)
    names = [*(paradigm for paradigm, _ in crowds), "handler", "twin"]
    sources = [json.loads(get(url, f"/source/{name}")) for name in names]
    return {"format": FORMAT, "version": VERSION, "events": events, "pings": pings, "sources": sources}


def _await_news(events: Sequence[dict[str, Any]], requests: int) -> None:
    """Wait until the server has said how so many requests ended; one that is flooded may not say it of all."""
    deadline = time.monotonic() + NEWS_S
    while sum(event["kind"] in ENDS for event in events) < requests and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def page_files(url: str) -> dict[str, str]:
    """Return the page's files by name, as the server at `url` serves them."""
    files = {"index.html": get(url, "/").decode()}
    waiting = re.findall(r'(?:href|src)="/static/([\w.-]+)"', files["index.html"])
    for name in waiting:
        files[name] = get(url, f"/static/{name}").decode()
    return files


def get(url: str, path: str) -> bytes:
    """Return the body of one GET on a connection of its own."""
    with contextlib.closing(_connected(url)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def _connected(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)


@contextlib.contextmanager
def _watching(url: str, events: list[dict[str, Any]]) -> Iterator[None]:
    """Append every event of the server while inside."""
    greeted, leaving = threading.Event(), threading.Event()

    def watch() -> None:
        with contextlib.closing(_connected(url)) as connection:
            connection.request("GET", "/events")
            response = connection.getresponse()
            while not leaving.is_set():
                line = response.readline()
                if line.startswith(b"data: "):
                    events.append(json.loads(line[6:]))
                    greeted.set()
                elif not line:
                    return

    with _in_background(watch):
        greeted.wait(PATIENCE_S)
        try:
            yield
        finally:
            leaving.set()


@contextlib.contextmanager
def _bystander(url: str, pings: list[dict[str, float]]) -> Iterator[None]:
    """Append a ping ten times a second while inside."""
    leaving = threading.Event()

    def ping() -> None:
        with contextlib.closing(_connected(url)) as connection:
            while not leaving.wait(PERIOD_S):
                sent_s = time.perf_counter()
                connection.request("GET", "/ping")
                connection.getresponse().read()
                pings.append({"sent": sent_s, "took": time.perf_counter() - sent_s})

    with _in_background(ping):
        try:
            yield
        finally:
            leaving.set()


@contextlib.contextmanager
def _in_background(work: Any) -> Iterator[None]:
    thread = threading.Thread(target=work, name=work.__name__, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE_S)
