"""The report in a real Chromium: what is on the first screen, on a desk, on a phone, in the dark and on paper."""

import pytest
from drawn import made

from compare.experiments import concurrency
from compare.experiments.options import Options, Preset
from compare.report import page as report

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser

SCREENS = [(1280, 900), (390, 844)]
FIRST_PX = 900
WORDS_JS = """first => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange(); range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const shown = node.parentElement.checkVisibility() && box.height > 0 && box.top < first;
    if (shown && !node.parentElement.closest("script, style, svg"))
      words.push(...node.textContent.trim().split(/\\s+/).filter(Boolean));
  }
  return words;
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run, summaries = made("concurrency", Options(Preset.QUICK))
    first = concurrency._headline(summaries, run, folder)[1]
    second = folder / "another.svg"
    second.write_bytes(first.read_bytes())
    told = report.Told(
        "concurrency",
        concurrency.QUESTION,
        concurrency.answer(summaries, run),
        concurrency.say(summaries),
        [first, second],
        concurrency.strips(summaries, run),
    )
    (path,) = report.write(run, summaries, [told], folder)
    return path.as_uri()


@pytest.fixture
def open_(browser, url):
    """Open the report on a screen of this size."""
    pages = []

    def open_page(width, height, **how):
        page = browser.new_page(viewport={"width": width, "height": height}, **how)
        pages.append(page)
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        page.close()


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_headline_and_first_picture_are_on_the_first_screen_in_few_words(open_, width, height):
    page = open_(width, height)
    assert page.locator("h1").bounding_box()["y"] < FIRST_PX / 4
    box = page.locator("figure").first.bounding_box()
    assert box["y"] + box["height"] <= FIRST_PX
    assert len(page.evaluate(WORDS_JS, FIRST_PX)) <= 150
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_nothing_in_the_first_picture_is_cut_or_hides_another(open_, width, height):
    page = open_(width, height)
    outside = """() => [...document.querySelectorAll(".who, .told, .round")].filter(one => {
        const box = one.getBoundingClientRect(), room = one.closest("section").getBoundingClientRect();
        return box.left < room.left || box.right > room.right;
    }).length"""
    assert page.evaluate(outside) == 0
    pairs = page.locator(".strip").evaluate_all(
        """rows => rows.map(row => [".who", ".told"].map(one => row.querySelector(one).getBoundingClientRect()))
           .filter(([who, told]) => who.right > told.left).length"""
    )
    assert pairs == 0


def test_folded_it_is_at_most_four_screens(open_):
    assert open_(1280, 900).evaluate("document.body.scrollHeight") <= 4 * 900


def test_in_the_dark_letters_and_figures_are_light_on_dark(open_):
    page = open_(1280, 900, color_scheme="dark")
    page.locator("summary").first.click()
    light = """one => { const [r, g, b] = one.match(/[0-9.]+/g).map(Number); return (r + g + b) / 3; }"""
    paper = page.evaluate(f"({light})(getComputedStyle(document.body).backgroundColor)")
    for selector in ("h1", ".who", ".told"):
        assert page.evaluate(f"({light})(getComputedStyle(document.querySelector('{selector}')).color)") > 140
    background = "getComputedStyle(document.querySelector('figure.chart svg path')).fill"
    assert page.evaluate(f"({light})({background})") < 60
    assert paper < 60


def test_on_paper_it_is_dark_on_white_whatever_the_screen(open_):
    page = open_(1280, 900, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(31, 35, 40)"


def test_a_heading_sorts_the_rows(open_):
    page = open_(1280, 900)
    page.get_by_text("Rows (").click()
    page.locator("table.rows th button").nth(3).click()
    shown = page.locator("table.rows tbody td:nth-child(4)").evaluate_all(
        "all => all.map(one => one.dataset.order)"
    )
    numbers = [float(one) for one in shown if one]
    assert numbers == sorted(numbers)
