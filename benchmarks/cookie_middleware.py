"""What the cookie kit costs an aiohttp handler that touches no cookie, by wrk on two processes in turns.

Run: ``python -m benchmarks.cookie_middleware [rounds] [seconds]``; needs wrk. The servers share a CPU, wrk has another.
``bare`` is an application with one handler, ``kit`` the same after ``setup(app, secret)``. ``--instructions`` counts
what an answer takes under callgrind instead (`benchmarks.instructions`), which a busy machine does not disturb.
"""

import asyncio
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiohttp import web

from benchmarks import instructions
from tornado_cookies.aiohttp import setup

MODULE, ROOT = "benchmarks.cookie_middleware", Path(__file__).parents[1]

CPUS = sorted(os.sched_getaffinity(0))


async def handler(_request: web.Request) -> web.Response:
    """Touch no cookie."""
    return web.Response(body=b'{"pong":true}', content_type="application/json")


async def serve(contestant: str) -> None:
    """Serve until killed; the port goes to stdout."""
    os.sched_setaffinity(0, {CPUS[0]})
    app = web.Application()
    app.add_routes([web.get("/", handler)])
    if contestant == "kit":
        setup(app, "x" * 32)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Contestant:
    """A running server."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def running(name: str) -> Iterator[Contestant]:
    """Run a contestant in a process of its own."""
    command = [sys.executable, "-m", MODULE, "--serve", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}/"
            yield Contestant(url, psutil.Process(process.pid))
        finally:
            process.kill()


@dataclass(frozen=True)
class Rate:
    """What one run of wrk showed."""

    per_s: float
    cpu_us: float  # of the server, per request: what a busy machine disturbs less than the rate


def load(contestant: Contestant, seconds: int) -> Rate:
    """Let wrk load a contestant as hard as it can."""
    before_s = contestant.cpu_s()
    pin = {CPUS[-1]}
    shown = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{seconds}s", contestant.url],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, pin),  # this process has one thread
    ).stdout
    cpu_s = contestant.cpu_s() - before_s
    requests = re.search(r"(\d+) requests in", shown)
    per_s = re.search(r"Requests/sec:\s+([\d.]+)", shown)
    if requests is None or per_s is None or "Non-2xx" in shown:
        sys.exit(f"wrk failed: {shown}")
    return Rate(float(per_s[1]), cpu_s / int(requests[1]) * 1e6)


def counts() -> None:
    """Print the instructions in user space that an answer of each takes, and their ratio."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for contestant in ("bare", "kit"):
            folder = Path(name) / contestant
            folder.mkdir()
            server = instructions.counted(MODULE, "--serve", contestant, folder=folder, checkout=ROOT)
            with server as (line, pid):
                found[contestant] = instructions.each(pid, int(line), "/", folder)
    for contestant, count in found.items():
        print(f"{contestant:4} {count:10,.0f} instructions an answer")
    print(f"kit/bare {found['kit'] / found['bare']:.4f}")


def main(rounds: int = 9, seconds: int = 3) -> None:
    """Print what each round showed, in turns, and the medians of the ratios."""
    with running("bare") as bare, running("kit") as kit:
        pair = (bare, kit)
        for contestant in pair:
            load(contestant, 1)  # warm
        rates, cpus = [], []
        for number in range(rounds):
            shown = {contestant: load(contestant, seconds) for contestant in pair[:: 1 if number % 2 else -1]}
            rates.append(shown[kit].per_s / shown[bare].per_s)
            cpus.append(shown[bare].cpu_us / shown[kit].cpu_us)
            for name, contestant in zip(("bare", "kit"), pair, strict=True):
                print(
                    f"{name:4} {shown[contestant].per_s:8.0f}/s {shown[contestant].cpu_us:6.1f} us of CPU  ",
                    end="",
                )
            print(f"kit/bare {rates[-1]:.3f}, by CPU {cpus[-1]:.3f}", flush=True)
    print(f"median of {rounds}: {statistics.median(rates):.3f}, by CPU time {statistics.median(cpus):.3f}")
    print("(above 0.97 means that the kit costs less than 3 %)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(sys.argv[2]))
    elif sys.argv[1:2] == ["--instructions"]:
        counts()
    else:
        main(*map(int, sys.argv[1:]))
