"""Make a run light enough to commit: keep run.json, summary.md and the charts as PNG of 256 colours.

    python -m benchmarks.light_run RUN [--keep-samples]

`compare report RUN` draws all of it again while the samples are there; without them it says that it cannot.
"""

import argparse
from pathlib import Path

from PIL import Image

KEPT = {"run.json", "summary.md"}


def lighten(folder: Path, *, keep_samples: bool) -> None:
    """Delete what `compare report` can write again, and the samples unless they are to stay; shrink the charts."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".png":
            shrink(path)
        elif path.name not in KEPT and not (keep_samples and path.suffix == ".npz"):
            path.unlink()


def shrink(chart: Path) -> None:
    """Reduce a chart to 256 colours: lines and letters look the same, at a third of the bytes."""
    with Image.open(chart) as image:
        reduced = image.convert("RGB").quantize(
            256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    reduced.save(chart, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--keep-samples", action="store_true", help="keep samples*.npz too")
    given = parser.parse_args()
    lighten(given.run, keep_samples=given.keep_samples)
