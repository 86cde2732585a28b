import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.light_run import lighten

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path) -> Path:
    for name in (
        "run.json",
        "summary.md",
        "summary.csv",
        "report.html",
        "x.svg",
        "samples.npz",
        "samples-2.npz",
    ):
        (tmp_path / name).write_text(name)
    few = np.array([[0, 90, 180], [255, 255, 255], [220, 230, 240]], dtype=np.uint8)
    Image.fromarray(few[np.random.default_rng(1).integers(0, 3, (64, 64))]).save(tmp_path / "x.png")
    return tmp_path


@pytest.mark.parametrize(("keep", "samples"), [(False, set()), (True, {"samples.npz", "samples-2.npz"})])
def test_a_light_run_keeps_what_is_read_and_small_charts(run, keep, samples):
    heavy = (run / "x.png").stat().st_size
    lighten(run, keep_samples=keep)
    assert {path.name for path in run.iterdir()} == {"run.json", "summary.md", "x.png"} | samples
    assert (run / "x.png").stat().st_size < heavy
    with Image.open(run / "x.png") as image:
        assert (image.size, image.mode) == ((64, 64), "P")


def test_the_committed_runs_weigh_less_than_6_mb():
    listed = subprocess.run(["git", "ls-files", "-z", "results"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a checkout: what is committed cannot be asked for")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert 0 < sum(file.stat().st_size for file in files if file.exists()) < 6_000_000
