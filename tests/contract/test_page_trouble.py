"""The demo page when something is wrong: it says so in one sentence, and goes on by itself once it is right again."""

import re
import sys

import pytest
from on_page import press, run, told, unbroken
from playwright.sync_api import expect
from running import EITHER, free_port, running

from compare.contract import Paradigm, Server

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser

# A server with another constant in what sends its events.
FEEDING = """
import runpy, sys
from compare.serving import feed
vars(feed).update(%s)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
ONLY_NATIVE = """
import asyncio

class Work:
    async def native(self, delay_s):
        await asyncio.sleep(delay_s)
        return b"done"
"""


def feeding(**constants):
    def command(server, *options):
        return [sys.executable, "-c", FEEDING % constants, f"compare.{server}_impl", *options]

    return command


FLOODED = feeding(BURST=3, PER_SECOND=0)  # shows three requests, and then one with each flush
TELLS_LATE = feeding(FLUSH_S=2, TICK_EVERY=1)


@pytest.fixture
def opened(browser):
    """A function that opens the page of a server in a context of its own, where it must not break."""
    pages = []

    def go(port, host="localhost"):
        page = browser.new_page(reduced_motion="reduce")
        pages.append(page)
        page.goto(f"http://{host}:{port}/")
        return page

    yield go
    for page in pages:
        page.close()


def trouble(page, sentence):
    expect(page.locator("#trouble")).to_contain_text(sentence)


def is_well(page, server):
    expect(page.locator("#server")).to_have_text(f"answered by {server}")
    expect(page.locator("#trouble")).to_be_hidden()


@EITHER
def test_a_server_that_stops_is_missed_and_its_return_is_noticed(opened, name):
    port = free_port()
    with running(name, "--port", str(port)):
        page = opened(port)
        is_well(page, name)
    with unbroken(page):
        trouble(page, "The server does not answer. The page goes on by itself once it does.")
        run(page, Paradigm.NATIVE)
        told(page, "No request by native was answered: is the server still running?")
        with running(name, "--port", str(port)):
            trouble(page, "The server was restarted; the picture begins anew.")
            run(page, Paradigm.NATIVE)
            told(page, "native: 2 answers in ")
            is_well(page, name)


@EITHER
def test_one_viewer_too_many_says_so_and_watches_once_there_is_room(opened, name):
    with running(name, "--viewers", "1") as server:
        port = server.address[1]
        first = opened(port)
        is_well(first, name)
        second = opened(port)
        trouble(second, "Too many viewers watch this server: close another page")
        first.close()
        is_well(second, name)


@EITHER
def test_requests_that_came_too_fast_to_be_shown_are_counted_and_so_are_their_answers(opened, name):
    with running(name, how=FLOODED) as server:
        page = opened(server.address[1])
        is_well(page, name)
        run(page, Paradigm.NATIVE, 60)
        trouble(page, re.compile(r"^Not everything is shown: \d+ requests? came too fast\.$"))
        told(page, "native: 60 answers in ")
        run(page, Paradigm.NATIVE, 1)
        told(page, "native: 1 answer in ")
        expect(page.locator("#trouble")).to_be_hidden()


def test_those_that_left_are_known_even_where_the_server_says_late_that_they_came(opened, held):
    with running(Server.AIOHTTP, *held.options, env=held.env, how=TELLS_LATE) as server:
        page = opened(server.address[1])
        is_well(page, Server.AIOHTTP)
        run(page, Paradigm.NATIVE)
        held.until(2)
        press(page, "Leave early")
        told(page, "2 clients left, and nothing was left running.")


@EITHER
def test_a_way_of_waiting_that_the_work_lacks_is_named(opened, name, tmp_path):
    (tmp_path / "only_native.py").write_text(ONLY_NATIVE)
    with running(name, "--work", "only_native:Work", env={"PYTHONPATH": str(tmp_path)}) as server:
        page = opened(server.address[1])
        is_well(page, name)
        run(page, Paradigm.CALLBACK)
        told(page, "Every request by callback failed: this server’s work may lack that way of waiting")  # noqa: RUF001
        run(page, Paradigm.NATIVE)
        told(page, "native: 2 answers in ")


def test_an_answer_that_is_no_stream_is_told_until_the_stream_is_back(demo, site):
    demo.route("**/events", lambda route: route.fulfill(status=500))
    demo.reload()
    trouble(demo, "The server does not answer")
    demo.unroute_all()
    is_well(demo, site.ready.server)


@pytest.mark.parametrize("number", ["0", "201", "2.5", ""])
def test_a_number_of_requests_that_cannot_be_is_refused_in_a_sentence(demo, number):
    demo.get_by_label("Requests (1 to 200)").fill(number)
    press(demo, "Run")
    trouble(demo, "Requests must be a whole number from 1 to 200, such as 20.")
    expect(demo.locator("#results li")).to_have_count(0)


def test_a_page_that_is_not_at_localhost_says_why_its_crowds_are_small(opened, site):
    page = opened(site.address[1], "127.0.0.1")
    is_well(page, site.ready.server)
    run(page, Paradigm.NATIVE, 7)
    trouble(page, "This browser keeps six connections to one name. Open the page at localhost")
    told(page, "native: 7 answers in ")


@pytest.mark.parametrize(
    "content", ["", "{", '{"format":"other"}', '{"format":"waiting, recorded","version":1}']
)
def test_a_file_that_is_not_a_recording_is_refused_in_a_sentence(demo, tmp_path, content):
    other = tmp_path / "other.json"
    other.write_text(content)
    demo.set_input_files("#file", other)
    trouble(demo, "This file is not a recording of this page")
    run(demo, Paradigm.NATIVE)
    told(demo, "native: 2 answers in ")
