"""What axe-core finds wrong with the page, wide and narrow, light and dark, on both servers; exit code 1 for any.

axe-core comes from the npm registry: `npm pack axe-core`, then unpack `package/axe.min.js`.
Run: ``python -m benchmarks.accessibility path/to/axe.min.js``.
"""

import itertools
import shutil
import sys

from playwright.sync_api import Browser, sync_playwright

from compare.contract import Paradigm, Server
from compare.harness.servers import serve
from compare.records import Contestant

NAMES = ("chromium", "chromium-browser", "google-chrome")


def violations(browser: Browser, url: str, axe: str, width: int, scheme: str) -> list[str]:
    """Return what axe-core finds on the page after one crowd and one step of the trampoline, a line for each rule."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # a literal in Playwright's annotation
        reduced_motion="reduce",
        bypass_csp=True,  # axe-core is a script that the page's policy forbids
    )
    page = context.new_page()
    page.goto(url.replace("127.0.0.1", "localhost"))
    page.get_by_label("Requests (1 to 200)").fill("2")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#results li").wait_for()
    page.get_by_role("button", name="generator", exact=True).click()
    page.locator("#steps [aria-current=step]").wait_for()
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run()")["violations"]
    context.close()
    return [f"{one['impact']}: {one['help']} ({len(one['nodes'])} places)" for one in found]


def main() -> None:
    """Print a line for each way the page was looked at."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for server in Server:
            with serve(Contestant(server, Paradigm.NATIVE)) as running:
                for width, scheme in itertools.product((1280, 390), ("light", "dark")):
                    found = violations(browser, running.base_url, sys.argv[1], width, scheme)
                    wrong += len(found)
                    print(f"{server:8} {width:5} {scheme:6} {'; '.join(found) or 'nothing'}", flush=True)
        browser.close()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
