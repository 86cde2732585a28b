import pytest
from msgspec.structs import replace

from compare import preparing
from compare.contract import Loop, Paradigm, Server
from compare.harness.servers import ServerError
from compare.preparing import CannotStartError
from compare.records import Cell, Closed, Contestant, Link, Measurement, NotMeasured, Wire


class Contestants:
    """A harness whose servers answer as told instead of being started."""

    def __init__(self, asked, refused=None, dead=()):
        self.asked, self.refused, self.dead = asked, refused or {}, dead

    def preflight(self, contestant, paradigms):
        self.asked.append((contestant, paradigms))
        if contestant.server in self.dead:
            raise ServerError(
                "The server ended before it was ready (exit code 1). Its last words: no such port."
            )
        return {p: why for p, why in self.refused.items() if p in paradigms}


BOTH = [Contestant(server, paradigm) for server in Server for paradigm in Paradigm]


def test_each_server_is_started_once_and_asked_each_kind_of_request():
    asked = []
    preparing.preflight(
        Contestants(asked=asked), [*BOTH, Contestant(Server.TORNADO, Paradigm.EXECUTOR, threads=99)], {}
    )
    assert [(contestant.server, set(paradigms)) for contestant, paradigms in asked] == [
        (server, set(Paradigm)) for server in Server
    ]


def test_a_contestant_that_breaks_the_contract_is_refused_and_the_others_are_not():
    harness = Contestants(asked=[], refused={Paradigm.CALLBACK: "It answered 500."})
    refusals = preparing.preflight(harness, BOTH, {})
    reasons = {contestant.paradigm: refusals.of(contestant) for contestant in BOTH}
    assert reasons.pop(Paradigm.CALLBACK) == "It answered 500."
    assert set(reasons.values()) == {None}


def test_refusals_hold_for_every_number_of_threads_and_only_for_that_server():
    refusals = preparing.preflight(Contestants(asked=[], refused={Paradigm.EXECUTOR: "No."}), BOTH[:6], {})
    assert refusals.of(Contestant(Server.TORNADO, Paradigm.EXECUTOR, threads=7)) == "No."
    assert refusals.of(Contestant(Server.AIOHTTP, Paradigm.EXECUTOR)) is None
    assert refusals.of(Contestant(Server.TORNADO, Paradigm.EXECUTOR, loop=Loop.UVLOOP)) is None


def test_paradigms_a_work_has_no_face_for_are_refused_without_being_asked():
    asked = []
    refusals = preparing.preflight(
        Contestants(asked=asked), BOTH[:6], {"sleep": {Paradigm.NATIVE: "No native face."}}
    )
    assert refusals.of(BOTH[5]) == "No native face."
    assert Paradigm.NATIVE not in asked[0][1]


def test_what_a_work_lacks_is_told_once():
    missing = {"sleep": {Paradigm.NATIVE: "No native face."}}
    assert preparing.not_measured(BOTH, missing) == (
        NotMeasured("sleep", Paradigm.NATIVE, "No native face."),
    )


def test_a_server_that_does_not_start_stops_everything_with_its_last_words():
    with pytest.raises(CannotStartError, match=r"The aiohttp server cannot be measured\. .*no such port"):
        preparing.preflight(Contestants(asked=[], dead={Server.AIOHTTP}), BOTH, {})


def test_a_measurement_of_a_cluster_has_the_wire_of_its_own_link():
    near, far = (Wire(Link(away_s), "wire", 200, 200, away_s, away_s) for away_s in (0.005, 0.05))
    links = {link: Cell("network", replace(BOTH[0], link=link), Closed(10)) for link in (far.link, None)}
    assert preparing.with_wire(Measurement(links[far.link]), (near, far)).wire == far
    assert preparing.with_wire(Measurement(links[None]), (near, far)).wire is None
