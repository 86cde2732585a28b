"""The kit against many versions: `make matrix`, or with `ARGS=--short` against the oldest and the newest of each kind.

Prints the table of README.md; exit code 1 when a cell fails.

For each Tornado, its own functions are given the vectors. For each aiohttp, the face's tests run in it. For each
Python, the vectors. An interpreter or a release that cannot be had is left out, and the table says so. Environments
are made in a folder that is thrown away; packages come from the index that pip is set up for.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TESTS = ROOT.parent / "tests" / "kit"
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
TORNADOS = {"6.1": "3.9", "6.2": "3.10", "6.3.3": "3.11", "6.4.2": "3.11", "6.5.2": "3.12", "6.6.1": "3.13"}
AIOHTTPS = {
    "3.9.5": "3.9",
    "3.10.11": "3.10",
    "3.11.18": "3.11",
    "3.12.15": "3.12",
    "3.13.2": "3.13",
    "3.14.5": "3.13",
}
BESIDE = {"3.9.5": ["yarl<1.12"]}  # a newer one has no sub-applications on this aiohttp
TIMEOUT_S = 300


def interpreter(version: str) -> str | None:
    """Return an interpreter of this version: on the path, or one that pyenv has."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(pyenv[-1]) if pyenv else shutil.which(f"python{version}")


def run(command: list[str], **options: object) -> tuple[bool, str]:
    """Run a command; return whether it went well, and its last line."""
    done = subprocess.run(  # noqa: S603  # commands of this file
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        **options,  # type: ignore[call-overload]
    )
    lines = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    return done.returncode == 0, lines[-1]


def environment(folder: Path, python: str, packages: list[str]) -> tuple[str | None, str]:
    """Make an environment with these packages; return its interpreter, or None and why not."""
    made, said = run([python, "-m", "venv", str(folder)])
    own = str(folder / "bin" / "python")
    if made:
        made, said = run([own, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *packages])
    return (own, "") if made else (None, said)


def against_tornado(folder: Path, version: str, python: str) -> tuple[bool | None, str]:
    """Give Tornado's own functions the vectors."""
    own, why = environment(folder, python, [f"tornado=={version}"])
    if own is None:
        return None, why
    return run([own, str(ROOT / "vectors" / "against_tornado.py")])


def against_aiohttp(folder: Path, version: str, python: str) -> tuple[bool | None, str]:
    """Run the face's own tests."""
    own, why = environment(
        folder, python, [f"aiohttp=={version}", *BESIDE.get(version, []), "pytest", "pytest-aiohttp"]
    )
    if own is None:
        return None, why
    files = [str(TESTS / name) for name in ("test_aiohttp_face.py", "test_cookie_kit.py")]
    command = [
        own,
        "-m",
        "pytest",
        "-q",
        "--noconftest",
        "-c",
        "/dev/null",
        "-o",
        "asyncio_mode=auto",
        "-p",
        "no:cacheprovider",
    ]
    return run(
        [*command, "--rootdir", str(folder), *files], env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    )


def ends(cells: list[tuple[str, str, str]], what: str) -> list[tuple[str, str, str]]:
    """The oldest and the newest cell of one kind whose interpreters are here."""
    here = [cell for cell in cells if cell[0] == what and interpreter(cell[2])]
    return here[:1] + here[1:][-1:]


def main() -> int:
    """Print the table."""
    failed = 0
    print("| what | version | Python | result |\n|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as name:
        cells = [("vectors", version, version) for version in PYTHONS]
        cells += [("Tornado", *pair) for pair in TORNADOS.items()]
        cells += [("aiohttp", *pair) for pair in AIOHTTPS.items()]
        if "--short" in sys.argv[1:]:
            cells = [one for what in ("vectors", "Tornado", "aiohttp") for one in ends(cells, what)]
        for what, version, on in cells:
            python = interpreter(on)
            if python is None:
                passed, said = None, "no such interpreter was at hand"
            elif what == "vectors":
                passed, said = run([python, str(ROOT / "vectors" / "run.py")])
            else:
                check = against_tornado if what == "Tornado" else against_aiohttp
                passed, said = check(Path(name) / f"{what}-{version}", version, python)
            failed += passed is False
            word = {True: "passes", False: "FAILS", None: "left out"}[passed]
            print(f"| {what} | {version} | {on} | {word}: {said.strip('= ')} |", flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
