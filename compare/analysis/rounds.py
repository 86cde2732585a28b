"""One measurement -> RoundFigures: one number per metric of one round of one cell. Pure."""

import math

import msgspec
import numpy as np

from compare.analysis import validity
from compare.analysis.quantiles import Latency
from compare.analysis.validity import Signs
from compare.analysis.window import ErrorCount, Window
from compare.contract import LoopLag, Paradigm
from compare.records import Arrivals, Cell, Contestant, Environment, Load, Measurement, Samples

LITTLES_TOLERANCE = 0.03


class RoundFigures(msgspec.Struct, frozen=True):
    """What one round of one cell gave: one number per metric, NaN where it was not measured."""

    cell: Cell
    throughput_rps: float
    response: Latency
    service: Latency
    bystander: Latency
    errors: tuple[ErrorCount, ...]
    intended: int  # requests intended in the window
    ceiling_rps: float | None
    ceiling_share: float
    cpu_s_per_request: float
    rss_over_idle_bytes: float
    rss_per_in_flight_bytes: float
    threads_peak: float
    voluntary_switches_per_request: float
    involuntary_switches_per_request: float
    loop_lag_p50_s: float
    loop_lag_p99_s: float
    generator_cpu_share: float
    lag_p50_s: float
    lag_p99_s: float
    littles_ratio: float  # requests in flight as the samples have it, over what Little's law makes it
    orphaned_thread_s: float = math.nan  # NaN where the clients stayed
    limit: int = 0  # as in Measurement, where it is what makes the ceiling
    warnings: tuple[validity.Warning, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether its numbers may be shown."""
        return not any(warning.invalid for warning in self.warnings)


def figures(measurement: Measurement, environment: Environment) -> RoundFigures | None:
    """Return the numbers of one round, or None when the cell failed or kept no samples."""
    if measurement.failure is not None or measurement.samples is None:
        return None
    cell, window = measurement.cell, Window(measurement.samples)
    signs = _signs(measurement, window, environment)
    bystander, lag = measurement.bystander, measurement.loop_lag_s or LoopLag(math.nan, math.nan, math.nan)
    used = _used(measurement, window)
    return RoundFigures(
        cell=cell,
        throughput_rps=window.successes / window.window_s,
        response=window.response(),
        service=window.service(),
        bystander=Window(bystander).response() if bystander else Latency(),
        errors=window.errors(),
        intended=window.intended,
        ceiling_rps=ceiling_rps(cell.contestant, cell.load, environment.cpus, measurement.limit),
        ceiling_share=signs.ceiling_share,
        cpu_s_per_request=used.cpu_s_per_request,
        rss_over_idle_bytes=used.rss_over_idle_bytes,
        rss_per_in_flight_bytes=used.rss_per_in_flight_bytes,
        threads_peak=used.threads_peak,
        voluntary_switches_per_request=used.voluntary_switches_per_request,
        involuntary_switches_per_request=used.involuntary_switches_per_request,
        loop_lag_p50_s=lag.p50,
        loop_lag_p99_s=lag.p99,
        generator_cpu_share=signs.generator_cpu_share,
        lag_p50_s=window.lag_s(0.5),
        lag_p99_s=signs.lag_p99_s,
        littles_ratio=signs.littles_ratio,
        orphaned_thread_s=orphaned_thread_s(measurement),
        limit=_limit(measurement, environment.cpus),
        warnings=validity.judge(signs),
    )


def ceiling_rps(contestant: Contestant, load: Load, cpus: int, limit: int = 0) -> float | None:
    """Return the most that waiting allows, min(in flight, threads, limit) / wait; None where the wait is 0 or unknown.

    `cpus` of the machine decide how large Python's own pool is: min(32, cpus + 4) threads. `limit` is how many the
    work does at once in one server process, such as a pool of connections; 0 = any number. The connections of an open
    loop are a reserve and no load: there only threads and limits make a ceiling.
    """
    if load.delay_s <= 0 or not contestant.waits_as_asked:
        return None
    threads = {
        Paradigm.BLOCKING: 1,
        Paradigm.EXECUTOR: contestant.threads or min(32, cpus + 4),
    }.get(contestant.paradigm, math.inf)
    at_once = min(threads, contestant.max_in_flight or math.inf, limit or math.inf) * contestant.workers
    most = min(load.concurrency if load.rate_rps is None else math.inf, at_once)
    return most / load.delay_s if math.isfinite(most) else None


def orphaned_thread_s(one: Measurement) -> float:
    """Return the seconds that threads together went on waiting for clients that had left, NaN where these stayed."""
    if one.cell.load.timeout_s >= one.cell.load.delay_s:
        return math.nan
    if len(one.orphaned_s) < 2:
        return 0.0
    times, counts = zip(*one.orphaned_s, strict=True)
    return float(np.trapezoid(counts, times))


def _limit(one: Measurement, cpus: int) -> int:
    """Return the work's own limit where it lowers the ceiling, else 0."""
    contestant, load = one.cell.contestant, one.cell.load
    without, within = ceiling_rps(contestant, load, cpus), ceiling_rps(contestant, load, cpus, one.limit)
    return one.limit if within and within < (without or math.inf) else 0


def _signs(measurement: Measurement, window: Window, environment: Environment) -> Signs:
    cell, generator, noise = measurement.cell, measurement.generator, measurement.noise
    load = cell.load
    ceiling = ceiling_rps(cell.contestant, load, environment.cpus, measurement.limit)
    steady, ratio, tolerance = littles_law(window, load)
    return Signs(
        successes=window.successes,
        failures=window.failures,
        ceiling_share=window.successes / window.window_s / ceiling if ceiling else math.nan,
        most_successes=_most_successes(ceiling, load.delay_s, window.window_s),
        short_waits_share=window.short_waits_share(load.delay_s if cell.contestant.waits_as_asked else 0.0),
        median_s=window.median_s,
        lag_p99_s=window.lag_s(0.99),
        sent_share=window.sent_share(_scheduled(load, window.window_s)),
        generator_cpu_share=generator.cpu_share if generator else math.nan,
        littles_ratio=ratio,
        littles_tolerance=tolerance,
        steady=steady,
        limit_hit=_limit_hit(measurement, environment),
        noisy=bool(noise and noise.noisy),
    )


def littles_law(window: Window, load: Load) -> tuple[bool, float, float]:
    """Return whether the window was steady, mean in flight over what the law makes it, and the tolerance.

    A closed loop has `concurrency` requests in flight by definition, so the mean in flight that the samples add up to
    must be that: lost samples, idle connections and a generator that pauses all show. That holds however the
    queue moves. In an open loop the law says rate x mean response, with the rate asked for, not the one counted; it
    holds in a steady state only, within what the window's two edges and random arrivals leave open.
    """
    mean = window.in_flight_s / window.window_s
    if load.rate_rps is None:
        return True, mean / load.concurrency, LITTLES_TOLERANCE
    before, after = window.in_flight_at(0.0), window.in_flight_at(window.window_s)
    edges = 3 * math.sqrt(before + after + 1)
    if abs(after - before) > LITTLES_TOLERANCE * window.intended + edges:
        return False, math.nan, LITTLES_TOLERANCE
    due, response_s = load.rate_rps * window.window_s, window.response_mean_s
    arrivals = 3 / math.sqrt(due) if load.arrivals is Arrivals.POISSON else 1 / due
    expected_s = due * response_s
    ratio = window.in_flight_s / expected_s if expected_s > 0 else math.nan
    return (
        True,
        ratio,
        LITTLES_TOLERANCE + arrivals + (edges * response_s / expected_s if expected_s > 0 else 0),
    )


def _most_successes(ceiling: float | None, wait_s: float, window_s: float) -> float:
    """Return how many answers waiting allows: a window of 2.5 waits has room for 3 of each connection."""
    if ceiling is None:
        return math.inf
    return ceiling * wait_s * math.ceil(window_s / wait_s - 1e-6)


def _scheduled(load: Load, window_s: float) -> float:
    """Return how many requests an even schedule has in the window, 0 where only the samples tell.

    The one that may fall on either side of the window's edge is not held against the generator.
    """
    if load.rate_rps is None or load.arrivals is not Arrivals.CONSTANT:
        return 0.0
    return load.rate_rps * window_s - 1


def _limit_hit(measurement: Measurement, environment: Environment) -> bool:
    """Return whether connections could not be opened, or the server came within 1 % of its open files."""
    generator, usage, load = measurement.generator, measurement.usage, measurement.cell.load
    few = generator is not None and load.rate_rps is None and generator.connections < load.concurrency
    limit = environment.open_files_limit
    return few or (usage is not None and 0.99 * limit <= usage.open_files_peak <= limit)


class _Used(msgspec.Struct, frozen=True):
    """A server's usage per request, NaN where it was not watched."""

    cpu_s_per_request: float = math.nan
    rss_over_idle_bytes: float = math.nan
    rss_per_in_flight_bytes: float = math.nan
    threads_peak: float = math.nan
    voluntary_switches_per_request: float = math.nan
    involuntary_switches_per_request: float = math.nan


def _used(measurement: Measurement, window: Window) -> _Used:
    usage, load, pings = measurement.usage, measurement.cell.load, measurement.bystander
    if usage is None:
        return _Used()
    # The server worked for the bystander as well: at ten waits a second its fifty would be most of the price.
    answers = window.answers / window.window_s + (_answers_rps(pings) if pings else 0.0)
    # The server is watched over nearly, not exactly, the generator's window: rates are divided, not counts.
    served = answers * usage.window_s if window.answers else math.nan
    in_flight = load.concurrency if load.rate_rps is None else window.in_flight_peak or math.nan
    over_idle = usage.rss_peak_bytes - usage.rss_idle_bytes
    return _Used(
        cpu_s_per_request=usage.cpu_s / served,
        rss_over_idle_bytes=over_idle,
        rss_per_in_flight_bytes=over_idle / in_flight,
        threads_peak=usage.threads_peak,
        voluntary_switches_per_request=usage.voluntary_switches / served,
        involuntary_switches_per_request=usage.involuntary_switches / served,
    )


def _answers_rps(samples: Samples) -> float:
    window = Window(samples)
    return window.answers / window.window_s
