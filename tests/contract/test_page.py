"""The demo page in a real Chromium: everything on it is clicked, on one server (see `browser.site`).

`test_page_cookies` has its cookies, `test_beside` runs a crowd on both, `test_page_looks` looks at the page,
`test_page_trouble` has things go wrong.
"""

import json
import re

import pytest
from on_page import press, run, told
from playwright.sync_api import Route, expect

from compare.contract import Paradigm, Server

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser
QUICK = (
    Paradigm.BLOCKING,
    Paradigm.CALLBACK,
    Paradigm.NATIVE,
)  # one of each kind: the loop's own, threads, neither


@pytest.mark.parametrize(
    "paradigm", [one if one in QUICK else pytest.param(one, marks=pytest.mark.full) for one in Paradigm]
)
def test_a_crowd_of_every_paradigm_ends_in_a_sentence(demo, paradigm):
    run(demo, paradigm)
    told(demo, f"{paradigm}: 2 answers in ")
    threads = {Paradigm.CALLBACK, Paradigm.GENERATOR, Paradigm.EXECUTOR}
    told(demo, re.compile("[12] threads? worked at once") if paradigm in threads else "No thread was used.")
    if paradigm is Paradigm.BLOCKING:
        told(demo, re.compile(r"held for [1-9][\d.]* s; \d+ pings? waited"))


def test_two_hundred_requests_are_sent_at_once(demo, holding):
    run(demo, Paradigm.NATIVE, 200)
    holding.until(200)  # six at a time would wait for ever
    holding.release()
    told(demo, "native: 200 answers in ")


@pytest.fixture
def held_pings(demo):
    """Pings of the open page that are held until a test lets them go on; there is one when the test begins."""
    held: list[Route] = []
    demo.route("**/ping", lambda route: held.append(route))  # noqa: PLW0108  # Playwright takes no builtin
    while not held:  # the test's own timeout is the bound
        demo.wait_for_timeout(20)
    yield held
    demo.unroute_all()


def test_a_run_lasts_until_a_ping_that_it_held_up_is_answered(demo, held_pings):
    asked = []

    def note(request):
        asked.append(request.url)

    with demo.expect_response("**/io/native?*"):
        run(demo, Paradigm.NATIVE)
    demo.on("request", note)
    for _ in range(20):  # longer than the page waits for what the server says of a crowd
        demo.keyboard.press("Enter", delay=50)  # the button has the focus
    demo.remove_listener("request", note)
    held_pings[0].continue_()
    demo.unroute_all()
    told(demo, "native: 2 answers")
    expect(demo.locator("#results li")).to_have_count(1)
    assert not [url for url in asked if "/io/" in url]


def test_a_prediction_is_compared_with_what_happened(demo):
    demo.get_by_text("has to wait", exact=True).click()
    run(demo, Paradigm.BLOCKING)
    told(demo, "You predicted that.")
    demo.get_by_text("notices nothing", exact=True).click()
    run(demo, Paradigm.BLOCKING)
    told(demo, "You predicted otherwise.")


@pytest.mark.parametrize(
    ("paradigm", "left"),
    [
        (Paradigm.NATIVE, "2 clients left, and nothing was left running."),
        (Paradigm.CALLBACK, "2 threads worked on for nobody."),
    ],
)
def test_leaving_early_ends_native_work_and_leaves_threads_working(demo, holding, paradigm, left):
    run(demo, paradigm)
    holding.until(2)
    expect(demo.locator("#code .waits")).to_be_visible()
    press(demo, "Leave early")
    told(demo, left)


def test_all_six_come_in_turn_and_the_page_says_who_was_first_and_last(demo):
    demo.get_by_label("Who is first?").select_option("native")
    demo.get_by_label("Requests (1 to 200)").fill("4")
    demo.locator("#delay label", has_text="½ s").click()
    press(demo, "All six in turn")
    told(demo, re.compile(r"^First of all: .+ You predicted (that|otherwise)\.$"))
    expect(demo.locator("#results li")).to_have_count(len(Paradigm) + 1)
    summed_up, *each = demo.locator("#results li").all_inner_texts()
    took_s = {}
    for said in each:
        paradigm, number, unit = re.match(r"(\w+): 4 answers in ([\d.]+) (ms|s)\.", said).groups()
        took_s[paradigm] = float(number) / (1000 if unit == "ms" else 1)
    assert took_s.keys() == set(Paradigm)
    assert took_s[Paradigm.BLOCKING] >= 2
    assert min(took_s.values()) >= 0.5
    first, last, so = re.match(
        r"First of all: (.+), in .+?; last: (\w+), in .+ You predicted (\w+)\.", summed_up
    ).groups()
    assert took_s[last] == max(took_s.values())
    assert min(took_s, key=took_s.get) in first
    assert (so == "that") == ("native" in first)


def test_the_code_beside_is_the_servers_own_and_its_twins_by_one_switch(demo, holding, site):
    mine = site.ready.server
    (twin,) = set(Server) - {mine}
    run(demo, Paradigm.EXECUTOR)
    expect(demo.locator("#code .waits")).to_contain_text("run_in_executor")
    expect(demo.locator("#code-file")).to_contain_text("compare/paradigms/waits.py:")
    holding.release()
    told(demo, "executor: 2 answers")
    demo.locator("#part label", has_text=re.compile(mine, re.IGNORECASE)).click()
    expect(demo.locator("#code-file")).to_have_text(re.compile(rf"^compare/{mine}_impl/long_io\.py:\d+$"))
    holding.hold()
    run(demo, Paradigm.EXECUTOR)
    expect(demo.locator("#code .waits")).to_contain_text("await self.wait")
    demo.locator("#part label", has_text=re.compile(twin, re.IGNORECASE)).click()
    expect(demo.locator("#code-file")).to_have_text(
        re.compile(rf"^compare/{twin}_impl/long_io\.py:\d+ \(not run here\)$")
    )
    holding.release()
    told(demo, "executor: 2 answers")
    expect(demo.locator("#code .waits, #code .lit")).to_have_count(0)


@pytest.mark.parametrize(("paradigm", "second"), [("generator", "thread"), ("coroutine", "loop")])
def test_the_trampoline_is_walked_through_with_measured_times(demo, paradigm, second):
    press(demo, paradigm)
    step = demo.locator("#steps [aria-current=step]")
    expect(step).to_contain_text("The handler runs until its yield.+0.0 ms")
    press(demo, "Next step")
    expect(step.locator("i")).to_have_text(second)
    for _ in range(4):
        press(demo, "Next step")
    expect(demo.locator("#step-told")).to_contain_text("Step 6 of 6: loop. The handler returns")
    expect(step.locator("b")).to_have_text(re.compile(r"^\+([5-9]\d\d|\d{4,})\.\d ms$"))


# Presses the button, and returns how many timers that set.
NEXT_STEP = """() => {
  const { setTimeout } = window;
  let timers = 0;
  window.setTimeout = (...all) => { timers += 1; return setTimeout(...all); };
  document.querySelector("#next-step").click();
  window.setTimeout = setTimeout;
  return timers;
}"""


def test_the_trampoline_waits_for_a_person_who_has_pressed_next_step(demo):
    demo.emulate_media(reduced_motion="no-preference")
    press(demo, "generator")
    expect(demo.locator("#next-step")).to_have_attribute("aria-disabled", "false")
    assert demo.evaluate(NEXT_STEP) == 0
    demo.emulate_media(reduced_motion="reduce")


def test_all_of_it_goes_by_the_keyboard_and_the_focus_stays(demo, holding):
    keys = demo.keyboard
    for key in (
        "Tab",
        "Tab",
        "ArrowLeft",
        "Tab",
    ):  # the language, the ways of waiting, one further left, how many
        keys.press(key)
    keys.press("Control+A")
    keys.type("2")
    for key in ("Tab", "Tab", "Space"):  # past the wait; the bystander notices nothing
        keys.press(key)
    for key in ("Tab", "Tab"):  # past the other prediction
        keys.press(key)
    go = demo.get_by_role("button", name="Run", exact=True)
    expect(go).to_be_focused()
    keys.press("Enter")
    expect(go).to_have_attribute("aria-disabled", "true")
    keys.press("Enter")  # once more does nothing
    holding.release()
    told(demo, re.compile(r"^executor: 2 answers in .* You predicted (that|otherwise)\.$"))
    expect(go).to_have_attribute("aria-disabled", "false")
    expect(go).to_be_focused()


def test_what_was_seen_is_saved_and_opened_again_without_the_server(demo, holding, tmp_path):
    run(demo, Paradigm.CALLBACK)
    holding.until(2)
    holding.release()
    told(demo, "callback: 2 answers")
    with demo.expect_download() as caught:
        press(demo, "Save what was seen")
    saved = tmp_path / "seen.json"
    caught.value.save_as(saved)
    kinds = [event["kind"] for event in json.loads(saved.read_text())["events"]]
    assert kinds[0] == "hello"
    assert kinds.count("answered") == 2
    demo.route("**/*", lambda route: route.abort())
    demo.set_input_files("#file", saved)
    expect(demo.locator("#server")).to_contain_text("recorded from ")
    told(demo, re.compile("^callback: 2 answers in .* 2 threads worked at once"))
    demo.unroute_all()
    press(demo, "Back to the live server")
    expect(demo.locator("#server")).to_contain_text("answered by ")
    run(demo, Paradigm.NATIVE)
    told(demo, "native: 2 answers")


def test_a_trace_has_a_span_for_each_thread(demo, tmp_path):
    run(demo, Paradigm.CALLBACK)
    told(demo, "callback: 2 answers")
    with demo.expect_download() as caught:
        press(demo, "Save for Perfetto")
    caught.value.save_as(tmp_path / "trace.json")
    spans = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    work = [span for span in spans if span.get("cat") == "work"]
    assert len(work) == 2
    assert all(90_000 < span["dur"] < 60_000_000 for span in work)


def test_the_page_says_which_server_answers(demo, site):
    expect(demo.locator("#server")).to_have_text(f"answered by {site.ready.server}")
    expect(demo).to_have_title(re.compile(f"^{site.ready.server}: "))
