"""What goes over the pipes comes back as it was."""

import msgspec

from compare.loadgen.protocol import START_WITHIN_S, Order, Outcome, StreamOrder, StreamOutcome

STREAM = StreamOrder(2, ("127.0.0.1", 80), b"GET / HTTP/1.1\r\n\r\n\xff", 10, 5, ramp_s=0.5)


def test_orders_and_outcomes_survive_the_pipe():
    order = Order((STREAM, STREAM), 0.5, 2.0, 10.0)
    outcome = Outcome((StreamOutcome(3, 2, 1),), (1.5, 3.5), 4.0, 0.25, ("A note.",))
    for value in (order, outcome):
        assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


def test_the_ramp_is_the_longest_of_all_streams():
    later = msgspec.structs.replace(STREAM, ramp_s=3.0)
    assert Order((STREAM, later, STREAM), 0.5, 2.0, 10.0).ramp_s == 3.0


def test_the_longest_run_leaves_time_to_connect_to_ramp_and_to_wait_twice():
    assert Order((STREAM,), 0.5, 2.0, 10.0).longest_s > 10.0 + 0.5 + 0.5 + 2.0 + 10.0


def test_the_longest_run_of_an_order_that_waits_leaves_time_for_its_start():
    at_once = Order((STREAM,), 0.5, 2.0, 10.0)
    waiting = msgspec.structs.replace(at_once, waits=True)
    assert waiting.longest_s - at_once.longest_s == START_WITHIN_S
