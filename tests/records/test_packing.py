import hashlib
import io
import math
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import NAN, answered, samples
from msgspec.structs import replace

from compare.records import SampleStatus, packing
from compare.records.packing import add, load, pack, unpack

times = st.floats(-10, 100).map(lambda value: round(value, 6))
rows = st.lists(
    st.tuples(
        times,
        st.one_of(st.just(math.nan), times),
        st.one_of(st.just(math.nan), times),
        st.sampled_from([200, 503, 0, -1, -2, -3, -4]),
        st.one_of(st.just(math.nan), st.floats(0, 60).map(lambda value: round(value, 4))),
    ),
    min_size=1,
    max_size=50,
)


def close(ours, theirs, within=6e-7):
    return np.allclose(ours, theirs, rtol=0, atol=within, equal_nan=True)


@given(rows)
def test_samples_come_back_to_the_microsecond(made):
    before = samples(made, 1.5, 2.5)
    after = unpack(*pack(before))
    assert close(after.intended_s, before.intended_s)
    assert close(after.sent_s, before.sent_s)
    assert close(after.done_s, before.done_s)
    assert close(after.io_s, before.io_s, within=1e-5)  # float32
    assert np.array_equal(after.status, before.status)
    assert (after.window_s, after.end_s) == (1.5, 2.5)
    assert [getattr(after, field).dtype for field in after.__struct_fields__[:5]] == [
        getattr(before, field).dtype for field in before.__struct_fields__[:5]
    ]


def test_packing_rounds_no_error_into_the_next_request():
    before = samples([answered(n * 1.0000004, 0.1) for n in range(1000)])
    assert np.max(np.abs(unpack(*pack(before)).intended_s - before.intended_s)) < 6e-7


def test_what_is_packed_twice_has_one_key_and_another_array_another():
    one, other = samples([answered(0, 0.1)]), samples([answered(0, 0.1 + 1e-6)])
    assert pack(one)[0] == pack(one)[0]
    assert pack(one)[0].key != pack(other)[0].key


def test_no_samples_at_all_come_back_as_none_at_all():
    nothing = samples([answered(0, 1)])
    nothing = replace(
        nothing,
        **{
            field: getattr(nothing, field)[:0]
            for field in ("intended_s", "sent_s", "done_s", "status", "io_s")
        },
    )
    assert len(unpack(*pack(nothing)).intended_s) == 0


def test_an_array_that_is_not_the_one_kept_is_refused():
    stamps, array = pack(samples([answered(0, 0.1), (0.2, NAN, NAN, SampleStatus.UNSENT, NAN)]))
    array[2, 0] -= 1
    with pytest.raises(ValueError, match="not the one"):
        unpack(stamps, array)


def archive(folder, content: dict[str, bytes], *, kind=zipfile.ZIP_LZMA) -> None:
    with zipfile.ZipFile(folder / "samples.npz", "w", kind) as written:
        for name, data in content.items():
            written.writestr(f"{name}.npy", data)


def npy(shape, data: bytes = b"", dtype="<i4") -> bytes:
    """Return an array as numpy writes it, whose header says `shape`, whatever follows."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return header.getvalue() + data


ZEROS = bytes(16 << 20)
REFUSED = {
    "18 TiB said": npy((5, 10**12)),
    "longer than it says": npy((5, 1), ZEROS),
    "shorter than it says": npy((5, 2), bytes(20)),
    "of objects": npy((5, 1), bytes(40), "|O"),
    "of one row": npy((5,), bytes(20)),
    "negative": npy((5, -1)),
    "another format": b"\x93NUMPY\x03\x00" + npy((5, 0))[8:],
    "no array": b"PK",
}


@pytest.mark.parametrize("kind", [zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("refused", REFUSED)
def test_an_array_is_refused_before_there_is_room_for_it(tmp_path, refused, kind):
    archive(tmp_path, {"k": REFUSED[refused]}, kind=kind)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"arra|requests|magic|EOF"):
            load(tmp_path, ["k"])
        assert tracemalloc.get_traced_memory()[1] < len(ZEROS)
    finally:
        tracemalloc.stop()


def test_arrays_that_nobody_refers_to_are_not_read(tmp_path):
    _, array = pack(samples([answered(0, 0.1)]))
    archive(tmp_path, {"k": npy(array.shape, array.tobytes()), "bomb": npy((5, (16 << 20) // 20), ZEROS)})
    tracemalloc.start()
    try:
        assert list(load(tmp_path, ["k"])) == ["k"]
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_what_all_arrays_together_may_hold_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MOST_REQUESTS", 5)
    archive(tmp_path, {name: npy((5, 2), bytes(40)) for name in "abc"})
    assert len(load(tmp_path, ["a", "b"])) == 2
    for keys in (["a", "b", "c"], ["a"] * 3):
        with pytest.raises(ValueError, match="more than 5 requests"):
            load(tmp_path, keys)


def test_members_are_of_the_quickest_lzma_which_any_reader_takes(tmp_path):
    stamps, array = pack(samples([answered(n / 100, 0.1) for n in range(100)]))
    add({stamps.key: array}, tmp_path)
    with zipfile.ZipFile(tmp_path / "samples.npz") as kept:
        (member,) = kept.infolist()
        assert kept.testzip() is None
    raw = (tmp_path / "samples.npz").read_bytes()[member.header_offset + 30 + len(member.filename) :]
    assert member.compress_type == zipfile.ZIP_LZMA
    assert int.from_bytes(raw[5:9], "little") == 1 << 18  # the dictionary; zipfile's own has 8 MiB
    with np.load(tmp_path / "samples.npz") as arrays:
        assert np.array_equal(arrays[stamps.key], array)


@pytest.mark.parametrize("row", [0, 3])
def test_a_request_without_its_time_or_status_is_refused(row):
    _, array = pack(samples([answered(0, 0.1)]))
    array[row, 0] = np.iinfo(np.int32).min
    stamps = packing.Stamps(hashlib.sha256(array.tobytes()).hexdigest()[:32], 1.0, 2.0)
    with pytest.raises(ValueError, match="without the time"):
        unpack(stamps, array)
