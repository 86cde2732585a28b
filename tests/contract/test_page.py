"""The demo page in a real Chromium: everything on it is clicked, on both servers."""

import re

import pytest
from playwright.sync_api import expect

from compare.contract import Paradigm

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser


@pytest.fixture
def demo(visitor):
    """The open page; no script of it may fail and the policy may hold nothing of it back."""
    page, wrong = visitor.page, []

    def notice(message):  # of the console, or an error itself
        text = getattr(message, "text", str(message))
        if "Failed to load resource" not in text:  # said of every 4xx, and some are asked for here
            wrong.append(text)

    for event in ("console", "pageerror"):
        page.on(event, notice)
    page.emulate_media(reduced_motion="reduce")  # 60 pictures a second would cost more than the tests
    page.goto(visitor.url("localhost", "/"))
    yield page
    for event in ("console", "pageerror"):
        page.remove_listener(event, notice)
    assert wrong == []


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def says(page, text):
    expect(page.locator("#exchange")).to_contain_text(text)


def rows(page):
    return page.locator("#jar tr")


def test_a_cookie_is_set_read_tampered_with_and_cleared(demo):
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])
    press(demo, "Set")
    says(demo, "PUT /cookies/flavour → 204")
    expect(rows(demo)).to_have_text(["flavouroatmealyes"])
    press(demo, "Tamper")
    says(demo, "One character changed by script.")
    press(demo, "Read")
    says(demo, "“oat0eal”")
    press(demo, "Clear")
    says(demo, "it is the browser that deleted it")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])
    press(demo, "Read")
    says(demo, "There is none: null.")


def test_a_signed_cookie_survives_no_tampering_and_http_only_allows_none(demo):
    demo.get_by_text("Signed", exact=True).click()
    demo.get_by_label("Value").fill("ünï; “quoted”")
    press(demo, "Set")
    says(demo, "PUT /signed/flavour → 204")
    press(demo, "Read")
    says(demo, "“ünï; “quoted””, signed with key 0")
    press(demo, "Tamper")
    says(demo, "One character changed by script.")
    press(demo, "Read")
    says(demo, "Absent, or not signed by this server: null.")
    demo.get_by_label("HttpOnly").check()
    press(demo, "Set")
    expect(rows(demo)).to_have_text([re.compile(r"^flavour2\|1:0\|.*no$")])
    press(demo, "Tamper")
    says(demo, "No script can see a cookie “flavour”.")


def test_a_refusal_is_told_in_the_servers_words_and_stores_nothing(demo):
    demo.get_by_label("Name").fill("__Host-id")
    press(demo, "Set")
    says(demo, "PUT /cookies/__Host-id → 400")
    says(demo, "requires secure")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])


def test_all_are_cleared_at_once(demo):
    press(demo, "Set")
    expect(rows(demo)).to_have_count(1)
    demo.get_by_label("Name").fill("second")
    demo.get_by_label("Lasts").select_option("7 days")
    press(demo, "Set")
    expect(rows(demo)).to_have_count(2)
    press(demo, "Clear all")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])


def test_every_paradigm_is_waited_for_and_blocking_holds_up_the_bystander(demo):
    demo.emulate_media(reduced_motion="no-preference")
    demo.get_by_text("½ s").click()
    for paradigm in reversed(Paradigm):  # blocking last: it would hold up the others
        press(demo, paradigm)
    for paradigm in Paradigm:
        row = demo.get_by_role("listitem").filter(has=demo.get_by_role("button", name=paradigm, exact=True))
        expect(row.locator("output")).to_contain_text("worst ping")
        expect(row.get_by_role("button")).to_be_enabled()
    expect(demo.locator("li", has_text="on the event loop itself").locator("output .slow")).to_be_visible()
    expect(demo.locator("#strip .ping.slow").first).to_be_attached()


def test_the_page_says_which_server_answers(demo, site):
    expect(demo.locator("#server")).to_have_text(f"answered by {site.ready.server}")
    expect(demo).to_have_title(re.compile(f"^{site.ready.server}: "))


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_sideways(demo, width):
    demo.set_viewport_size({"width": width, "height": 800})
    assert demo.evaluate("document.documentElement.scrollWidth") <= width
