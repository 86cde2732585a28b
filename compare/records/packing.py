"""The raw stamps of one measurement, and how they become one small array of whole microseconds.

The array is int32, five rows by one column per request: the step of `intended_s` from the request before,
sent - intended, done - intended, the status, `io_s`; times in microseconds, the smallest int32 for NaN. Steps and
differences are small numbers, which is what lets LZMA keep a request in five bytes. Arrays are members of samples.npz,
named by their keys; beyond `SHARD_BYTES` or `SHARD_ARRAYS` samples-2.npz follows, and so on.
"""

import enum
import hashlib
import io
import itertools
import os
import zipfile
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.int32]]

# Only the last file is written again for each cell, so these bound what keeping one costs.
SHARD_BYTES, SHARD_ARRAYS = 4 << 20, 600
_NAN = np.iinfo(np.int32).min


class SampleStatus(enum.IntEnum):
    """What became of a request that got no HTTP status; a positive `status` is the HTTP status itself."""

    UNANSWERED = 0  # still waiting when the run ended: right-censored
    REFUSED = -1  # the connection was refused
    RESET = -2  # the connection broke before the answer was complete
    MALFORMED = -3  # what came back is no HTTP
    UNSENT = -4  # due, but never sent: no connection was free (open loop), right-censored


class Samples(msgspec.Struct, frozen=True):
    """One row per request, in order of the intended send; failures included, nothing dropped.

    Requests are those intended in the window, and those intended before it (`intended_s` below 0) that were not yet
    answered when it opened: without the latter, neither what completed in the window nor what was in flight is known.

    All arrays have one length. Times are seconds on one monotonic clock, 0 = start of the measured window.
    `done_s` is NaN while unanswered, `sent_s` NaN when never sent. `io_s` is what the server said in
    `Server-Timing`, NaN without it. `end_s` is when the generator stopped waiting: the censoring time.
    """

    intended_s: NDArray[np.float64]
    sent_s: NDArray[np.float64]
    done_s: NDArray[np.float64]
    status: NDArray[np.int16]
    io_s: NDArray[np.float32]
    window_s: float
    end_s: float


class Stamps(msgspec.Struct, frozen=True):
    """Which array a `Samples` became, by the digest that is its key, and what of it is no array."""

    key: str
    window_s: float
    end_s: float


def pack(samples: Samples) -> tuple[Stamps, NDArray[np.int32]]:
    """Return `samples` as an array, rounded to microseconds. No difference may exceed 35 minutes."""
    intended, sent, done, io_s = (
        np.rint(seconds.astype(np.float64) * 1e6)
        for seconds in (samples.intended_s, samples.sent_s, samples.done_s, samples.io_s)
    )
    rows = np.stack([np.diff(intended, prepend=0.0), sent - intended, done - intended, samples.status, io_s])
    array = np.where(np.isnan(rows), _NAN, np.nan_to_num(rows)).astype(np.int32)
    return Stamps(_key(array), samples.window_s, samples.end_s), array


def unpack(stamps: Stamps, array: NDArray[np.int32]) -> Samples:
    """Return what was packed; raises ValueError when the array is not the one that `stamps` is of."""
    if _key(array) != stamps.key:
        raise ValueError("the array is not the one that was kept")
    step, sent, done, _, io_s = np.where(array == _NAN, np.nan, array)
    intended = np.cumsum(step)
    return Samples(
        intended_s=intended / 1e6,
        sent_s=(intended + sent) / 1e6,
        done_s=(intended + done) / 1e6,
        status=array[3].astype(np.int16),
        io_s=(io_s / 1e6).astype(np.float32),
        window_s=stamps.window_s,
        end_s=stamps.end_s,
    )


def _key(array: NDArray[np.int32]) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()[:32]


def _shards(folder: Path) -> list[Path]:
    """Return the files of samples there are, in the order in which they were filled."""
    names = (
        folder / (f"samples-{number}.npz" if number > 1 else "samples.npz") for number in itertools.count(1)
    )
    return list(itertools.takewhile(Path.exists, names))


def load(folder: Path) -> Arrays:
    """Return every array kept in `folder`, by its key."""
    arrays: Arrays = {}
    for shard in _shards(folder):
        # numpy leaves a damaged file open when it is given the path
        with shard.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays |= dict(kept)
    return arrays


def add(arrays: Arrays, folder: Path) -> None:
    """Add `arrays`, by their keys, to the last file of `folder`, or to a new one when that is full.

    Those it already has stay as they are. Raises OSError when it cannot be written.
    """
    if not arrays:
        return
    shards = _shards(folder)
    content = shards[-1].read_bytes() if shards else b""
    grown = _grown(content, arrays)
    if shards and grown is None:
        shards.append(folder / f"samples-{len(shards) + 1}.npz")
        grown = _grown(b"", arrays)
    write_whole(shards[-1] if shards else folder / "samples.npz", grown or b"")


def _grown(content: bytes, arrays: Arrays) -> bytes | None:
    """Return the archive with `arrays` added, None when it is full."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_LZMA) as archive:
        there = {name.removesuffix(".npy") for name in archive.namelist()}
        if len(content) > SHARD_BYTES or len(there) > SHARD_ARRAYS:
            return None
        for name in (name for name in arrays if name not in there):
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, arrays[name], allow_pickle=False)
    return file.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, whole or not at all, also when the power fails."""
    written = path.with_name(f".{path.name}.new")
    with written.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
