import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from made import ENVIRONMENT, answered, cell, closed_loop, measurement, run, samples
from msgspec.structs import replace

import compare.records.packing
from compare import records
from compare.records import Orphans, RecordsError, read, save


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


def rounds(count: int):
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    return [
        measurement(cell(round_=number), closed_loop(3, 0.1 + number / 1000), bystander=pings)
        for number in range(count)
    ]


@pytest.fixture
def kept(tmp_path):
    made = run(rounds(3), planned=5)
    save(made, tmp_path)
    return made, tmp_path


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


def edit(folder: Path, change) -> None:
    path = folder / "run.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, separators=(",", ":")))


def cut(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "samples.npz", "w"):
        pass


def other_samples(folder: Path) -> None:
    """Exchange two arrays: each is whole, but neither is the one that was measured."""
    with np.load(folder / "samples.npz") as arrays:
        found = dict(arrays)
    names = list(found)
    np.savez(
        folder / "samples.npz", **{names[0]: found[names[1]], **{name: found[name] for name in names[1:]}}
    )


DAMAGES = {
    "no run.json": (lambda folder: (folder / "run.json").unlink(), "holds no run"),
    "truncated run.json": (lambda folder: cut(folder, "run.json"), "truncated or not a record"),
    "empty run.json": (lambda folder: (folder / "run.json").write_bytes(b""), "truncated or not a record"),
    "no JSON": (
        lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe\x00"),
        "truncated or not a record",
    ),
    "JSON of something else": (
        lambda folder: (folder / "run.json").write_text('{"a": 1}'),
        "truncated or not a record",
    ),
    "newer schema": (
        lambda folder: edit(folder, lambda d: d.update(schema_version=3)),
        "of schema version 3; .* reads 2",
    ),
    "an edited number": (
        lambda folder: edit(folder, lambda d: d["body"]["run"].update(seed=7)),
        "was edited",
    ),
    "an edited digest": (lambda folder: edit(folder, lambda d: d.update(sha256="0" * 64)), "was edited"),
    "missing samples.npz": (
        lambda folder: (folder / "samples.npz").unlink(),
        "without its samples .* can be drawn again",
    ),
    "missing member": (empty_archive, "are missing"),
    "truncated samples.npz": (lambda folder: cut(folder, "samples.npz"), "is damaged"),
    "edited samples": (other_samples, "is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_whole_is_refused_in_one_sentence_and_nothing_is_touched(kept, damage):
    _, folder = kept
    harm, sentence = DAMAGES[damage]
    harm(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RecordsError, match=sentence) as caught:
        read(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


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


def sealed(folder: Path, change) -> None:
    """Change the body of run.json as a forger would, who can make a checksum too."""
    path = folder / "run.json"
    document = json.loads(path.read_text())
    change(document["body"])
    body = json.dumps(document["body"], separators=(",", ":")).replace('"DEEP"', DEEP)
    digest = hashlib.sha256(body.encode()).hexdigest()
    version = records.SCHEMA_VERSION
    path.write_text(f'{{"schema_version":{version},"sha256":"{digest}","body":{body}}}')


def of_first(*path: str, value):
    """Return what sets a field of the first measurement."""

    def change(body) -> None:
        at = body["run"]["measurements"][0]
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value

    return change


DEPTH = 1_000_000  # from Python 3.14 on the size of the stack is the limit, no number of calls
DEEP = "[" * DEPTH + "]" * DEPTH


FORGED = {
    "concurrency 0": of_first("cell", "load", "concurrency", value=0),
    "rate 0": of_first("cell", "load", value={"loop": "open", "concurrency": 1, "rate_rps": 0}),
    "endless rate": of_first("cell", "load", value={"loop": "open", "concurrency": 1, "rate_rps": 1e300}),
    "window 0": of_first("cell", "load", "duration_s", value=0),
    "negative wait": of_first("cell", "load", "delay_s", value=-1),
    "negative threads": of_first("cell", "contestant", "threads", value=-5),
    "usage of no time": of_first("usage", "window_s", value=0),
    "negative memory": of_first("usage", "rss_peak_bytes", value=-1),
    "samples of no time": lambda body: body["stamps"][0][0].update(window_s=0),
    "a seed without end": lambda body: body["run"].update(seed=10**400),
    "nested JSON": lambda body: body["run"].update(more="DEEP"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_record_of_what_cannot_be_is_one_sentence(kept, forged):
    _, folder = kept
    sealed(folder, FORGED[forged])
    with pytest.raises(RecordsError, match="not a record of a run") as caught:
        read(folder)
    assert "\n" not in str(caught.value)


CONTROLS = "a\x1b]0;title\x07\nb\x7f\x9b1m\u202e"


def test_control_characters_are_shown_and_not_obeyed(kept):
    _, folder = kept
    sealed(folder, lambda body: body["run"].update(command=CONTROLS, created="a\\nb"))
    assert read(folder).command == r"a\u001b]0;title\u0007\nb\u007f\u009b1m\u202e"
    assert read(folder).created == r"a\nb"
    sealed(folder, of_first("cell", "contestant", "server", value=CONTROLS))
    with pytest.raises(RecordsError) as caught:
        read(folder)
    assert str(caught.value).isprintable()


def unlike_any_file(path: Path, kind: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        other = path.with_name("elsewhere")
        other.write_bytes(content)
        path.symlink_to(other)


@pytest.mark.parametrize("name", ["run.json", "samples.npz"])
@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_links_pipes_and_devices_are_refused_at_once(kept, name, kind):
    _, folder = kept
    unlike_any_file(folder / name, kind)
    with pytest.raises(RecordsError, match="is not a regular file" if kind == "pipe" else "is a link"):
        read(folder)


def test_what_is_larger_than_any_run_is_not_read(kept, monkeypatch):
    _, folder = kept
    monkeypatch.setattr(records.store, "MOST_BYTES", 100)
    with pytest.raises(RecordsError, match="more than the 100 that are read"):
        read(folder)


def test_what_is_written_follows_no_link_that_was_laid_there(kept, tmp_path_factory):
    made, folder = kept
    victim = tmp_path_factory.mktemp("home") / "bashrc"
    victim.write_text("mine")
    for name in (".run.json.new", ".samples.npz.new", ".run.json.part"):
        (folder / name).symlink_to(victim)
    save(replace(made, measurements=(*made.measurements, *rounds(4)[3:])), folder)
    assert victim.read_text() == "mine"
