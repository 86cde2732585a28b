import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made import ENVIRONMENT, measurement, rounds, run, samples
from msgspec.structs import replace

import compare.records.packing
from compare import records
from compare.records import Keeper, Orphans, RecordsError, read, save


def same(ours, theirs):
    """Whether two runs are equal, samples to the microsecond."""
    assert len(ours.measurements) == len(theirs.measurements)
    for one, other in zip(ours.measurements, theirs.measurements, strict=True):
        assert replace(one, samples=None, bystander=None) == replace(other, samples=None, bystander=None)
        for mine, its in ((one.samples, other.samples), (one.bystander, other.bystander)):
            assert (mine is None) == (its is None)
            if mine is not None:
                assert np.allclose(mine.done_s, its.done_s, rtol=0, atol=6e-7, equal_nan=True)
    return replace(ours, measurements=()) == replace(theirs, measurements=())


def test_a_run_comes_back_as_it_was(kept):
    made, folder = kept
    assert same(read(folder), made)


def test_a_failed_cell_keeps_its_reason_and_needs_no_samples(tmp_path):
    made = run([replace(measurement(), samples=None, failure="It died.", finding=Orphans(((0.5, 3),)))])
    save(made, tmp_path)
    assert read(tmp_path) == made
    assert not (tmp_path / "samples.npz").exists()


def test_a_run_without_measurements_comes_back(tmp_path):
    save(run([]), tmp_path)
    assert read(tmp_path) == run([])


def test_a_growing_run_is_kept_after_every_cell(tmp_path):
    made = run(rounds(4))
    for count in range(1, 5):
        so_far = replace(made, measurements=made.measurements[:count])
        save(so_far, tmp_path)
        assert same(read(tmp_path), so_far)


def test_samples_kept_before_are_not_packed_again(kept, monkeypatch):
    made, folder = kept
    packed, pack = [], records.store.pack
    monkeypatch.setattr(records.store, "pack", lambda stamps: packed.append(stamps) or pack(stamps))
    grown = replace(made, measurements=(*made.measurements, *rounds(4)[3:]))
    save(grown, folder)
    assert len(packed) == 2  # the load and the bystander of the new one
    assert same(read(folder), grown)


def test_what_is_said_of_an_earlier_cell_may_change(kept):
    made, folder = kept
    marked = replace(made, measurements=(replace(made.measurements[0], rerun=True), *made.measurements[1:]))
    save(marked, folder)
    assert same(read(folder), marked)


@pytest.mark.parametrize("bound", [{"SHARD_BYTES": 500}, {"SHARD_ARRAYS": 2}])
def test_beyond_a_size_samples_go_on_in_another_file(tmp_path, monkeypatch, bound):
    for name, value in bound.items():
        monkeypatch.setattr(compare.records.packing, name, value)
    made = run(rounds(4))
    for count in range(1, 5):
        save(replace(made, measurements=made.measurements[:count]), tmp_path)
    assert (tmp_path / "samples-2.npz").exists()
    assert same(read(tmp_path), made)


def test_keeping_one_more_cell_writes_the_last_file_of_samples_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(compare.records.packing, "SHARD_ARRAYS", 2)
    made = run(rounds(4))
    for count in range(1, 4):
        save(replace(made, measurements=made.measurements[:count]), tmp_path)
    before = {path.name: path.stat().st_ino for path in tmp_path.glob("samples*.npz")}
    save(made, tmp_path)
    after = {path.name: path.stat().st_ino for path in tmp_path.glob("samples*.npz")}
    assert len({*after.items()} - {*before.items()}) == 1
    assert len(after) > 1


def test_a_keeper_does_not_read_what_it_wrote_itself(tmp_path, monkeypatch):
    made, keeper = run(rounds(3)), Keeper()
    keeper.save(replace(made, measurements=made.measurements[:1]), tmp_path)
    monkeypatch.setattr(records.store, "_read_body", lambda *_: pytest.fail("it was read again"))
    keeper.save(made, tmp_path)
    monkeypatch.undo()
    assert same(read(tmp_path), made)


def test_a_keeper_notices_that_somebody_else_wrote_there(tmp_path):
    made, keeper = run(rounds(2)), Keeper()
    keeper.save(made, tmp_path)
    (tmp_path / "run.json").unlink()
    save(replace(made, created="2026-01-01"), tmp_path)
    with pytest.raises(RecordsError, match="another run, made; it was not overwritten"):
        keeper.save(made, tmp_path)


def test_numpy_alone_opens_the_samples(kept):
    _, folder = kept
    with np.load(folder / "samples.npz") as arrays:
        assert all(arrays[name].dtype == np.int32 and arrays[name].shape[0] == 5 for name in arrays.files)


def test_no_temporary_file_stays(kept):
    _, folder = kept
    assert sorted(path.name for path in folder.iterdir()) == ["run.json", "samples.npz"]


def test_another_run_is_not_overwritten(kept):
    made, folder = kept
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for other in (replace(made, created="2026-01-01"), replace(made, measurements=made.measurements[:1])):
        with pytest.raises(RecordsError, match="another run, made; it was not overwritten"):
            save(other, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_damaged_run_is_not_overwritten(kept):
    made, folder = kept
    (folder / "run.json").write_bytes(b"{")
    with pytest.raises(RecordsError):
        save(made, folder)
    assert (folder / "run.json").read_bytes() == b"{"


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(RecordsError, match=r"Cannot keep the run in .*: No such file"):
        save(run(rounds(1)), tmp_path / "absent")


SAVER = """
import os, sys
from pathlib import Path
from msgspec.structs import replace
from compare.records import read, save
whole, folder = read(Path(sys.argv[1])), Path(sys.argv[2])
for count in range(1, len(whole.measurements) + 1):
    save(replace(whole, measurements=whole.measurements[:count]), folder)
    os.write(1, b"x")
"""


def test_killed_at_any_moment_the_folder_holds_a_whole_run(tmp_path):
    whole, growing = tmp_path / "whole", tmp_path / "growing"
    for folder in (whole, growing):
        folder.mkdir()
    save(run(rounds(40)), whole)
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", SAVER, str(whole), str(growing)], stdout=subprocess.PIPE, cwd=root
    ) as process:
        process.stdout.read(9)
        process.send_signal(signal.SIGKILL)
    assert len(read(growing).measurements) >= 9


def test_killed_between_the_two_files_the_run_is_as_it_was(kept, tmp_path_factory, monkeypatch):
    made, folder = kept
    only_samples = tmp_path_factory.mktemp("later")
    shutil.copytree(folder, only_samples, dirs_exist_ok=True)
    grown = replace(made, measurements=(*made.measurements, *rounds(4)[3:]))
    save(grown, only_samples)
    shutil.copy(only_samples / "samples.npz", folder)
    assert same(read(folder), made)
    save(grown, folder)
    assert same(read(folder), grown)


def test_a_request_takes_about_six_bytes_so_a_default_run_of_300000_stays_far_below_5_mb(tmp_path):
    rng, count = np.random.default_rng(0), 20_000
    done = rng.uniform(0, 1, count).cumsum() / count * 2 + rng.exponential(0.02, count)
    rows = [
        (start, start + lag, end + 0.1, 200, round(0.1 + lag, 4))
        for start, lag, end in zip(np.arange(count) / count, rng.exponential(3e-5, count), done, strict=True)
    ]
    save(run([measurement(stamps=samples(rows))]), tmp_path)
    assert (tmp_path / "samples.npz").stat().st_size < 6.5 * count


def test_a_cell_takes_less_than_a_page_of_json(tmp_path):
    save(run([replace(one, samples=None) for one in rounds(72)]), tmp_path)
    assert (tmp_path / "run.json").stat().st_size < 72 * 1500


def test_the_environment_is_part_of_the_record(kept):
    _, folder = kept
    assert read(folder).environment == ENVIRONMENT
