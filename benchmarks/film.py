"""The animated picture of the README: `compare demo` records a run, Chromium plays it, one frame each quarter second.

The frames are what a student sees, at twice the speed of the run. Needs Chromium (tests/browser.py finds it).
Run: ``python -m benchmarks.film docs/live.gif``.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

WIDTH, FRAMES, STEP_S, SHOWN_S = 760, 40, 0.25, 0.13
NAMES = ("chromium", "chromium-browser", "google-chrome")
COLOURS = 16  # flat colours and small letters: more would only make the file larger


def frame(page: Page) -> Image.Image:
    """Return what the lanes show now, in few colours."""
    picture = Image.open(io.BytesIO(page.locator("#live .strip").screenshot()))
    return picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def film(recorded: Path, target: Path) -> None:
    """Play `recorded`, a page that `compare demo` wrote, and write its frames to `target`."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.goto(recorded.as_uri())
        frames = []
        for _ in range(FRAMES):
            page.wait_for_timeout(STEP_S * 1000)
            frames.append(frame(page))
        browser.close()
    height = max(one.height for one in frames)
    sheets = [Image.new("RGB", (one.width, height), "#f5f4f0") for one in frames]
    for sheet, one in zip(sheets, frames, strict=True):
        sheet.paste(one.convert("RGB"))
    sheets[0].save(
        target,
        save_all=True,
        append_images=[one.quantize(COLOURS, dither=Image.Dither.NONE) for one in sheets[1:]],
        duration=int(SHOWN_S * 1000),
        loop=0,
        optimize=True,
    )


def main() -> None:
    """Record, play and write."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "page.html"
        subprocess.run([sys.executable, "-m", "compare", "demo", "--export", str(recorded)], check=True)
        film(recorded, target)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
