"""How the demo page looks, reads and moves, in a real Chromium: widths, colours, assistive technology, languages."""

import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from on_page import NARROW, WIDE, press, run, told, visit
from playwright.sync_api import expect

from compare.contract import Paradigm

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser

# Writes on the body what the pictures of the lanes hold: each word once drawn, and the dots of the last picture.
SPY = """() => {
  const pen = CanvasRenderingContext2D.prototype, { fillText, arc, setTransform } = pen, words = new Set();
  let dots = 0;
  pen.setTransform = function (...all) {
    document.body.dataset.dots = dots;
    dots = 0;
    return setTransform.apply(this, all);
  };
  pen.arc = function (...all) { dots += 1; return arc.apply(this, all); };
  pen.fillText = function (word, ...rest) {
    if (word.startsWith("ceiling") && !words.has(word)) word += `, with ${dots} dots`;
    words.add(word);
    document.body.dataset.words = [...words].join("; ");
    return fillText.call(this, word, ...rest);
  };
}"""

# Writes on the body every step that was told: each stays for a moment only.
STEPS = """() => {
  const told = document.querySelector("#step-told");
  document.body.dataset.steps = "";
  new MutationObserver(() => { document.body.dataset.steps += told.textContent.slice(0, 12); })
    .observe(told, { childList: true, characterData: true, subtree: true });
}"""


def fill_with_all_there_is(page):
    """Have every part of the page say something, its refusals too."""
    run(page, Paradigm.BLOCKING)
    told(page, "blocking: 2 answers")
    press(page, "generator")
    expect(page.locator("#steps [aria-current=step]")).to_be_visible()
    page.get_by_text("Signed", exact=True).click()
    for name, said in (("Set", "PUT /signed/flavour → 204"), ("Tamper", "One character"), ("Read", "null")):
        press(page, name)
        expect(page.locator("#exchange")).to_contain_text(said)
    expect(page.locator("#fields .slow")).to_be_visible()
    press(page, "New page")
    press(page, "Send a forged one")
    expect(page.locator("#xsrf-told")).to_contain_text("403")
    press(page, "Sign with key 1")
    expect(page.locator("#rotation-fields .slow")).to_be_visible()
    page.get_by_label("Requests (1 to 200)").fill("0")
    press(page, "Run")
    expect(page.locator("#trouble")).to_be_visible()


def test_an_accessibility_checker_finds_nothing_wide_and_narrow_light_and_dark(visitor):
    page = visitor.page
    page.emulate_media(reduced_motion="reduce")
    visit(page, visitor.url("localhost", "/"))
    fill_with_all_there_is(page)
    found = {}
    for size, scheme in itertools.product((WIDE, NARROW), ("light", "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        found[size["width"], scheme] = [
            f"{one['impact']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
            for one in violations
        ]
    assert found == {look: [] for look in found}


def test_nothing_sticks_out_sideways(demo):
    for width in (320, 390, 768, 1280):
        demo.set_viewport_size({"width": width, "height": 800})
        assert demo.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_run_shows_its_picture(demo):
    demo.set_viewport_size(NARROW)
    lanes = demo.locator("#lanes")
    expect(lanes).not_to_be_in_viewport(ratio=0.5)
    run(demo, Paradigm.NATIVE)
    expect(lanes).to_be_in_viewport(ratio=0.9)
    expect(demo.locator("#told")).to_be_in_viewport()


def test_the_ceiling_is_drawn_before_the_dots_come_and_every_lane_has_its_name(demo, holding):
    demo.evaluate(SPY)
    body = demo.locator("body")
    expect(body).to_have_attribute("data-words", re.compile(r"pool \(\d+\)"))
    slots = int(re.search(r"pool \((\d+)\)", body.get_attribute("data-words"))[1])
    run(demo, Paradigm.EXECUTOR, 2 * slots, wait="1 s")
    expect(body).to_have_attribute("data-words", re.compile("ceiling"))
    expect(body).to_have_attribute("data-words", re.compile("; executor(;|$)"))
    holding.until(slots)
    holding.release()
    told(demo, f"executor: {2 * slots} answers in ")
    told(demo, f"{slots} threads worked at once at most.")
    expect(body).to_have_attribute("data-dots", str(2 * slots))
    words = set(body.get_attribute("data-words").split("; "))
    assert {"loop", "requests", "answers", "bystander", "threads, loop lag", "executor"} <= words
    assert f"ceiling: {slots} at once / 1 s, with 0 dots" in words


def test_a_crowd_has_its_name_however_soon_it_is_over(demo):
    demo.evaluate(SPY)
    run(demo, Paradigm.NATIVE)
    told(demo, "native: 2 answers")
    expect(demo.locator("body")).to_have_attribute("data-words", re.compile("; native(;|$)"))


@pytest.mark.full  # it takes as long as a person needs to read
def test_the_trampoline_moves_by_itself_unless_less_motion_is_wanted(demo):
    demo.emulate_media(reduced_motion="no-preference")
    demo.evaluate(STEPS)
    press(demo, "generator")
    steps = re.compile("Step 1 of 6.*Step 2 of 6.*Step 3 of 6")
    expect(demo.locator("body")).to_have_attribute("data-steps", steps)
    demo.emulate_media(reduced_motion="reduce")


def test_what_happened_is_said_to_a_screen_reader(demo):
    for spoken in ("#told", "#step-told", "#xsrf-told", "#rotation-told"):
        expect(demo.locator(spoken)).to_have_attribute("aria-live", "polite")
    expect(demo.locator("#trouble")).to_have_attribute("role", "alert")
    run(demo, Paradigm.NATIVE)
    told(demo, "native: 2 answers")
    said = demo.locator("#told").inner_text()
    expect(demo.get_by_role("img", name=re.compile("^Lanes over time"))).to_have_attribute(
        "aria-label", re.compile(re.escape(said) + "$")
    )


def test_every_text_is_there_in_both_languages(demo):
    press(demo, "中文")
    expect(demo.locator("h1")).to_have_text("同一个应用，写了两遍")  # noqa: RUF001  # Chinese has its own comma
    assert demo.evaluate("document.documentElement.lang") == "zh"
    shapes = demo.evaluate(
        """async () => {
            const shape = (one) => Array.isArray(one) ? one.map(shape) : typeof one !== "object" ? typeof one
                : Object.entries(one).map(([key, value]) => [key, shape(value)]);
            return [shape((await import("/static/en.js")).en), shape((await import("/static/zh.js")).zh)];
        }"""
    )
    assert shapes[0] == shapes[1]
    press(demo, "English")
