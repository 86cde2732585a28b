"""Runs that are damaged, forged or no files at all: refused in one sentence, and nothing is touched."""

import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from made import rounds
from msgspec.structs import replace

from compare import records
from compare.records import RecordsError, read, save


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
