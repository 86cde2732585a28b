"""How many requests a second the load generator makes against a static nginx, beside `wrk -t1 -c64`.

nginx runs one worker on CPU 0, wrk and the generator take turns on CPU 1; the first line of each round alternates too.
Needs nginx and wrk. Run: ``python -m benchmarks.generator_vs_wrk``.
"""

import re
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from compare.harness import load
from compare.records import Closed

ROUNDS, SECONDS, CONNECTIONS = 5, 3, 64
LARGE_BYTES = 12_500
SERVER_CPU, CLIENT_CPU = 0, 1
CONFIG = """
worker_processes 1; worker_cpu_affinity 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} backlog=4096; root {folder};
    location / {{ return 200 '{{"pong":true}}'; }} location = /large {{ }}
  }}
}}
"""


@contextmanager
def nginx() -> Iterator[str]:
    """Serve a small answer, and a larger one at /large, on one worker; yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the workers of an nginx that root starts run as somebody else
        Path(folder, "large").write_bytes(bytes(LARGE_BYTES))
        config = Path(folder, "nginx.conf")
        config.write_text(CONFIG.format(folder=folder, port=port))
        # worker_cpu_affinity takes a mask; taskset holds where nginx was built without it, too
        command = ["taskset", "-c", str(SERVER_CPU), tool("nginx"), "-p", folder, "-c", str(config)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            await_listening(port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def await_listening(port: int) -> None:
    """Return when `port` accepts."""
    for _ in range(500):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit("nginx did not start.")


def tool(name: str) -> str:
    """Return where `name` is installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SystemExit(f"{name} is not installed.")
    return path


class Result(NamedTuple):
    """What one run of a tool gave; the CPU seconds are of its whole process."""

    rps: float
    cpu_us_per_request: float


def children_cpu_s() -> float:
    """Return the CPU seconds of all processes started from here that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_wrk(url: str) -> Result:
    """Return requests a second as wrk counts them."""
    before_s = children_cpu_s()
    wrk = ["taskset", "-c", str(CLIENT_CPU), tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    said = subprocess.run(wrk, capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found[0] is None or found[1] is None:
        raise SystemExit(said)
    return Result(float(found[1][1]), (children_cpu_s() - before_s) / int(found[0][1]) * 1e6)


def by_generator(url: str) -> Result:
    """Return requests a second, of those completed in the window."""
    asked = Closed(CONNECTIONS, delay_s=0.0, duration_s=float(SECONDS), warmup_s=0.2)
    result = load.run(url, asked, cpu=CLIENT_CPU)
    samples = result.samples
    done = (samples.status == 200) & (samples.done_s >= 0) & (samples.done_s < samples.window_s)
    rps = float(done.sum()) / samples.window_s
    return Result(rps, result.report.cpu_share / rps * 1e6)


def main() -> None:
    """Print each round, then medians and ratios."""
    tools: dict[str, Callable[[str], Result]] = {"generator": by_generator, "wrk": by_wrk}
    rounds = []
    with nginx() as url:
        for number in range(ROUNDS):
            order = list(tools) if number % 2 else list(tools)[::-1]
            rounds.append({name: tools[name](url) for name in order})
            print(f"round {number + 1}: {line({name: rounds[-1][name] for name in tools})}")
    medians = {
        name: Result(*map(statistics.median, zip(*(one[name] for one in rounds), strict=True)))
        for name in tools
    }
    print(f"median : {line(medians)}")


def line(results: dict[str, Result]) -> str:
    """Return both tools' figures and their ratio in one line."""
    cells = "  ".join(
        f"{name} {one.rps:9,.0f}/s {one.cpu_us_per_request:5.2f} us CPU" for name, one in results.items()
    )
    return f"{cells}  ratio {results['generator'].rps / results['wrk'].rps:.3f}"


if __name__ == "__main__":
    main()
