"""The numbers of a round that are kept in it, so that they outlive its samples."""

import math

import msgspec
import pytest
from made import ENVIRONMENT, answered, cell, measurement, samples
from msgspec.structs import replace

from compare.analysis.metrics import SEND_LAG
from compare.analysis.quantiles import Known
from compare.analysis.rounds import RoundFigures, figures, with_figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.records import Closed, SampleStatus, Usage


def trouble():
    """A round with something in each of its fields: answers, errors, late and lost requests, pings, a limit."""
    rows = [answered(n / 64 - 0.25, 0.125, io_s=0.125, lag_s=0.0625) for n in range(64)]
    rows += [answered(0.5, 0.25, status=503)] * 3 + [answered(0.5, 0.25, status=500)] * 2
    lost = [(0.75, 0.75, math.nan, SampleStatus.UNANSWERED, math.nan)] * 20
    pings = samples([answered(n / 64, 0.03125) for n in range(32)] + lost)
    where = cell(load=Closed(20, delay_s=0.1, duration_s=1.0))
    return measurement(where, samples(rows + lost), bystander=pings, limit=7, noisy=True)


def test_numbers_that_were_kept_are_those_of_the_samples_in_every_field():
    kept = with_figures(trouble(), ENVIRONMENT)
    whole = figures(kept, ENVIRONMENT)
    light = figures(replace(kept, samples=None, bystander=None), ENVIRONMENT)
    assert msgspec.json.encode(light) == msgspec.json.encode(whole)  # in which NaN equals NaN
    assert (light.limit, light.ceiling_rps, light.intended) == (7, pytest.approx(70), 48 + 25)
    assert {error.kind: error.count for error in light.errors} == {
        "unanswered": 20,
        "HTTP 503": 3,
        "HTTP 500": 2,
    }
    assert light.response.p50.value_s == pytest.approx(0.125)
    assert light.bystander.max.known is Known.BEYOND
    assert Warning.NOISY in light.warnings
    assert light.cell == whole.cell


def test_what_is_kept_is_of_the_samples_as_they_are_kept():
    stamps = samples([answered(0.1, 0.2 + 4e-7)] * 30)
    exact = figures(measurement(stamps=stamps), ENVIRONMENT).response.p50.value_s
    kept = with_figures(measurement(stamps=stamps, bystander=stamps), ENVIRONMENT)
    light = figures(replace(kept, samples=None, bystander=None), ENVIRONMENT)
    assert light.response.p50.value_s == light.bystander.p50.value_s == pytest.approx(0.2, abs=1e-9)
    assert exact == pytest.approx(0.2 + 4e-7, abs=1e-9)


def test_what_is_not_known_is_kept_as_none_and_read_as_not_a_number():
    kept = with_figures(measurement(), ENVIRONMENT)
    light = figures(replace(kept, samples=None), ENVIRONMENT)
    assert kept.figures.numbers[SEND_LAG.name] is None
    assert kept.figures.percentiles["response"]["p97_5"][1] is None
    assert math.isnan(light.numbers[SEND_LAG.name])
    assert math.isnan(light.response.p97_5.value_s)


def test_a_round_without_a_machine_of_its_own_is_judged_by_that_of_its_run():
    at_the_limit = Usage(0.5, 1.0, 0, 0, 7, 0, 0, ENVIRONMENT.open_files_limit)
    one = replace(measurement(usage=at_the_limit), environment=None)
    assert Warning.LIMIT_HIT in figures(one, ENVIRONMENT).warnings
    light = replace(with_figures(one, ENVIRONMENT), samples=None)
    assert Warning.LIMIT_HIT in figures(light, ENVIRONMENT).warnings


def test_a_failed_round_keeps_no_numbers():
    died = replace(measurement(), failure="The server died.", samples=None)
    assert with_figures(died, ENVIRONMENT) == died


def test_a_round_is_told_noisy_by_what_is_known_last():
    quiet, noisy = measurement(noisy=False), measurement(noisy=True)
    for known, later in ((quiet, noisy), (noisy, quiet)):
        kept = with_figures(known, ENVIRONMENT)
        light = figures(replace(kept, samples=None, noise=later.noise), ENVIRONMENT)
        assert (Warning.NOISY in light.warnings) is later.noise.noisy
        assert Warning.TOO_SHORT in light.warnings
    unknown = replace(with_figures(noisy, ENVIRONMENT), samples=None, noise=None)
    assert Warning.NOISY not in figures(unknown, ENVIRONMENT).warnings


def test_what_no_round_measured_has_no_silence_to_tell():
    found = RoundFigures(cell(), {}).silence
    assert (found.unanswered, math.isnan(found.longest_s), math.isnan(found.exposure_s)) == (0, True, True)
