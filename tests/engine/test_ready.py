"""What machines saw before they measured, as a run keeps it."""

import made
from msgspec.structs import replace

from compare.contract import Paradigm
from compare.engine.ready import Ready, Seen, together
from compare.records import Closed, Link, Measurement, NotMeasured, Wire

LACKS = NotMeasured("my:work", Paradigm.NATIVE, "my:work has no native face")
WIRE = Wire(Link(0.05), "wire", 200, 200, 0.05, 0.05)


def test_what_several_machines_saw_is_told_once_and_the_slowest_counts():
    ones = [Seen((LACKS,), 1.0, ("a:b",)), Seen((LACKS,), 3.0, ("a:b", "c:d")), Seen()]
    assert together(ones) == Seen((LACKS,), 3.0, ("a:b", "c:d"))
    assert together([]) == Seen()


def test_cells_of_a_face_that_the_work_lacks_are_not_possible():
    native, other = (made.cell(replace(made.NATIVE, work=work), Closed(10)) for work in ("my:work", "sleep"))
    ready = Ready(Measurement, Seen((LACKS,)))
    assert ready.possible([[native, other], [native]]) == [[other], []]


def test_a_run_that_is_measured_on_keeps_what_was_seen_when_it_was_begun():
    begun = Ready(Measurement, Seen((LACKS,), blocking=("my:work",)), (WIRE,)).told(made.run([]))
    other = replace(WIRE, kind="veth")
    on = Ready(Measurement, Seen(blocking=("my:work", "c:d")), (other,)).told(begun)
    assert (on.not_measured, on.blocking, on.wires) == ((LACKS,), ("my:work", "c:d"), (WIRE, other))
