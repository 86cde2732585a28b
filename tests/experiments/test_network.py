import pytest
from drawn import draw, made, text_of

from compare.contract import Paradigm, Server
from compare.experiments import catalogue, network
from compare.experiments.options import Options, Preset
from compare.records import Link


@pytest.fixture(scope="module")
def it():
    return made("network", Options())


def test_delay_and_loss_vary_and_nothing_else_does():
    cells = network.plan(Options(Preset.FULL))
    links = {cell.contestant.link for cell in cells}
    assert {link.round_trip_s for link in links} == {0.0002, 0.005, 0.05}
    assert {link.loss for link in links} == {0.0, 0.001, 0.01}
    assert len(links) == 9
    assert len({cell.load for cell in cells}) == 1
    assert len(cells) == 9 * len(Server) * 3


def test_a_work_with_a_far_end_of_its_own_is_refused():
    asked = Options(work="http")
    assert catalogue.unused(network, asked) == ["--work"]


def test_ratios_are_drawn_and_name_the_link(it, tmp_path):
    assert draw("network", it, tmp_path) == ["network"]
    words = text_of(tmp_path / "network.svg")
    for called in ("aiohttp, a wire away", "aiohttp, 50 ms away", "tornado, 5 ms away, 1% lost"):
        assert f"<!-- {called} -->" in words


def test_native_is_compared_with_callback_over_each_link(it):
    told = network.say(it.summaries)
    assert len(told) == len(Server) * len(network.LINKS[Preset.DEFAULT])
    assert all("native, " in sentence and "callback" in sentence for sentence in told)


def test_nothing_measured_draws_and_says_nothing(it, tmp_path):
    assert network.draw([], it.run, tmp_path) == []
    assert network.say([]) == []


def test_paradigms_that_were_asked_for_are_planned():
    cells = network.plan(Options(paradigms=(Paradigm.EXECUTOR,)))
    assert {cell.contestant.paradigm for cell in cells} == {Paradigm.EXECUTOR}
    assert {cell.contestant.link for cell in network.plan(Options(Preset.QUICK))} == {Link(), Link(0.05)}
