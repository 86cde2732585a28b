"""What a person does on the demo page, for the tests that open it; the fixture `demo` of `browser` does."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from compare.contract import Paradigm

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextlib.contextmanager
def unbroken(page: Page) -> Iterator[None]:
    """Fail at the end when a script of the page has complained, or the policy held something of it back."""
    wrong: list[str] = []

    def notice(message: Any) -> None:  # of the console, or an error itself
        text = getattr(message, "text", str(message))
        if "Failed to load resource" not in text:  # said of every 4xx, and some are asked for
            wrong.append(text)

    for event in ("console", "pageerror"):
        page.on(event, notice)
    yield
    for event in ("console", "pageerror"):
        page.remove_listener(event, notice)
    assert wrong == []


def visit(page: Page, url: str) -> None:
    """Open the page there; return once it hears its server and shows the cookies, so that a run misses nothing."""
    page.goto(url)
    expect(page.locator("#server")).to_be_visible()
    expect(page.locator("#jar tr")).not_to_have_count(0)


def press(page: Page, name: str) -> None:
    """Click the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def run(page: Page, paradigm: Paradigm, requests: int = 2, wait: str = "0.1 s") -> None:
    """Send a crowd by this way of waiting; `blocking` waits half a second, which every bystander notices."""
    page.get_by_role("radio", name=re.compile(f"^{paradigm} ")).check(force=True)
    page.get_by_label("Requests (1 to 200)").fill(str(requests))
    page.locator("#delay").get_by_text("½ s" if paradigm is Paradigm.BLOCKING else wait, exact=True).click()
    press(page, "Run")


def told(page: Page, sentence: str | re.Pattern[str]) -> None:
    """Wait until the page says this of the last crowd."""
    expect(page.locator("#told")).to_contain_text(sentence)
