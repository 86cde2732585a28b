import msgspec
import pytest

from compare.records import Abandoned, Closed, Load, Mixed, Open, rate_rps

EACH = [
    (Closed(10, 0.1, 2.0, 0.5, timeout_s=3.0), "closed", None),
    (Open(10, rate_rps=500.0), "open", 500.0),
    (Abandoned(10), "abandoned", None),
    (Mixed(10, rate_rps=25.0), "mixed", 25.0),
]


@pytest.mark.parametrize(("load", "kind", "rate"), EACH)
def test_a_load_is_kept_under_the_name_of_its_kind_and_comes_back(load, kind, rate):
    kept = msgspec.json.encode(load)
    assert msgspec.json.decode(kept)["loop"] == kind
    assert msgspec.json.decode(kept, type=Load) == load
    assert rate_rps(load) == rate


def test_clients_that_leave_wait_for_nothing():
    assert Abandoned(10).timeout_s == 0.0


def test_an_open_loop_needs_a_rate():
    with pytest.raises(msgspec.ValidationError, match="rate_rps"):
        msgspec.json.decode(b'{"loop": "open", "concurrency": 1}', type=Load)
