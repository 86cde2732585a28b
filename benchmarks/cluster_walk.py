"""The walk-through of docs/cluster.md on this machine: three network namespaces stand for three machines.

    python -m benchmarks.cluster_walk VENV VENV VENV        as root; each VENV holds the extras bench and cluster

Every machine has an address, a folder and an environment of its own. All share this machine's CPUs, so the figures
compare nothing: what is shown is that the commands do what the page says.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from compare.network.hosts import Host, network

PORT = 8786
BENCH = "compare bench --paradigm native --paradigm callback --concurrency 10 --duration 0.5 --rounds 6"


def main(environments: list[str]) -> None:
    """Run the walk-through and print commands and output as the page has them."""
    with network() as made, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        machines = [made.add() for _ in environments]
        hub = Path(environments[0]).absolute() / "bin" / "compare"
        certs = Path(folder) / "certs"
        say(made.hub, [str(hub), "cluster", "certs", str(certs)], folder)
        where = f"tls://{made.hub.address}:{PORT}"
        listen = ["--host", made.hub.address, "--certs", str(certs)]
        running.enter_context(started(made.hub, [str(hub), "cluster", "scheduler", *listen], folder))
        for number, (machine, environment) in enumerate(zip(machines, environments, strict=True), 1):
            own = Path(folder) / f"m{number}"
            shutil.copytree(certs, own / "certs")
            program = str(Path(environment).absolute() / "bin" / "compare")
            words = [program, "cluster", "worker", where, "--certs", "certs", "--name", f"m{number}"]
            running.enter_context(started(machine, [*words, "--host", machine.address], str(own)))
        waiting = [str(hub.with_name("python")), "-P", "-c", WAIT, where, str(certs), str(len(machines))]
        subprocess.run(made.hub.command(waiting), check=True, cwd=folder)
        say(made.hub, [str(hub), *BENCH.split()[1:], "--cluster", where, "--certs", str(certs)], folder)


WAIT = """
import sys
from pathlib import Path
from compare.engine.cluster import Client, security
with Client(sys.argv[1], security=security(Path(sys.argv[2])), set_as_default=False, timeout=60) as client:
    client.wait_for_workers(int(sys.argv[3]), timeout=120)
"""


@contextlib.contextmanager
def started(host: Host, words: list[str], folder: str) -> Iterator[None]:
    """Run a command on `host` until the block ends."""
    tell(host, words, folder)
    process = subprocess.Popen(host.command(words), cwd=folder, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def say(host: Host, words: list[str], folder: str) -> None:
    """Run a command on `host` and print it with what it says."""
    tell(host, words, folder)
    done = subprocess.run(
        host.command(words),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout.replace(f"{folder}/", "").rstrip() + "\n")
    sys.stdout.flush()
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}")


def tell(host: Host, words: list[str], folder: str) -> None:
    """Print a command as a person types it on that machine."""
    typed = " ".join([Path(words[0]).name, *(word.replace(f"{folder}/", "") for word in words[1:])])
    name = host.name.rpartition("-")[2]
    sys.stdout.write(f"{f'm{int(name) + 1}' if name.isdecimal() else name}$ {typed}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
