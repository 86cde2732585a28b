"""What a table of planted faults is; the tables are in `benchmarks/faults_*.py`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A source file, the tests that must notice (files or `file::test`), and the faults as (old text, new text).

    The old text occurs exactly once in the file (`tests/house/test_faults.py`); of a file that does not exist it is "",
    and the new text is the file.
    """

    source: str
    tests: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]

    def text(self, root: Path) -> str:
        """Return the file as it is in the project at `root`, "" where there is none."""
        path = root / self.source
        return path.read_text(encoding="utf-8") if path.exists() else ""
