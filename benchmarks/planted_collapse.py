"""A server that stops answering for good is planted in every third start, and must be told each time and everywhere.

`compare bench --strict` measures real servers with the work below: half a second after its load has begun, every third
server's loop stands still for good. Looked at are the headline and the first picture of report.html, the chart, the
table of summary.md, summary.csv, the first sentence on the screen and the exit code. Each run takes half a minute.

    .venv/bin/python -m benchmarks.planted_collapse [RUNS]
"""

import asyncio
import csv
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 20
BEGUN = 50  # requests: more than a server is asked beforehand
STOPS_S = 0.5
STARTS = "PLANTED_STARTS"  # the variable that names the file in which servers count themselves
IN_FLIGHT = 100
COMMAND = (
    f"compare bench concurrency --server aiohttp --paradigm callback --paradigm native --concurrency {IN_FLIGHT}"
    " --rounds 3 --duration 2 --work benchmarks.planted_collapse:work --strict"
)


class Stopping:
    """A sleep; the server of every third one stops answering."""

    def __init__(self) -> None:
        self._asked = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self, capacity: int) -> None:  # noqa: ARG002  # any
        """Learn which loop is to stop."""
        self._loop = asyncio.get_running_loop()

    def blocking(self, delay_s: float) -> bytes:
        """Sleep on a thread."""
        if next(self._asked) == BEGUN and self._loop is not None and _is_third():
            self._loop.call_soon_threadsafe(self._loop.call_later, STOPS_S, threading.Event().wait)
        time.sleep(delay_s)
        return b"slept"

    async def native(self, delay_s: float) -> bytes:
        """Sleep on the loop."""
        await asyncio.sleep(delay_s)
        return b"slept"


def _is_third() -> bool:
    with Path(os.environ[STARTS]).open("ab") as file:
        file.write(b".")  # appended whole, whichever server starts beside this one
        return file.tell() % 3 == 0


work = Stopping()


def told(folder: Path, done: subprocess.CompletedProcess[str], starts: int) -> dict[str, bool]:
    """Return where it is told that a third of so many servers stopped; a noisy round is made twice, hence not three."""
    share = f"{starts // 3} of {starts}"
    page = (folder / "report.html").read_text()
    rows = list(csv.DictReader((folder / "summary.csv").read_text().splitlines()))
    counts = {row["paradigm"]: (row["collapsed_rounds"], row["servers"]) for row in rows}
    sentences = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    return {
        "headline": f"<h1>{share} servers with {IN_FLIGHT} threads stopped answering" in page,
        "first picture": 'class="cross"' in page,
        "chart": f"<!-- {share} stopped" in (folder / "concurrency-headline.svg").read_text(),
        "table": (folder / "summary.md").read_text().count(f"| {share} |") == 1,
        "csv": counts["callback"] == (f"{starts // 3}", f"{starts}") and counts["native"][0] == "0",
        "first sentence": f"stopped answering in {share} fresh servers" in sentences[0],
        "exit code 3": done.returncode == 3,
    }


def run(seed: int) -> dict[str, bool]:
    """Measure once, and return where it is told."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", *COMMAND.split(), "--seed", str(seed), "--out", f"{name}/results"]
        environment = os.environ | {STARTS: f"{name}/starts"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        folders = list(Path(name, "results").iterdir()) if Path(name, "results").exists() else []
        if len(folders) != 1:
            sys.exit(done.stdout + done.stderr)
        return told(folders[0], done, Path(name, "starts").stat().st_size)


def main() -> None:
    """Print a line per run; exit code 1 when any of it was not told."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    whole = 0
    for seed in range(runs):
        found = run(seed)
        missing = [where for where, there in found.items() if not there]
        whole += not missing
        print(
            f"run {seed + 1}: {'not in ' + ', '.join(missing) if missing else 'told everywhere'}", flush=True
        )
    print(f"\ntold everywhere ({', '.join(found)}) in {whole} of {runs} runs")
    sys.exit(whole < runs)


if __name__ == "__main__":
    main()
