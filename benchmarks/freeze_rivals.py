"""The freeze test of `benchmarks.freeze`, asked of other load generators too: 200/s for 5 s, one freeze of 1 s.

Each tool gets a fresh server and is asked for the same rate over the same number of connections (10, or the argument);
the tools take turns, and the median of three rounds is printed beside the arithmetic. A percentile that a tool does not
print is n/a; h2load prints none, so its are taken from the times in its own ``--log-file``. A tool that is not on PATH
is skipped. wrk is left out, as it has no rate; vegeta and wrk2 come as sources or binaries of their own and are taken
from PATH (`make` of wrk2 makes a program called wrk: call it wrk2). vegeta opens as many connections as it needs unless
told otherwise, and is asked both ways; with its `-max-workers` of as many it would keep a closed loop. wrk2 calibrates
itself for 10 s: its freeze comes 10 s later, and its percentiles are of the 5 s after.
Ours is asked over as many connections as the others, and over 1,000 beside them. Installing is by hand::

    apt-get install hey nghttp2-client npm
    npm install --prefix rivals autocannon
    python -m venv rivals/venv && rivals/venv/bin/pip install locust pywrkr

Run: ``PATH=rivals/venv/bin:rivals/node_modules/.bin:$PATH .venv/bin/python -m benchmarks.freeze_rivals``, in which the
folder `rivals` may be any.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.freeze import ARITHMETIC_MS, CLIENT_CPU, FREEZE_AFTER, PERCENTILES, SERVER_CPU
from compare.harness import load, reference
from compare.records import Open

ROUNDS, CONNECTIONS, RATE_RPS, SECONDS = 3, 10, 200, 5
MANY = 1000
CALIBRATION_S = 10  # of wrk2
VEGETA = """
vegeta attack -rate={rate} -duration={seconds}s -connections={connections} "$@" \\
    -targets={folder}/targets -output={folder}/vegeta.bin
vegeta encode -to json -output {folder}/vegeta.json {folder}/vegeta.bin
"""
LOCUSTFILE = """
from locust import FastHttpUser, constant_throughput, task

class Asking(FastHttpUser):
    wait_time = constant_throughput({each})

    @task
    def ask(self):
        self.client.get("/")
"""


class Found(NamedTuple):
    """What a tool says of one run."""

    answered: int
    latency_ms: tuple[float | None, ...]  # one per PERCENTILES, None where the tool prints none


class Rival(NamedTuple):
    """A tool, how it is asked and how its answer is read."""

    name: str
    command: str  # {each} is the rate of one connection, {host} the URL without its path
    read: Callable[[str, Path], Found]  # from what it printed and the folder it may have written to
    version: str  # the command that prints it
    program: str = ""  # what must be on PATH; "" = the first word of the command
    before_s: int = 0  # how long it runs before what it reports, and before the freeze


def from_hey(printed: str, _: Path) -> Found:
    """Read hey's summary: `90% in 0.0120 secs`."""
    seconds = {float(p): float(s) * 1e3 for p, s in re.findall(r"(\d+)% in ([\d.]+) secs", printed)}
    answered = sum(int(n) for n in re.findall(r"\[200\]\s+(\d+) responses", printed))
    return Found(answered, tuple(seconds.get(p) for p in PERCENTILES))


def from_h2load(_: str, folder: Path) -> Found:
    """Read h2load's log: start in us, status, us until the end of the response."""
    rows = [line.split("\t") for line in (folder / "h2load.log").read_text().splitlines()]
    taken_ms = [int(row[2]) / 1e3 for row in rows if row[1] == "200"]
    return Found(len(taken_ms), tuple(float(one) for one in np.percentile(taken_ms, PERCENTILES)))


def from_autocannon(printed: str, _: Path) -> Found:
    """Read autocannon's JSON, in whole milliseconds."""
    said = json.loads(printed.splitlines()[0])
    return Found(said["2xx"], tuple(said["latency"][f"p{p:g}".replace(".", "_")] for p in PERCENTILES))


def from_locust(printed: str, _: Path) -> Found:
    """Read locust's last table, in milliseconds; its CSV file lacks what came in the run's last second."""
    names = re.findall(r"([\d.]+)%", printed[printed.rindex("Type ") :].partition("\n")[0])
    *found, answered = printed.rstrip().splitlines()[-1].split()[1:]
    said = {float(name): float(one) for name, one in zip(names, found, strict=True)}
    return Found(int(answered), tuple(said.get(p) for p in PERCENTILES))


def from_pywrkr(_: str, folder: Path) -> Found:
    """Read pywrkr's JSON, in seconds."""
    said = json.loads((folder / "pywrkr.json").read_text())
    found = (said["percentiles"].get(f"p{p:g}") for p in PERCENTILES)
    return Found(said["status_codes"]["200"], tuple(None if one is None else one * 1e3 for one in found))


def from_vegeta(_: str, folder: Path) -> Found:
    """Read vegeta's results, a JSON object a line; `latency` is in nanoseconds."""
    results = [json.loads(line) for line in (folder / "vegeta.json").read_text().splitlines()]
    taken_ms = [one["latency"] / 1e6 for one in results if one["code"] == 200]
    return Found(len(taken_ms), tuple(float(one) for one in np.percentile(taken_ms, PERCENTILES)))


def from_wrk2(printed: str, _: Path) -> Found:
    """Read the spectrum of `wrk2 -L` (value in ms, percentile, count): the first at or above each percentile."""
    rows = re.findall(r"^ +([\d.]+) +([01]\.\d+) +(\d+) +[\d.inf]+$", printed, re.MULTILINE)
    spectrum = [(float(share) * 100, float(value_ms)) for value_ms, share, _ in rows]
    found = (next((value for share, value in spectrum if share >= p), None) for p in PERCENTILES)
    return Found(int(rows[-1][2]) if rows else 0, tuple(found))


VEGETA_COMMAND = "sh {folder}/vegeta.sh"
AUTOCANNON = "autocannon -j -c {connections} -d {seconds} -R {rate}"
RIVALS = (
    Rival("hey", "hey -z {seconds}s -c {connections} -q {each} {url}", from_hey, "dpkg-query -W hey"),
    Rival(
        "h2load",
        "h2load --h1 -c {connections} -D {seconds} --rps={each} --log-file={folder}/h2load.log {url}",
        from_h2load,
        "h2load --version",
    ),
    Rival("autocannon", AUTOCANNON + " {url}", from_autocannon, "autocannon --version"),
    Rival("autocannon -C", AUTOCANNON + " -C {url}", from_autocannon, "autocannon --version"),
    Rival(
        "locust",
        "locust -f {folder}/locustfile.py --headless --only-summary -u {connections} -r {connections}"
        " -t {seconds}s --host {host}",
        from_locust,
        "locust --version",
    ),
    Rival(
        "pywrkr",
        "pywrkr -c {connections} -d {seconds} --rate {rate} --json {folder}/pywrkr.json {url}",
        from_pywrkr,
        "python -m pip show pywrkr",
    ),
    Rival("vegeta", VEGETA_COMMAND, from_vegeta, "vegeta -version", program="vegeta"),
    Rival(
        "vegeta -max-connections",
        VEGETA_COMMAND + " -max-connections={connections}",
        from_vegeta,
        "vegeta -version",
        program="vegeta",
    ),
    Rival(
        "wrk2",
        "wrk2 -t1 -c{connections} -d{seconds}s -R{rate} -L {url}",
        from_wrk2,
        "wrk2 -v",
        before_s=CALIBRATION_S,
    ),
)


frozen = partial(reference.serving, delay_s=0.005, cpu=SERVER_CPU)


def ours(url: str, connections: int) -> Found:
    """Ask our own generator; its latency is from the intended send."""
    asked = Open(connections, delay_s=0.005, duration_s=float(SECONDS), rate_rps=float(RATE_RPS))
    samples = load.run(url, asked, cpu=CLIENT_CPU).samples
    mine = samples.intended_s >= 0
    found_ms = np.percentile((samples.done_s - samples.intended_s)[mine] * 1e3, PERCENTILES)
    return Found(int(mine.sum()), tuple(float(one) for one in found_ms))


def ask(rival: Rival, connections: int) -> Found:
    """Run `rival` against a fresh server."""
    after = FREEZE_AFTER + rival.before_s * RATE_RPS
    with tempfile.TemporaryDirectory() as folder, frozen(freeze_after=after) as url:
        each = RATE_RPS / connections
        Path(folder, "targets").write_text(f"GET {url}\n")
        script = VEGETA.format(rate=RATE_RPS, seconds=SECONDS, connections=connections, folder=folder)
        Path(folder, "vegeta.sh").write_text(script)
        Path(folder, "locustfile.py").write_text(LOCUSTFILE.format(each=each))
        command = rival.command.format(
            url=url,
            host=url.rstrip("/"),
            folder=folder,
            connections=connections,
            each=f"{each:g}",
            rate=RATE_RPS,
            seconds=SECONDS + rival.before_s,
        )
        pinned = ["taskset", "-c", str(CLIENT_CPU), *command.split()]
        done = subprocess.run(pinned, capture_output=True, text=True, check=True, timeout=60)
        return rival.read(done.stdout + done.stderr, Path(folder))  # locust's table goes to stderr


def ask_ours(connections: int) -> Found:
    """Run our generator against a fresh server."""
    with frozen(freeze_after=FREEZE_AFTER) as url:
        return ours(url, connections)


def installed(rival: Rival) -> bool:
    """Whether `rival` is on PATH; say so when it is not."""
    program = rival.program or rival.command.split()[0]
    if shutil.which(program) is None:
        print(f"{rival.name} skipped: {program} is not on PATH")
        return False
    return True


def version_of(rival: Rival) -> str:
    """Return the first thing like a version that its command prints, `?` when there is none."""
    program, *arguments = rival.version.split()
    if program == "python":  # the one that the tool was installed for
        program = str(Path(shutil.which(rival.name) or "").resolve().with_name("python"))
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"\d+\.\d+[\w.+-]*", done.stdout)
    return found[0] if found else "?"


def cell(runs: Sequence[float | None]) -> str:
    """Return the median in milliseconds, n/a when the tool prints none."""
    known = [one for one in runs if one is not None]
    return f"{statistics.median(known):.1f}" if known else "n/a"


def row(name: str, release: str, runs: Sequence[Found]) -> str:
    """Return one line of the table: medians of the runs."""
    answered = f"{statistics.median(run.answered for run in runs):.0f}"
    columns = zip(*(run.latency_ms for run in runs), strict=True)
    return line(name, release, answered, *(cell(column) for column in columns))


def line(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Take turns for some rounds, then print the medians."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else CONNECTIONS
    release = version("tornado-aiohttp-compare")
    tools: dict[str, tuple[str, Callable[[], Found]]] = {
        f"`compare load`, {many:,} connections": (release, partial(ask_ours, many))
        for many in dict.fromkeys((connections, MANY))
    }
    for rival in filter(installed, RIVALS):
        tools[rival.name] = (version_of(rival), partial(ask, rival, connections))
    runs: dict[str, list[Found]] = {name: [] for name in tools}
    for number in range(1, ROUNDS + 1):
        for name, (_, asking) in tools.items():
            runs[name].append(asking())
            print(f"round {number}: {row(name, '', runs[name][-1:])}", flush=True)
    print(f"\n{connections} connections, medians of {ROUNDS} rounds, ms\n")
    print(line("tool", "version", "answered", *(f"p{p:g}" for p in PERCENTILES)))
    print("|---|---|" + "---:|" * (1 + len(PERCENTILES)))
    print(line("arithmetic", "", str(RATE_RPS * SECONDS), *(f"{one:.1f}" for one in ARITHMETIC_MS)))
    for name, (release, _) in tools.items():
        print(row(name, release, runs[name]))


if __name__ == "__main__":
    main()
