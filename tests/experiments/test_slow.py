import pytest

from compare.contract import Paradigm, Server
from compare.experiments import concurrency
from compare.experiments.options import Options, Preset
from compare.experiments.slow import TooSlowError, check, fitted, sentence

OWN = "my:work"
ONE = Options(Preset.QUICK, (Server.AIOHTTP,), (Paradigm.NATIVE,), concurrency=(10,), work=OWN)


def test_windows_are_chosen_from_what_a_slow_work_takes():
    options = fitted(ONE, 2.0)
    (cell,) = concurrency.plan(options)
    assert cell.load.duration_s >= 2 * 2.0
    check([cell], ONE, 2.0, 45.0)
    assert sentence(OWN, 2.0) == "my:work takes 2.00 s: windows, warm-up and patience are chosen from that."


@pytest.mark.parametrize(
    ("options", "took_s"), [(ONE, 0.12), (Options(delay_s=1.0, work=OWN), 2.0), (ONE, 0.0)]
)
def test_a_wait_that_was_asked_for_or_is_long_enough_stays(options, took_s):
    assert fitted(options, took_s) is options


def test_a_preset_that_cannot_hold_the_work_is_one_sentence_with_what_to_type():
    options = Options(Preset.QUICK, work=OWN)
    cells = concurrency.plan(fitted(options, 2.0))
    with pytest.raises(TooSlowError) as caught:
        check(cells, options, 2.0, 45.0)
    assert "of the preset quick: ask for fewer, such as --server aiohttp" in str(caught.value)
    assert str(caught.value).endswith("--delay 2.")
    check(cells, Options(Preset.QUICK, work=OWN, delay_s=2.0), 2.0, 45.0)  # asked for


def test_a_work_no_slower_than_the_wait_of_the_preset_is_never_too_slow_for_it():
    options = Options(Preset.QUICK, work=OWN)
    check(concurrency.plan(fitted(options, 0.055)), options, 0.055, 1.0)


def test_a_window_that_holds_no_answer_is_refused_with_a_longer_one():
    options = Options(Preset.QUICK, work=OWN, duration_s=1.0)
    with pytest.raises(TooSlowError, match=r"a window of 1 s .* holds no answer: .* such as --duration 8\."):
        check(concurrency.plan(fitted(options, 2.0)), options, 2.0, 1e9)
