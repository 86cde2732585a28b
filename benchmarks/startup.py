"""How soon the command line answers: CPU seconds of processes that measure nothing, against a target of 0.2 s.

CPU, user and system together, does not depend on what else the machine does as much as the time on a clock does.
Run: ``python -m benchmarks.startup``; exit code 1 when a median misses the target.
"""

import os
import statistics
import subprocess
import sys

TARGET_S, TIMES = 0.2, 15
WITH_BYTECODE = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COMMANDS = (("--help",), ("bench", "--help"), ("bench", "--list"))


def cpu_s(*words: str) -> float:
    """Return the CPU seconds, user and system, of one `compare` with these words."""
    command = [sys.executable, "-P", "-m", "compare", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=WITH_BYTECODE)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"compare {' '.join(words)} ended with exit code {process.returncode}.")
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print one row per command, the commands in turns."""
    found: dict[tuple[str, ...], list[float]] = {words: [] for words in COMMANDS}
    for words in COMMANDS:
        cpu_s(*words)  # bytecode is written and files are cached
    for _ in range(TIMES):
        for words in COMMANDS:
            found[words].append(cpu_s(*words))
    print(f"{'command':22} CPU, median of {TIMES} (least-most)")
    for words, each in found.items():
        print(
            f"compare {' '.join(words):14} {statistics.median(each):.3f} s ({min(each):.3f}-{max(each):.3f})"
        )
    sys.exit(any(statistics.median(each) >= TARGET_S for each in found.values()))


if __name__ == "__main__":
    main()
