"""How a run is kept: run.json for facts, samples.npz for raw stamps.

run.json is `{"schema_version", "sha256", "body": {"run", "stamps", "environments", "places"}}`: the digest is of the
bytes of `body` as they stand in the file. `stamps` has, per measurement, the keys of its samples. `places` has, per
measurement, the index in `environments` of where it was made, null for where the run was. Each key is the digest of an
array in samples.npz, packed as `compare.records.packing` says, so that nothing can be edited, exchanged or lost
unnoticed. A run of an older schema is upgraded as it is read.
"""

import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from compare.errors import CompareError
from compare.late import Late
from compare.records.checked import Count
from compare.records.files import UnfitFileError, open_regular, write_whole
from compare.records.packing import Arrays, Samples, Stamps, add, load, pack, unpack
from compare.records.types import SCHEMA_VERSION, Environment, Measurement, Run
from compare.records.upgrades import STEPS, upgraded

if TYPE_CHECKING:
    import hashlib
    import lzma
    import zipfile
else:
    hashlib, lzma, zipfile = Late("hashlib"), Late("lzma"), Late("zipfile")


class RecordsError(CompareError):
    """A run that cannot be kept or read; one sentence naming the file and what is wrong with it."""


MOST_BYTES = 64 << 20  # of a run.json that is read: 60 times the largest committed one

# An escape in JSON text, and what it may not stand for; and the characters that JSON does not need to escape: C1, which
# terminals obey, and those that turn the direction of what is read.
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")
_CONTROL = re.compile(rb"\\(?:[bfnrt]|u(?:00[01]|007[fF]|00[89]|202[89a-eA-E]|206[6-9]).*)")

_Pair = tuple[Stamps | None, Stamps | None]  # of the load and of the bystander


class _Body(msgspec.Struct, frozen=True):
    run: Run  # its measurements without samples and environments
    stamps: tuple[_Pair, ...]
    environments: tuple[Environment, ...] = ()
    places: tuple[Count | None, ...] = ()


class _Names(msgspec.Struct, frozen=True):
    name: str
    created: str
    command: str


class _KeptBody(msgspec.Struct, frozen=True):
    """What of a body tells whose it is and what it already has; the rest is skipped, which is much faster."""

    run: _Names
    stamps: tuple[_Pair, ...]


_AnyBody = TypeVar("_AnyBody", _Body, _KeptBody)


class _Version(msgspec.Struct, frozen=True):
    schema_version: int


class _Document(msgspec.Struct, frozen=True):
    schema_version: int
    sha256: str
    body: msgspec.Raw


class Keeper:
    """Keeps a growing run: what it has written itself it neither packs nor reads again."""

    def __init__(self) -> None:
        self._kept: _KeptBody | None = None
        self._written: tuple[int, ...] | None = None

    def save(self, run: Run, folder: Path) -> None:
        """Keep `run`, which may have grown since it was last saved there, in `folder`.

        Samples kept before are not packed again. Each file is replaced as a whole, samples first: killed at any moment,
        the folder holds the run as it was or as it is. Raises RecordsError when it cannot be written, or holds another
        run, which is not touched.
        """
        before = _stamps_of(run, self._known(folder), folder)
        new: Arrays = {}
        stamps = [
            (_packed(one.samples, new), _packed(one.bystander, new))
            for one in run.measurements[len(before) :]
        ]
        every = (*before, *stamps)
        try:
            add(new, folder)
            write_whole(folder / "run.json", _document(run, every))
        except _damaged() as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RecordsError(f"Cannot keep the run in {folder}: {reason}.") from error
        self._kept, self._written = _KeptBody(_names(run), every), _state(folder)

    def _known(self, folder: Path) -> _KeptBody | None:
        """Return what `folder` holds, None when it holds no run; it is read unless it is as it was left."""
        state = _state(folder)
        if state is None:
            return None
        return self._kept if self._kept and state == self._written else _read_body(folder, _KeptBody)


def save(run: Run, folder: Path) -> None:
    """Keep `run` in `folder`, as a new `Keeper` does."""
    Keeper().save(run, folder)


def _state(folder: Path) -> tuple[int, ...] | None:
    """Return what tells whether run.json was replaced or changed, None where there is none."""
    try:
        found = (folder / "run.json").stat(follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _damaged() -> tuple[type[Exception], ...]:
    """Return how zipfile, numpy and the decompressor say that a file is damaged."""
    said = (struct.error, zlib.error, zipfile.BadZipFile, lzma.LZMAError, MemoryError)
    return (
        OSError,
        ValueError,
        EOFError,
        RuntimeError,
        *said,
    )  # RuntimeError: encrypted, or packed in another way


def read(folder: Path) -> Run:
    """Return the run kept in `folder`, samples included, to the microsecond.

    A run whose samples were all left out has the numbers that were kept of them (`Measurement.figures`). Raises
    RecordsError when there is no run, it is of a newer schema, was truncated or edited, or misses some samples, or a
    file is a link, a pipe or larger than any run. A control character in it is shown as its escape.
    """
    body = _read_body(folder, _Body)
    keys = [stamps.key for pair in body.stamps for stamps in pair if stamps is not None]
    try:
        if keys and _left_out(folder):
            return _light(body, folder)
        arrays = load(folder, keys)
        measurements = tuple(
            msgspec.structs.replace(one, samples=_unpacked(load, arrays), bystander=_unpacked(ping, arrays))
            for one, (load, ping) in zip(_placed(body), body.stamps, strict=True)
        )
    except KeyError as error:
        raise RecordsError(f"{folder}: samples that run.json names are missing from samples.npz.") from error
    except UnfitFileError as error:
        raise RecordsError(f"{folder}: samples.npz cannot be read: it {error}.") from error
    except _damaged() as error:
        raise RecordsError(f"{folder}: samples.npz is damaged ({error}).") from error
    return msgspec.structs.replace(body.run, measurements=measurements)


def _left_out(folder: Path) -> bool:
    return not any(folder.glob("samples*.npz"))


def _light(body: _Body, folder: Path) -> Run:
    """Return a run without its samples; raises RecordsError when it has no other numbers."""
    measurements = _placed(body)
    told = zip(measurements, body.stamps, strict=True)
    if any(stamps is not None and one.figures is None for one, (stamps, _) in told):
        raise RecordsError(
            f"{folder} is without its samples (samples.npz was left out), so none of its charts, tables and "
            "reports can be drawn again; summary.md holds its figures."
        )
    return msgspec.structs.replace(body.run, measurements=measurements)


def _placed(body: _Body) -> tuple[Measurement, ...]:
    """Return the measurements with the environments they were made in."""
    if any(place is not None and place >= len(body.environments) for place in body.places):
        raise RecordsError("run.json names an environment that it does not hold.")
    return tuple(
        msgspec.structs.replace(
            one, environment=body.run.environment if place is None else body.environments[place]
        )
        for one, place in zip(body.run.measurements, body.places, strict=True)
    )


def _names(run: Run) -> _Names:
    return _Names(run.name, run.created, run.command)


def _stamps_of(run: Run, kept: _KeptBody | None, folder: Path) -> tuple[_Pair, ...]:
    """Return the stamps that are kept of this run; raises RecordsError when another is kept."""
    if kept is None:
        return ()
    if kept.run != _names(run) or len(kept.stamps) > len(run.measurements):
        raise RecordsError(f"{folder} holds another run, {kept.run.name}; it was not overwritten.")
    return kept.stamps


def _read_body(folder: Path, kind: type[_AnyBody]) -> _AnyBody:
    path = folder / "run.json"
    try:
        with open_regular(path, MOST_BYTES) as file:
            text = file.read()
        version = msgspec.json.decode(text, type=_Version).schema_version
        if version != SCHEMA_VERSION and version not in STEPS:
            raise RecordsError(f"{path} is of schema version {version}; this program reads {SCHEMA_VERSION}.")
        document = msgspec.json.decode(text, type=_Document)
        if hashlib.sha256(document.body).hexdigest() != document.sha256:
            raise RecordsError(f"{path} was edited: its checksum does not match.")
        plain = _ESCAPE.sub(_shown, bytes(document.body))
        if version == SCHEMA_VERSION:
            return msgspec.json.decode(plain, type=kind)
        old = msgspec.json.decode(plain, type=dict)
        return msgspec.convert(upgraded(old, version, SCHEMA_VERSION), type=kind)
    except OSError as error:
        raise RecordsError(f"{folder} holds no run: run.json cannot be read ({error.strerror}).") from error
    except UnfitFileError as error:
        raise RecordsError(f"{path} {error}.") from error
    except RecursionError as error:
        raise RecordsError(f"{path} is not a record of a run: it is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise RecordsError(f"{path} is truncated or not a record of a run ({error}).") from error


def _shown(found: re.Match[bytes]) -> bytes:
    """Return an escape of JSON as it is, one of a control character with its backslash escaped: it is then shown."""
    text = found[0]
    if not text.startswith(b"\\"):
        return b"\\\\u%04x" % ord(text.decode())
    return b"\\" + text if _CONTROL.fullmatch(text) else text


def _document(run: Run, stamps: tuple[_Pair, ...]) -> bytes:
    elsewhere = _elsewhere(run)
    places = tuple(
        elsewhere.index(w) if (w := one.environment) in elsewhere else None for one in run.measurements
    )
    bare = tuple(
        msgspec.structs.replace(one, samples=None, bystander=None, environment=None)
        for one in run.measurements
    )
    whole = msgspec.structs.replace(run, measurements=bare)
    body = msgspec.json.encode(_Body(whole, stamps, elsewhere, places))
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.json.encode(_Document(SCHEMA_VERSION, digest, msgspec.Raw(body)))


def _elsewhere(run: Run) -> tuple[Environment, ...]:
    """Return the environments of measurements that were not made where the run was, each once."""
    others: list[Environment] = []
    for one in run.measurements:
        known = one.environment is None or one.environment == run.environment
        if one.environment is not None and not known and one.environment not in others:
            others.append(one.environment)
    return tuple(others)


def _packed(samples: Samples | None, arrays: Arrays) -> Stamps | None:
    if samples is None:
        return None
    stamps, arrays[stamps.key] = pack(samples)
    return stamps


def _unpacked(stamps: Stamps | None, arrays: Arrays) -> Samples | None:
    return unpack(stamps, arrays[stamps.key]) if stamps is not None else None
