"""The demo page in a real Chromium: everything on it is clicked, on one server (see `browser.site`).

`test_beside` runs a crowd on both.
"""

import json
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


def test_the_lines_that_scripts_cannot_see_are_shown(demo):
    demo.get_by_label("HttpOnly").check()
    press(demo, "Set")
    expect(demo.locator("#lines")).to_have_text("Set-Cookie: flavour=oatmeal; HttpOnly; Path=/")
    says(demo, "PUT /cookies/flavour → 204")
    press(demo, "Read")
    expect(demo.locator("#lines")).to_have_text("Cookie: flavour=oatmeal")


def test_a_tampered_signature_is_marked_once_the_server_refused_it(demo):
    demo.get_by_text("Signed", exact=True).click()
    press(demo, "Set")
    says(demo, "PUT /signed/flavour → 204")
    press(demo, "Read")
    expect(demo.locator("#fields span")).to_have_count(6)
    expect(demo.locator("#fields .slow")).to_have_count(0)
    press(demo, "Tamper")
    expect(demo.locator("#fields .slow")).to_contain_text("signature")


def test_a_form_is_taken_with_its_token_and_a_forged_one_is_refused(demo):
    press(demo, "New page")
    bare = demo.locator("#token-cookie span").last.inner_text()
    mask = demo.locator("#token-field span").first.inner_text()
    assert demo.locator("#token-field span").last.inner_text() == bare
    press(demo, "New page")
    expect(demo.locator("#token-field span").first).not_to_have_text(mask.replace("\n", ""))
    assert demo.locator("#token-field span").last.inner_text() == bare
    press(demo, "Send the form")
    expect(demo.locator("#xsrf-told")).to_have_text(
        "POST /form → 200: the form was taken, with the note “hello”."
    )
    press(demo, "Send a forged one")
    expect(demo.locator("#xsrf-told")).to_have_text(
        "POST /form → 403: xsrf_failed: XSRF cookie does not match POST argument."
    )


def test_a_rotation_of_two_keys_reads_what_either_signed_until_the_old_one_goes(demo):
    told_of = demo.locator("#rotation-told")
    press(demo, "Sign with key 1")
    expect(told_of).to_contain_text("which the server does not have")
    expect(demo.locator("#rotation-fields .slow")).to_contain_text("signature")
    demo.get_by_label("key 1, the new one").check()
    expect(told_of).to_have_text("Signed with key 1: the server reads “bob”.")
    press(demo, "Sign with key 0")
    expect(told_of).to_have_text("Signed with key 0: the server reads “bob”.")
    demo.get_by_label("key 0, the old one").uncheck()
    expect(told_of).to_contain_text("bob is logged out")


# --- live


def run(page, paradigm, requests=2, wait="0.1 s", button="Run"):
    page.get_by_role("radio", name=re.compile(f"^{paradigm} ")).check(force=True)
    page.get_by_label("Requests (1 to 200)").fill(str(requests))
    page.locator("#delay label", has_text="½ s" if paradigm is Paradigm.BLOCKING else wait).click()
    press(page, button)


def told(page, sentence):
    expect(page.locator("#told")).to_contain_text(sentence)


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
        expect(demo.locator("#told")).to_contain_text(re.compile(r"held for 1(\.\d+)? s; \d+ pings? waited"))


def test_two_hundred_requests_are_sent_at_once(demo):
    run(demo, Paradigm.NATIVE, 200, wait="½ s")
    told(demo, "native: 200 answers in ")
    seen = demo.locator("#told").inner_text()
    number, unit = re.search(r"in ([\d.]+) (ms|s)\b", seen).groups()
    assert float(number) / (1000 if unit == "ms" else 1) < 15  # by six at a time it would be 17


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
def test_leaving_early_ends_native_work_and_leaves_threads_working(demo, paradigm, left):
    run(demo, paradigm, wait="3 s")
    expect(demo.locator("#code .waits")).to_be_visible()
    press(demo, "Leave early")
    told(demo, left)


def test_the_code_beside_is_the_servers_own(demo, site):
    run(demo, Paradigm.EXECUTOR)
    expect(demo.locator("#code .waits")).to_contain_text("run_in_executor")
    expect(demo.locator("#code-file")).to_contain_text("compare/paradigms/waits.py:")
    demo.get_by_text("the handler", exact=True).click()
    expect(demo.locator("#code-file")).to_contain_text(f"compare/{site.ready.server}_impl/long_io.py:")
    told(demo, "executor: 2 answers")


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


def test_all_of_it_goes_by_the_keyboard_and_the_focus_stays(demo):
    demo.get_by_label("Requests (1 to 200)").focus()
    demo.keyboard.press("Control+A")
    demo.keyboard.type("2")
    demo.keyboard.press("Tab")
    demo.keyboard.press("ArrowLeft")  # half a second
    demo.keyboard.press("Tab")
    demo.keyboard.press("Space")
    demo.keyboard.press("Tab")
    demo.keyboard.press("Tab")
    go = demo.get_by_role("button", name="Run", exact=True)
    expect(go).to_be_focused()
    demo.keyboard.press("Enter")
    expect(go).to_have_attribute("aria-disabled", "true")
    demo.keyboard.press("Enter")  # once more does nothing
    told(demo, "native: 2 answers")
    expect(go).to_have_attribute("aria-disabled", "false")
    expect(go).to_be_focused()


def test_what_was_seen_is_saved_and_opened_again_without_the_server(demo, tmp_path):
    run(demo, Paradigm.CALLBACK)
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
    told(demo, "A recording of ")
    demo.unroute_all()
    press(demo, "Back to the live server")
    run(demo, Paradigm.NATIVE)
    told(demo, "native: 2 answers")


def test_a_file_that_is_not_a_recording_is_refused_in_a_sentence(demo, tmp_path):
    other = tmp_path / "other.json"
    other.write_text('{"format":"something else"}')
    demo.set_input_files("#file", other)
    expect(demo.locator("#trouble")).to_contain_text("This file is not a recording of this page")


def test_a_trace_has_a_span_for_each_thread(demo, tmp_path):
    run(demo, Paradigm.CALLBACK)
    told(demo, "callback: 2 answers")
    with demo.expect_download() as caught:
        press(demo, "Save for Perfetto")
    caught.value.save_as(tmp_path / "trace.json")
    spans = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    work = [span for span in spans if span.get("cat") == "work"]
    assert len(work) == 2
    assert all(90_000 < span["dur"] < 3_000_000 for span in work)


@pytest.mark.parametrize(("status", "said"), [(503, "Too many viewers"), (500, "The server does not answer")])
def test_trouble_with_the_events_is_told_and_ends_by_itself(demo, site, status, said):
    demo.route("**/events", lambda route: route.fulfill(status=status))
    demo.reload()
    expect(demo.locator("#trouble")).to_contain_text(said)
    demo.unroute_all()
    expect(demo.locator("#server")).to_have_text(f"answered by {site.ready.server}")
    expect(demo.locator("#trouble")).to_be_hidden()


def test_every_text_is_there_in_both_languages(demo):
    press(demo, "中文")
    expect(demo.locator("h1")).to_have_text("同一个应用，写了两遍")  # noqa: RUF001  # Chinese has its own comma
    assert demo.evaluate("document.documentElement.lang") == "zh"
    shapes = demo.evaluate(
        """async () => {
            const shape = (one) => Array.isArray(one) ? one.length : typeof one !== "object" ? typeof one
                : Object.entries(one).map(([key, value]) => [key, shape(value)]);
            return [shape((await import("/static/en.js")).en), shape((await import("/static/zh.js")).zh)];
        }"""
    )
    assert shapes[0] == shapes[1]
    press(demo, "English")


def test_the_page_says_which_server_answers(demo, site):
    expect(demo.locator("#server")).to_have_text(f"answered by {site.ready.server}")
    expect(demo).to_have_title(re.compile(f"^{site.ready.server}: "))


def test_nothing_sticks_out_sideways(demo):
    for width in (320, 390, 768, 1280):
        demo.set_viewport_size({"width": width, "height": 800})
        assert demo.evaluate("document.documentElement.scrollWidth") <= width
