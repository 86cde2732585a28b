"""What the contract costs in instructions: each twin's answers beside those of a bare handler of its framework.

Seconds depend on what else a machine does, the number of instructions in user space hardly does. Each server runs
under callgrind, is warmed up, and is asked 8 requests at a time; the count over REQUESTS of them is read when callgrind
dumps it. What the kernel does for an answer is not counted, and is the same on both sides: the ratio of seconds is
nearer to 1. With --against CHECKOUT the twins of another commit, in a folder of its own, take the place of the bare
handlers: that commit's count over this one's. With --profile DIR the dumps stay there for `callgrind_annotate`.
Needs valgrind. Run: ``python -m benchmarks.instructions [--against CHECKOUT] [--profile DIR]``.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compare.contract import Server

WARM_UP, REQUESTS, AT_ONCE = 240, 480, 8
HERE = Path(__file__).parents[1]
PATHS = ("/ping", "/io/native?delay=0")
MODULES = {"bare": "benchmarks.bare_{}", "twin": "compare.{}_impl"}
# callgrind makes everything fifty times slower but the clock: fifty times as many ticks would fall on an answer
RUN = """
import runpy, sys
sys.path[:0] = sys.argv.pop(1).split(":")
from compare.serving import lag
lag.TICK_S = 3600.0
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@contextmanager
def counted(module: str, *words: str, folder: Path, checkout: Path = HERE) -> Iterator[tuple[str, int]]:
    """Run a checkout's server module under callgrind; yield the line it prints when it listens, and its process id."""
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed.")
    out = f"--callgrind-out-file={folder}/{module}.%p"
    command = ["valgrind", "--tool=callgrind", out, sys.executable, "-P", "-c", RUN]
    command += [f"{checkout}:{checkout / 'kit'}", module, *words]
    quiet = {"stderr": subprocess.DEVNULL, "env": os.environ | {"PYTHONHASHSEED": "0"}}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **quiet)  # type: ignore[call-overload]
    try:
        yield server.stdout.readline(), server.pid
    finally:
        server.kill()
        server.communicate()


def ask(port: int, path: str, count: int) -> None:
    """Send `count` requests, `AT_ONCE` of them at a time on as many connections, and read their answers."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
    for _ in range(count // AT_ONCE):
        for sock in socks:
            sock.sendall(request)
        for sock in socks:
            answer = b""
            while not (answer.endswith(b"}") and b"\r\n\r\n" in answer):
                answer += sock.recv(65536)
            if b" 200 " not in answer[:16]:
                raise SystemExit(f"{path} was answered {answer[:60]!r}.")
    for sock in socks:
        sock.close()


def control(pid: int, word: str) -> None:
    """Have callgrind zero its counters (`-z`) or dump them (`-d`)."""
    subprocess.run(["callgrind_control", word, str(pid)], check=True, capture_output=True)


def per_request(module: str, *words: str, folder: Path, checkout: Path = HERE) -> dict[str, float]:
    """Return the instructions an answer takes, by path."""
    found = {}
    with counted(module, *words, folder=folder, checkout=checkout) as (line, pid):
        port = int(line) if line.strip().isdigit() else int(json.loads(line)["url"].rpartition(":")[2])
        for path in PATHS:
            found[path] = each(pid, port, path, folder)
    return found


def each(pid: int, port: int, path: str, folder: Path) -> float:
    """Return the instructions that an answer of a counted server takes, once it is warm."""
    ask(port, path, WARM_UP)
    before = set(folder.iterdir())
    control(pid, "-z")
    ask(port, path, REQUESTS)
    control(pid, "-d")
    (dump,) = set(folder.iterdir()) - before
    totals = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    return int(totals[1]) / REQUESTS if totals else float("nan")


def main() -> None:
    """Print one row per server and path."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--profile", type=Path, metavar="DIR")
    options = parser.parse_args()
    other = "before" if options.against else "bare"
    print(f"{'server':8} {'path':20} {other:>10} {'twin':>10} {other + '/twin':>12}   instructions an answer")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.profile or Path(temporary)
        folder.mkdir(exist_ok=True)
        for server in Server:
            twin = MODULES["twin"].format(server)
            if options.against:
                others = per_request(twin, "--port", "0", folder=folder, checkout=options.against.resolve())
            else:
                others = per_request(MODULES["bare"].format(server), folder=folder)
            ours = per_request(twin, "--port", "0", folder=folder)
            for path in PATHS:
                ratio = others[path] / ours[path]
                print(
                    f"{server:8} {path:20} {others[path]:10,.0f} {ours[path]:10,.0f} {ratio:12.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
