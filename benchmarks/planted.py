"""What a table of planted faults is; the tables are in `benchmarks/faults_*.py`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A source file, the tests that must notice (files or `file::test`), and the faults as (old text, new text).

    The old text occurs exactly once in the file (`tests/house/test_faults.py`).
    """

    source: str
    tests: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
