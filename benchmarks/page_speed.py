"""How quick the demo page is in Chromium without a window: its files, its first paint, its frames a second.

Frames are counted while 200 requests that the page has sent wait for 3 s and others come so fast that the page takes
in 1,000 events a second. `paint` is the median of new browser contexts, which hold nothing in a cache.
Run: ``python -m benchmarks.page_speed size``, ``... paint`` or ``... frames``.
"""

import itertools
import shutil
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Callable

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from compare.contract import Paradigm, Server
from compare.harness import load
from compare.harness.servers import serve
from compare.records import Contestant, Open
from compare.serving.pages import pages

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu"]
LOADS, SECONDS, CROWD = 11, 8, 200
FLIGHTS_RPS, WAIT_S = 340, 0.3  # three events each, and the ticks of the server
LEAST_FPS, MOST_PAINT_MS, MOST_BYTES = 30, 200, 120_000

COUNT_EVENTS = """
window.taken = 0;
window.EventSource = class extends EventSource {
  constructor(url) { super(url); this.addEventListener("message", () => { window.taken += 1; }); }
};
"""
COUNT_FRAMES = """seconds => new Promise((resolve) => {
  const times = [], before = taken, began = performance.now();
  const tick = (now) => {
    times.push((now - began) / 1000);
    if (now - began < seconds * 1000) requestAnimationFrame(tick);
    else resolve({ times, events: (taken - before) / ((now - began) / 1000) });
  };
  requestAnimationFrame(tick);
})"""
MANY = "() => new Promise((resolve) => { setInterval(() => taken > 1000 && resolve(), 50); })"
# The largest text is one that a script fills in, so that its paint is the page's with its words.
PAINTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const words = list.getEntries().find((one) => one.element?.dataset.text);
    if (words) resolve([performance.getEntriesByName("first-paint")[0].startTime, words.startTime]);
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""


def localhost(url: str) -> str:
    """Return `url` at the name under which a page may open more than six connections."""
    return url.replace("127.0.0.1", "localhost")


def size(_browser: Browser) -> None:
    """Print how large all files of the page are together."""
    files = [len(page.body) for page in pages()]
    print(f"{len(files)} files, {sum(files):,} bytes together (below {MOST_BYTES:,})")


def paint(browser: Browser) -> None:
    """Print when each server's page is first painted, and when with its words, which scripts fill in."""
    print(
        f"{'server':8} {'first paint':>16} {'with words':>16}   ms, median and worst of {LOADS}; below {MOST_PAINT_MS}"
    )
    for server in Server:
        found = []
        with serve(Contestant(server, Paradigm.NATIVE)) as running:
            for _ in range(LOADS):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(localhost(running.base_url))
                found.append(page.evaluate(PAINTS))
                page.close()
        told = [f"{statistics.median(times):.0f} ({max(times):.0f})" for times in zip(*found, strict=True)]
        print(f"{server:8} {told[0]:>16} {told[1]:>16}", flush=True)


def flooded(page: Page, url: str) -> tuple[list[float], float, float]:
    """Return when frames were drawn, the events a second that came meanwhile, and the main thread's CPU seconds."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    asked = Open(
        concurrency=400, delay_s=WAIT_S, duration_s=SECONDS + 4.0, warmup_s=1.0, rate_rps=float(FLIGHTS_RPS)
    )
    others = threading.Thread(target=load.run, args=(f"{url}/io/native?delay={WAIT_S}", asked))
    others.start()
    page.get_by_label("Requests (1 to 200)").fill(str(CROWD))
    page.locator("#delay label", has_text="3 s").click()
    page.evaluate(MANY)
    page.get_by_role("button", name="Run", exact=True).click()
    before_s = busy_s(devtools)
    counted = page.evaluate(COUNT_FRAMES, SECONDS)
    spent_s = busy_s(devtools) - before_s
    others.join()
    return counted["times"], counted["events"], spent_s


def busy_s(devtools: CDPSession) -> float:
    """Return the CPU time of the page's main thread so far."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def frames(browser: Browser) -> None:
    """Print the frames a second of the page that each server serves, whole seconds one by one."""
    print(
        f"{'server':8} {'width':>5} {'events/s':>9} {'frames/s':>9} {'worst second':>13} {'longest gap':>12}"
    )
    for server in Server:
        for width in (1280, 390):
            with serve(Contestant(server, Paradigm.NATIVE)) as running:
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.add_init_script(COUNT_EVENTS)
                page.goto(localhost(running.base_url))
                times, events, spent_s = flooded(page, running.base_url)
                page.close()
            each = Counter(int(at) for at in times if at < SECONDS)
            rates = [each[second] for second in range(SECONDS)]
            gap_ms = 1000 * max(b - a for a, b in itertools.pairwise(times))
            found = f"{events:9,.0f} {statistics.median(rates):9.0f} {min(rates):13} {gap_ms:9.0f} ms"
            print(f"{server:8} {width:5} {found} {1000 * spent_s / len(times):9.1f} ms", flush=True)
    print(
        f"at least {LEAST_FPS} in every second are wanted: at most {1000 / LEAST_FPS:.0f} ms of CPU a frame"
    )


CHOICES: dict[str, Callable[[Browser], None]] = {"size": size, "paint": paint, "frames": frames}


def main() -> None:
    """Measure what the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] not in CHOICES:
        raise SystemExit(f"Say what to measure, one of {', '.join(CHOICES)}.")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        CHOICES[sys.argv[1]](browser)
        browser.close()


if __name__ == "__main__":
    main()
