"""`compare cluster`: certificates, scheduler and workers of a cluster, each one command to type or to run by ssh."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from compare.commands.usage import ExitCode
from compare.engine import certificates, quiet
from compare.engine.certificates import CertificatesError

PORT = 8786  # dask's own


@click.group()
def command() -> None:
    """Measure on several machines: make certificates, start a scheduler, start a worker on each machine."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
def certs(folder: Path) -> int:
    """Make the certificates of a cluster in FOLDER: copy it to each machine, and keep key.pem secret."""
    try:
        certificates.make(folder)
    except CertificatesError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Made ca.pem, cert.pem and key.pem in {folder}, valid for {certificates.VALID_DAYS} days.")
    return ExitCode.DONE


_certs = click.option(
    "--certs",
    "keys",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder that `compare cluster certs` made.",
)


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@_certs
def scheduler(host: str, port: int, keys: Path) -> None:
    """Run the scheduler; stop it with Ctrl-C. It measures nothing and belongs on a machine that is not measured."""
    _run(
        [
            "scheduler",
            "--host",
            host,
            "--port",
            str(port),
            "--protocol",
            "tls",
            *_tls(keys),
            "--no-dashboard",
        ]
    )


@command.command()
@click.argument("address")
@click.option("--name", help="How reports call this machine (default: its host name).")
@click.option("--host", help="The address of this machine that the scheduler can reach.")
@_certs
def worker(address: str, name: str | None, host: str | None, keys: Path) -> None:
    """Offer this machine to the scheduler at ADDRESS, such as tls://10.0.0.1:8786: one worker, one cell at a time."""
    called = name or os.uname().nodename
    one = ["--nworkers", "1", "--nthreads", "1", "--resources", f"{quiet.MACHINE}=1", "--memory-limit", "0"]
    reached = ["--host", host] if host else []
    ending = ["--name", called, "--no-dashboard", "--death-timeout", "60"]
    _run(["worker", address, *_tls(keys), *one, *reached, *ending])


@command.command()
@click.argument("machines", nargs=-1, required=True)
@click.option(
    "--scheduler", "host", required=True, help="The address of the machine that runs the scheduler."
)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--folder", default="compare", show_default=True, help="The checkout on each machine.")
@click.option("--ssh", "running", is_flag=True, help="Run the commands by ssh in place of printing them.")
@_certs
def up(machines: tuple[str, ...], host: str, port: int, folder: Path, *, running: bool, keys: Path) -> int:
    """Print the commands that start a cluster of MACHINES, one host name each; with --ssh, run them."""
    steps = _steps(machines, host, port, folder, keys)
    if not running:
        for where, words in steps:
            click.echo(f"# on {where}\n{words}")
        return ExitCode.DONE
    started = [
        subprocess.Popen(["ssh", "-o", "BatchMode=yes", where, words])  # noqa: S603, S607  # the person's own machines
        for where, words in steps
        if where != "this machine"
    ]
    try:
        for process in started:
            process.wait()
    except KeyboardInterrupt:
        for process in started:
            process.terminate()
    return ExitCode.DONE


def _steps(
    machines: tuple[str, ...], host: str, port: int, folder: str | Path, certs: Path
) -> list[tuple[str, str]]:
    """Return (machine, command) in the order to run them."""
    inside = f"cd {shlex.quote(str(folder))} && .venv/bin/compare cluster"
    keys = shlex.quote(certs.name)
    workers = [
        (machine, f"{inside} worker tls://{host}:{port} --certs {keys} --name {shlex.quote(machine)}")
        for machine in machines
    ]
    copies = [
        (
            "this machine",
            f"scp -r {shlex.quote(str(certs))} {shlex.quote(machine)}:{shlex.quote(str(folder))}/{keys}",
        )
        for machine in dict.fromkeys((host, *machines))
    ]
    return [
        *copies,
        (host, f"{inside} scheduler --host {host} --port {port} --certs {keys}"),
        *workers,
        (
            "this machine",
            f".venv/bin/compare bench --cluster tls://{host}:{port} --certs {shlex.quote(str(certs))}",
        ),
    ]


def _tls(folder: Path) -> list[str]:
    try:
        certificates.check(folder)
    except CertificatesError as error:
        raise click.ClickException(str(error)) from error
    files = {"ca-file": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
    return [word for option, name in files.items() for word in (f"--tls-{option}", str(folder / name))]


def _run(words: list[str]) -> None:
    """Become dask's own command, quiet."""
    os.execve(sys.executable, [sys.executable, "-P", "-m", "dask", *words], os.environ | quiet.environ())  # noqa: S606
