"""The raw stamps of one measurement, and how they become one small array of whole microseconds.

The array is int32, five rows by one column per request: the step of `intended_s` from the request before,
sent - intended, done - intended, the status, `io_s`; times in microseconds, the smallest int32 for NaN. Steps and
differences are small numbers, which is what lets LZMA keep a request in five bytes. Arrays are members of samples.npz,
named by their keys; beyond `SHARD_BYTES` or `SHARD_ARRAYS` samples-2.npz follows, and so on.
"""

from __future__ import annotations

import enum
import io
import itertools
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import msgspec

from compare.late import Late
from compare.records.files import open_regular, write_whole

if TYPE_CHECKING:
    import hashlib
    import lzma
    import zipfile

    import numpy as np
    from numpy.typing import NDArray
else:
    hashlib, lzma, zipfile, np = Late("hashlib"), Late("lzma"), Late("zipfile"), Late("numpy")

Arrays = dict[str, "NDArray[np.int32]"]

# Only the last file is written again for each cell, so these bound what keeping one costs.
SHARD_BYTES, SHARD_ARRAYS = 1 << 18, 60
# What is read of a run, whose folder may come from a stranger: 15 times the largest committed run, 2 GB unpacked.
MOST_REQUESTS, MOST_SHARD_BYTES = 50_000_000, 1 << 29
# The quickest of LZMA's presets takes a seventh of the time of zipfile's own and 3 to 6 % more room; all are read
# alike. lc, lp and pb suit numbers of four bytes.
_LC, _LP, _PB, _DICT_BYTES = 0, 2, 2, 1 << 18
_PIECE_BYTES = 512  # zipfile unpacks as many bytes of LZMA at once as it is asked for: a bomb's become 4 MB
_ROWS = ("step", "sent", "done", "status", "io_s")
_NAN = -(2**31)  # the smallest int32


class SampleStatus(enum.IntEnum):
    """How a request ended that got no HTTP status; a positive `status` is the HTTP status itself."""

    UNANSWERED = 0  # still waiting when the run ended: right-censored
    REFUSED = -1  # the connection was refused
    RESET = -2  # the connection broke before the answer was complete
    MALFORMED = -3  # what came back is not HTTP
    UNSENT = -4  # due, but never sent: no connection was free (open loop), right-censored


class Samples(msgspec.Struct, frozen=True):
    """One row per request, in order of the intended send; failures included, nothing dropped.

    Requests are those intended in the window, and those intended before it (`intended_s` below 0) that were not yet
    answered when it opened: without the latter, neither what completed in the window nor what was in flight is known.

    All arrays have one length. Times are seconds on one monotonic clock, 0 = start of the measured window.
    `done_s` is NaN while unanswered, `sent_s` NaN when never sent. `io_s` is what the server said in
    `Server-Timing`, NaN without it. `end_s` is when the generator stopped waiting: the censoring time.
    """

    intended_s: np.ndarray[Any, np.dtype[np.float64]]
    sent_s: np.ndarray[Any, np.dtype[np.float64]]
    done_s: np.ndarray[Any, np.dtype[np.float64]]
    status: np.ndarray[Any, np.dtype[np.int16]]
    io_s: np.ndarray[Any, np.dtype[np.float32]]
    window_s: float
    end_s: float


class Stamps(msgspec.Struct, frozen=True):
    """Reference to a packed array, by the digest that is its key, and the scalar fields of its `Samples`."""

    key: str
    window_s: Annotated[float, msgspec.Meta(gt=0, le=1e9)]
    end_s: Annotated[float, msgspec.Meta(ge=0, le=1e9)]


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
    if (array[[0, 3]] == _NAN).any() or (array[3] != array[3].astype(np.int16)).any():
        raise ValueError("a request without the time it was due or without a status")
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


def as_kept(samples: Samples) -> Samples:
    """Return `samples` as they will be read again: to the microsecond."""
    return unpack(*pack(samples))


def _key(array: NDArray[np.int32]) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()[:32]


def _shards(folder: Path) -> list[Path]:
    """Return the files of samples there are, in the order in which they were filled."""
    names = (
        folder / (f"samples-{number}.npz" if number > 1 else "samples.npz") for number in itertools.count(1)
    )
    return list(itertools.takewhile(Path.exists, names))


def load(folder: Path, keys: Sequence[str]) -> Arrays:
    """Return the arrays kept in `folder` under `keys`, which may name one several times; no other is read.

    Sizes are checked before anything is allocated. Raises KeyError for a key that no file holds, OSError,
    UnfitFileError, and ValueError or what zipfile raises for a damaged file or more than `MOST_REQUESTS`.
    """
    wanted, arrays, requests = Counter(keys), Arrays(), 0
    for shard in _shards(folder) if wanted else []:
        with open_regular(shard, MOST_SHARD_BYTES) as file, zipfile.ZipFile(file) as archive:
            there = set(archive.namelist())
            for key in [key for key in wanted if f"{key}.npy" in there]:
                times = wanted.pop(key)
                arrays[key] = _array(archive, f"{key}.npy", (MOST_REQUESTS - requests) // times)
                requests += times * arrays[key].shape[1]
    if wanted:
        raise KeyError(next(iter(wanted)))
    return arrays


def _array(archive: zipfile.ZipFile, name: str, most: int) -> NDArray[np.int32]:
    """Return one member of at most `most` requests."""
    with archive.open(name) as member:
        setattr(member, "MIN_READ_SIZE", _PIECE_BYTES)  # noqa: B010  # zipfile's, which the types leave out
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError("an array of another format than numpy's 1.0")
        shape, by_column, kind = np.lib.format.read_array_header_1_0(member)
        if len(shape) != 2 or shape[0] != len(_ROWS) or by_column or kind != np.int32:
            raise ValueError(f"an array of {kind} and shape {shape}, not of int32 and {len(_ROWS)} rows")
        if not 0 <= shape[1] <= most:
            raise ValueError(f"more than {MOST_REQUESTS:,} requests")
        array = np.empty(shape, np.int32)
        _fill(array.reshape(-1).view(np.uint8).data, member)
        return array


def _fill(room: memoryview, member: IO[bytes]) -> None:
    """Read exactly what there is room for."""
    at = 0
    while piece := member.read(_PIECE_BYTES):
        if at + len(piece) > len(room):
            raise ValueError("an array longer than it says")
        room[at : at + len(piece)] = piece
        at += len(piece)
    if at < len(room):
        raise ValueError("an array shorter than it says")


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


class _Quick:
    """Compresses one member of an archive, as zipfile's own compressor does but sooner."""

    def __init__(self) -> None:
        about = {"preset": 0, "lc": _LC, "lp": _LP, "pb": _PB, "dict_size": _DICT_BYTES}
        self._lzma = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **about}])
        # APPNOTE.TXT 5.8.8: version 9.4, then how the five properties are written
        self._head = struct.pack("<BBHBI", 9, 4, 5, (_PB * 5 + _LP) * 9 + _LC, _DICT_BYTES)

    def compress(self, data: bytes) -> bytes:
        """Return what is ready of what came so far."""
        head, self._head = self._head, b""
        return head + self._lzma.compress(data)

    def flush(self) -> bytes:
        """Return the rest."""
        return self._lzma.flush()


def _grown(content: bytes, arrays: Arrays) -> bytes | None:
    """Return the archive with `arrays` added, None when it is full."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_LZMA) as archive:
        there = {name.removesuffix(".npy") for name in archive.namelist()}
        if len(content) > SHARD_BYTES or len(there) > SHARD_ARRAYS:
            return None
        for name in (name for name in arrays if name not in there):
            with archive.open(f"{name}.npy", "w") as member:
                setattr(member, "_compressor", _Quick())  # noqa: B010  # zipfile takes no preset of LZMA's
                np.lib.format.write_array(member, arrays[name], allow_pickle=False)
    return file.getvalue()
