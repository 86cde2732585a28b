"""What the hooks of `GET /events` cost: `/io/native?delay=0` without them, with them and no viewer, with one viewer.

Side by side on CPU 0, asked in turns from CPU 1, as in `benchmarks.twins`; or, with --instructions, one after the other
under callgrind, as in `benchmarks.instructions` (its feed is slowed like all else there, so that as large a part of the
requests is watched). Run: ``python -m benchmarks.hooks [--instructions]``.
"""

import contextlib
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import instructions, twins
from compare.contract import Server, read_ready

PATH = "/io/native?delay=0"
UNWATCHED, WATCHED = "no viewer", "one viewer"
TARGETS = {UNWATCHED: 0.99, WATCHED: 0.95}


@contextmanager
def viewer(url: str) -> Iterator[None]:
    """Watch the server at `url` while inside, reading all it sends."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as sock:
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        if b" 200 " not in sock.recv(65536)[:20]:
            raise SystemExit("The server lets nobody watch.")
        reader = threading.Thread(target=_read, args=(sock,), daemon=True)
        reader.start()
        yield
        sock.shutdown(socket.SHUT_RDWR)
        reader.join()


def _read(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while sock.recv(65536):
            pass


def by_turns(server: Server) -> dict[str, list[twins.Rate]]:
    """Return what is answered with hooks over what is without, round by round; every other round goes backwards."""
    found: dict[str, list[twins.Rate]] = {way: [] for way in TARGETS}
    with ExitStack() as stack:
        sides = []
        for words in (("benchmarks.hook_servers", "without", server), (f"compare.{server}_impl",)):
            line, process = stack.enter_context(twins.serving(*words, "--port", "0"))
            sides.append(twins.Side(read_ready(line).url, process))
        bare, hooked = sides
        for number in range(twins.ROUNDS):
            rates = {}
            for way in ("", *TARGETS)[:: -1 if number % 2 else 1]:
                with viewer(hooked.url) if way == WATCHED else contextlib.nullcontext():
                    rates[way] = twins.rate(hooked if way else bare, PATH)
            for way, values in found.items():
                values.append(
                    twins.Rate(*(mine / theirs for mine, theirs in zip(rates[way], rates[""], strict=True)))
                )
    return found


def by_instructions(server: Server, folder: Path) -> dict[str, float]:
    """Return the instructions of an answer without hooks ("") and with them."""
    module, found = "benchmarks.hook_servers", {}
    with instructions.counted(module, "without", server, "--port", "0", folder=folder) as (line, pid):
        port = urlsplit(read_ready(line).url).port or 0
        found[""] = instructions.each(pid, port, PATH, folder)
    with instructions.counted(module, "slower", server, "--port", "0", folder=folder) as (line, pid):
        url = read_ready(line).url
        port = urlsplit(url).port or 0
        found[UNWATCHED] = instructions.each(pid, port, PATH, folder)
        with viewer(url):
            found[WATCHED] = instructions.each(pid, port, PATH, folder)
    return found


def main() -> None:
    """Print one row per server and way."""
    if sys.argv[1:] == ["--instructions"]:
        print(f"{'server':8} {'hooks':10} {'instructions':>13} {'without/with':>13} {'target':>7}")
        with tempfile.TemporaryDirectory() as folder:
            for server in Server:
                counts = by_instructions(server, Path(folder))
                for way, count in counts.items():
                    target = f"{TARGETS[way]:7.2f}" if way else ""
                    print(
                        f"{server:8} {way or 'without':10} {count:13,.0f} {counts[''] / count:13.3f} {target}",
                        flush=True,
                    )
        return
    os.sched_setaffinity(0, {twins.CLIENT_CPU})  # the viewer is in this process
    print(f"{'server':8} {'hooks':10} {'answers/s, with/without':>24} {'per CPU second':>20} {'target':>7}")
    for server in Server:
        for way, rates in by_turns(server).items():
            wall, cpu = twins.told([one.wall for one in rates]), twins.told([one.cpu for one in rates])
            print(f"{server:8} {way:10} {wall:>24} {cpu:>20} {TARGETS[way]:7.2f}", flush=True)


if __name__ == "__main__":
    main()
