"""Both servers on one page: each names the other, and what is run here is run there."""

import re

import pytest
from on_page import visit
from playwright.sync_api import expect
from running import free_port, running

from compare.contract import Server

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser


def serving(server, port, other):
    return running(server, "--port", str(port), "--beside", f"http://localhost:{other}")


def test_the_twin_is_shown_beside_runs_the_same_and_is_waited_for_when_it_is_not_there(browser):
    mine, other = free_port(), free_port()
    page = browser.new_page(reduced_motion="reduce")
    with serving(Server.TORNADO, mine, other):
        visit(page, f"http://localhost:{mine}/")
        show = page.get_by_role("button", name="Show aiohttp beside")
        show.click()
        expect(show).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#trouble")).to_contain_text(
            f"aiohttp does not answer at http://localhost:{other}"
        )
        with serving(Server.AIOHTTP, other, mine):
            frame = page.frame_locator("iframe")
            expect(frame.locator("#server")).to_have_text("answered by aiohttp")
            expect(page.locator("#trouble")).to_be_hidden()
            expect(frame.get_by_role("button", name="Run", exact=True)).to_be_hidden()
            page.get_by_label("Requests (1 to 200)").fill("3")
            page.locator("#delay label", has_text="0.1 s").click()
            page.get_by_role("button", name="Run", exact=True).click()
            for told in (page.locator("#told"), frame.locator("#told")):
                expect(told).to_have_text(re.compile("^native: 3 answers in "))
        show.click()
        expect(page.locator("iframe")).to_have_count(0)
    page.close()
