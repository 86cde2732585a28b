"""The animated picture of the README: a recorded run, as the page plays it in Chromium.

Four crowds come one after the other, with time to read the sentence about each. Needs Chromium.
Run: ``python -m benchmarks.film docs/live.gif``.
"""

import io
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from compare.contract import Paradigm, Server
from compare.harness import recorded
from compare.harness.servers import serve
from compare.records import Contestant
from compare.screen.onepage import one_page

CROWDS = [(Paradigm.BLOCKING, 4), (Paradigm.CALLBACK, 12), (Paradigm.EXECUTOR, 12), (Paradigm.NATIVE, 12)]
WAIT_S, BETWEEN_S = 0.5, 1.6
WIDTH, STEP_S, SHOWN_S = 760, 0.3, 0.3
NAMES = ("chromium", "chromium-browser", "google-chrome")
COLOURS = 32  # flat colours and small letters: more would only make the file larger
SHOWN = ("#told", "#live .strip", "#live .legend")  # one below the other


def page_of_a_run() -> tuple[str, float]:
    """Return a page that plays four crowds on a server of its own, and how many seconds it plays."""
    with serve(Contestant(Server.AIOHTTP, Paradigm.NATIVE)) as running:
        files = recorded.page_files(running.base_url)
        seen = recorded.record(running.base_url, CROWDS, WAIT_S, BETWEEN_S)
    times = [event["at_s"] for event in seen["events"]]
    return one_page(files, seen), max(times) - min(times)


def frame(page: Page) -> Image.Image:
    """Return what the page says and draws now."""
    boxes = [box for box in (page.locator(part).bounding_box() for part in SHOWN) if box]
    top, bottom = min(box["y"] for box in boxes), max(box["y"] + box["height"] for box in boxes)
    clip = {"x": 0, "y": top - 8, "width": WIDTH, "height": bottom - top + 8}
    return Image.open(io.BytesIO(page.screenshot(clip=clip, full_page=True))).convert("RGB")  # type: ignore[arg-type]


def film(recording: Path, seconds: float) -> list[Image.Image]:
    """Play the page in `recording` for as long and return its frames, all of one size."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    frames = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.clock.install(time=0)  # the page's clock is ours: a slow machine makes the same film
        page.goto(recording.as_uri())
        page.clock.pause_at(1000)
        for _ in range(int(seconds / STEP_S)):
            page.clock.run_for(int(1000 * STEP_S))
            frames.append(frame(page))
        browser.close()
    height = max(one.height for one in frames)
    sheets = [Image.new("RGB", (WIDTH, height), frames[0].getpixel((2, 2))) for _ in frames]
    for sheet, one in zip(sheets, frames, strict=True):
        sheet.paste(one)
    return sheets


def palette_of(frames: list[Image.Image]) -> Image.Image:
    """Return an image whose palette holds the commonest colours, unmixed: two reds that differ in meaning stay two."""
    counts: Counter[tuple[int, ...]] = Counter()
    for one in frames[::4]:
        for count, colour in one.getcolors(one.width * one.height) or []:
            counts[colour] += count  # type: ignore[index]
    commonest = [colour for colour, _ in counts.most_common(COLOURS)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in commonest for part in colour])
    return palette


def main() -> None:
    """Record, play and write."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "page.html"
        text, seconds = page_of_a_run()
        recording.write_text(text, encoding="utf-8")
        frames = film(recording, seconds)
    palette = palette_of(frames)
    drawn = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in frames]
    drawn[0].save(
        target, save_all=True, append_images=drawn[1:], duration=int(SHOWN_S * 1000), loop=0, optimize=True
    )
    print(f"{target}: {len(frames)} frames, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
