import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import NAN, answered, samples
from msgspec.structs import replace

from compare.records import SampleStatus
from compare.records.packing import pack, unpack

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
