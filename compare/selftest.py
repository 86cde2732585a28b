"""Can results from here be relied on? The generator and the machine against what is known beforehand.

Each check is a pure judgement on samples; `run` makes the samples, on a server that does nothing but answer when told.
"""

import math
import resource
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec
import numpy as np

from compare.analysis import validity
from compare.analysis.quantiles import Latency
from compare.analysis.units import seconds_text
from compare.analysis.window import Window
from compare.harness import load, reference
from compare.harness.environment import Pinning, bound, pinning
from compare.harness.load import LoadResult
from compare.harness.noise import Sentry
from compare.planted import Tally, tally
from compare.records import Arrivals, Closed, Load, Open, Samples

DELAYS_S = (0.0, 0.005, 0.05)
MAX_DELAY_ERROR_S = 0.3e-3
MAX_LAG_P50_S, MAX_LAG_P99_S = 0.2e-3, validity.LATE_S
FREEZE_TOLERANCE, FREEZE_TOLERANCE_S = 0.05, 1e-3
VARIATION = (0.95, 1.05)  # of Poisson gaps, whose standard deviation is their mean
LEAST_CAPACITY_RPS = 40_000  # aiohttp answers up to 34,000 trivial requests a second
FREEZE_RPS, FREEZE_WAIT_S, FREEZE_AFTER = 200.0, 0.005, 500
SAME = 0.05
AA_PAIRS = 12  # short ones: of twelve pairs the median stays within 3 % where that of four, longer ones, strays by 17 %
OPEN_FILES = 10_064  # ten thousand connections
PLANTED = (0.0, 0.1, 0.25)  # shares by which one side is slowed in the long part; 0.0 is A against A
TRIALS = 20
MOST_INVENTED, LEAST_FOUND = (
    1,
    18,
)  # of 20: false alarms at 1.25 % a pair give two of them in 3 of 100 selftests
SURE = 0.25  # the planted share that must be found; a smaller one is told


class Check(msgspec.Struct, frozen=True):
    """One thing that was checked: what, what it must be, what it was."""

    what: str
    wanted: str
    found: str
    ok: bool


def known_delay(delay_s: float, samples: Samples) -> Check:
    """Judge the median of what the generator adds to what the server itself measured."""
    good = samples.status == 200
    added_s = samples.done_s[good] - samples.sent_s[good] - samples.io_s[good]
    error_s = float(np.median(added_s)) if len(added_s) else math.nan
    return Check(
        f"a delay of {delay_s * 1e3:g} ms",
        f"the server's own, + {seconds_text(MAX_DELAY_ERROR_S)} at most",
        f"+ {seconds_text(error_s)}",
        ok=0 <= error_s <= MAX_DELAY_ERROR_S,
    )


def freeze(samples: Samples) -> list[Check]:
    """Judge what one frozen second does to the percentiles of an evenly spaced open loop.

    A request due when the freeze has r seconds left waits r longer. Of a window of w seconds the share s waits longer
    than the freeze less s * w: with a second, a window of 5 s and a wait of 5 ms p90 is 505, p97.5 880 and p99 955 ms.
    The wait is what the server itself measured: its timers are late by up to a millisecond.
    """
    response = Window(samples).response()
    wait_s = float(np.nanmedian(samples.io_s)) if len(samples.io_s) else FREEZE_WAIT_S
    wanted_s = {"p50": wait_s}
    for percentile, share in (("p90", 0.1), ("p97_5", 0.025), ("p99", 0.01)):
        wanted_s[percentile] = reference.FREEZE_S - share * samples.window_s + wait_s
    return [_percentile(p, response, expected_s) for p, expected_s in wanted_s.items()]


def _percentile(percentile: str, response: Latency, wanted_s: float) -> Check:
    found_s = getattr(response, percentile).exact_s
    tolerance_s = max(FREEZE_TOLERANCE_S, FREEZE_TOLERANCE * wanted_s)
    return Check(
        f"{percentile.replace('_', '.')} over a frozen second",
        f"{seconds_text(wanted_s)} ± {seconds_text(tolerance_s)}",
        seconds_text(found_s),
        ok=abs(found_s - wanted_s) <= tolerance_s,
    )


def schedule(samples: Samples) -> Check:
    """Judge how late the requests of an evenly spaced open loop left."""
    window = Window(samples)
    p50_s, p99_s = window.lag_s(0.5), window.lag_s(0.99)
    return Check(
        f"lag at {samples.window_s and window.intended / samples.window_s:,.0f}/s",
        f"p50 at most {seconds_text(MAX_LAG_P50_S)}, p99 {seconds_text(MAX_LAG_P99_S)}",
        f"p50 {seconds_text(p50_s)}, p99 {seconds_text(p99_s)}",
        ok=p50_s <= MAX_LAG_P50_S and p99_s <= MAX_LAG_P99_S,
    )


def variation(samples: Samples) -> Check:
    """Judge whether Poisson arrivals are: the gaps between sends vary as much as they are long."""
    gaps_s = np.diff(np.sort(samples.sent_s[(samples.intended_s >= 0) & ~np.isnan(samples.sent_s)]))
    found = float(np.std(gaps_s) / np.mean(gaps_s)) if len(gaps_s) else math.nan
    low, high = VARIATION
    return Check("variation of Poisson gaps", f"{low:g} to {high:g}", f"{found:.3f}", ok=low <= found <= high)


def capacity(result: LoadResult) -> Check:
    """Judge what the generator could send with its whole core, from what it used against a server that does nothing."""
    window = Window(result.samples)
    rps = window.successes / window.window_s / max(result.report.cpu_share, 1e-9)
    return Check(
        "capacity of the generator",
        f"at least {LEAST_CAPACITY_RPS:,}/s",
        f"{rps:,.0f}/s",
        ok=rps >= LEAST_CAPACITY_RPS,
    )


def against_itself(first_rps: Sequence[float], second_rps: Sequence[float]) -> Check:
    """Judge whether one server measured as if it were two comes out as one; the median over pairs of rounds."""
    pairs = [one / other for one, other in zip(first_rps, second_rps, strict=True) if other]
    ratio = float(np.median(pairs)) if pairs else math.nan
    return Check("a server against itself", f"1 ± {SAME:g}", f"{ratio:.3f}", ok=abs(ratio - 1) <= SAME)


def planted(slower: float, found: Tally) -> Check:
    """Judge how often a server that was slowed by the share `slower` was found to be; 0.0 = that it was not.

    How often a share below `SURE` is found is told alone, since it depends on the machine; none may be found faster.
    """
    named = f"slower {found.found}, faster {found.wrong}" if slower else f"differs {found.named}"
    told = f"{named}, same {found.same}, cannot tell {found.unsure}; median ratio {found.ratio:.3f}"
    if not slower:
        what, wanted, ok = "itself", f"differs {MOST_INVENTED} at most", found.named <= MOST_INVENTED
    elif slower < SURE:
        what, wanted, ok = f"one {slower:.0%} slower", "faster 0", not found.wrong
    else:
        what, wanted = f"one {slower:.0%} slower", f"slower {LEAST_FOUND} at least, faster 0"
        ok = found.found >= LEAST_FOUND and not found.wrong
    return Check(f"a server against {what}, {found.trials} times", wanted, told, ok=ok)


def machine(pins: Pinning, sentry: Sentry, hard_limit: int) -> list[Check]:
    """Judge the machine: a CPU each for server and generator, room for connections, nothing else at work."""
    noise = [sentry.calibrate() for _ in range(4)][-1]
    enough = hard_limit == resource.RLIM_INFINITY or hard_limit >= OPEN_FILES
    limit = "no limit" if hard_limit == resource.RLIM_INFINITY else f"{hard_limit:,}"
    share = "one for both" if pins.generator is None else "two"
    return [
        Check("CPUs for server and generator", "two", share, ok=pins.generator is not None),
        Check("open files allowed", f"at least {OPEN_FILES:,}", limit, ok=enough),
        Check(
            "a quiet machine",
            "steady, nothing stolen",
            f"a spin took {noise.spin_ratio:.2f} of the fastest, {noise.steal_share:.1%} stolen",
            ok=not noise.noisy,
        ),
    ]


def run(scale: float = 1.0) -> Iterator[Check]:
    """Make every check and yield each as soon as it is made: about 40 s with every window at its full length.

    A smaller `scale` shortens the windows, and with them what the checks are worth. Raises LoadError.
    """
    pins = pinning()
    yield from machine(pins, Sentry(), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    for delay_s in DELAYS_S:
        yield known_delay(
            delay_s, _loaded(pins, Closed(8, delay_s, 1.0 * scale, 0.3 * scale), delay_s=delay_s).samples
        )
    yield schedule(_loaded(pins, Open(100, 0.0, 2.0 * scale, 0.3 * scale, rate_rps=1000.0)).samples)
    poisson = Open(200, 0.0, 2.5 * scale, 0.3 * scale, rate_rps=2000.0, arrivals=Arrivals.POISSON)
    yield variation(_loaded(pins, poisson).samples)
    even = Open(1000, FREEZE_WAIT_S, 5.0 * scale, 0.5 * scale, rate_rps=FREEZE_RPS)
    yield from freeze(
        _loaded(pins, even, delay_s=FREEZE_WAIT_S, freeze_after=int(FREEZE_AFTER * scale)).samples
    )
    yield capacity(_loaded(pins, Closed(64, 0.0, 1.0 * scale, 0.3 * scale)))
    yield against_itself(*_pairs(lambda: _rate(_loaded(pins, Closed(16, 0.0, 0.2 * scale, 0.1 * scale)))))


def run_long(scale: float = 1.0, trials: int = TRIALS) -> Iterator[Check]:
    """Look `trials` times for each of the planted differences, which takes minutes; yield a check for each.

    Both sides are the reference server, one of them slowed from outside. Raises LoadError.
    """
    pins = pinning()
    with bound(pins.generator):
        for slower in PLANTED:
            yield planted(slower, tally(partial(_planted_rps, pins, scale, slower), trials))


def _planted_rps(pins: Pinning, scale: float, slower: float, slowed: bool) -> float:  # noqa: FBT001  # as `Rate` is
    wanted = Closed(16, 0.0, 0.4 * scale, 0.1 * scale)
    return _rate(_loaded(pins, wanted, slower=slower if slowed else 0.0))


def _loaded(
    pins: Pinning, wanted: Load, *, delay_s: float = 0.0, freeze_after: int = 0, slower: float = 0.0
) -> LoadResult:
    with reference.serving(delay_s=delay_s, freeze_after=freeze_after, cpu=pins.server, slower=slower) as url:
        return load.run(url, wanted, cpu=pins.generator)


def _rate(result: LoadResult) -> float:
    return Window(result.samples).successes / result.samples.window_s


def _pairs(measure: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Return the rounds of two contestants, in the order A B, B A, which takes out what drifts."""
    sides: tuple[list[float], list[float]] = ([], [])
    for pair in range(AA_PAIRS):
        for side in (0, 1) if pair % 2 == 0 else (1, 0):
            sides[side].append(measure())
    return sides
