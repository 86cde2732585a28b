"""Fuzzing with coverage guidance: `.ci/fuzz [SECONDS]`, or `python kit/fuzz/guided.py [SECONDS] [--keep]` with atheris.

atheris has wheels for CPython 3.11 to 3.13 on x86-64 Linux. It begins with the vectors and with `corpus.json`, which
`tests/kit/test_fuzz_corpus.py` replays without it. Ends with exit code 0 when the time is over and nothing was found;
--keep then writes what reached new code, reduced to what is needed for it, to `corpus.json`.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VECTORS, CORPUS = HERE.parent / "vectors", HERE / "corpus.json"
MAX_BYTES = 65536  # what both servers take as headers
sys.path[:0] = [str(HERE), str(HERE.parent)]


def seeds() -> list[bytes]:
    """What it begins with: the vectors, each for its target, and the corpus."""

    def cases(name: str) -> list[dict[str, Any]]:
        return json.loads((VECTORS / f"{name}.json").read_text())["cases"]

    found = [base64.b64decode(text) for text in json.loads(CORPUS.read_text())]
    found += [
        b"\0" + str(case["result"] if case["op"] == "create" else case["value"]).encode()
        for case in cases("signed")
    ]
    for case in cases("xsrf"):
        found.append(b"\1" + str(case.get("text", "")).encode())
        if case["op"] == "origin":
            given = (case["sec_fetch_site"] or "", case["origin"] or "", case["host"])
            found.append(b"\5" + "\n".join(map(str, given)).encode())
    found += [b"\2" + ";".join(case["lines"]).encode() for case in cases("cookie")]
    for case in cases("set-cookie"):
        call = case["call"]
        found.append(b"\3" + str(call["value"]).encode())
        found.append(b"\6" + str(call.get("domain") or call.get("path") or "").encode())
    return found


def fuzz(options: list[str]) -> None:
    """Hand over to libFuzzer, which ends the process."""
    import atheris  # noqa: PLC0415  # only this needs it

    with atheris.instrument_imports(include=["tornado_cookies"]):
        import targets  # noqa: PLC0415
    # Tornado logs each garbled value of format 1; a million of them would be the slowest part.
    logging.getLogger("tornado").setLevel(logging.CRITICAL)
    atheris.Setup([os.environ["FUZZ_AGAIN"], *options], targets.one)
    atheris.Fuzz()


def libfuzzer(folder: str, *options: str) -> int:
    """Run `fuzz` in a process that libFuzzer can start again by one executable's name; return the exit code."""
    again = Path(folder, "again")
    again.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" --libfuzzer "$@"\n')
    again.chmod(0o700)
    return subprocess.run(
        [again, *options], env=os.environ | {"FUZZ_AGAIN": str(again)}, check=False
    ).returncode


def keep(own: str, folder: str) -> None:
    """Write to `corpus.json` the fewest inputs that reach all that those in `folder` reach."""
    with tempfile.TemporaryDirectory() as least:
        if libfuzzer(own, "-merge=1", "-verbosity=0", least, folder):
            sys.exit("libFuzzer could not reduce the corpus.")
        inputs = sorted(path.read_bytes() for path in Path(least).iterdir())
    CORPUS.write_text(json.dumps([base64.b64encode(one).decode() for one in inputs], indent=0) + "\n")
    print(f"{len(inputs)} inputs kept")  # noqa: T201


def main() -> int:
    """Run for so many seconds."""
    if sys.argv[1:2] == ["--libfuzzer"]:
        fuzz(sys.argv[2:])
    words = [word for word in sys.argv[1:] if word != "--keep"]
    with tempfile.TemporaryDirectory() as own, tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            Path(folder, f"seed{number}").write_bytes(data)
        options = [f"-max_total_time={words[0] if words else 60}", f"-max_len={MAX_BYTES}", "-timeout=30"]
        code = libfuzzer(
            own, *options, "-print_final_stats=1", "-artifact_prefix=/tmp/tornado-cookies-", folder
        )
        if "--keep" in sys.argv and code == 0:
            keep(own, folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
