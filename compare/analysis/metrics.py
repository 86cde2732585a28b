"""The registry of metrics: each number a measurement gives, once.

Rounds, summaries, tables, exports, charts and sentences read it: a new metric is one more entry here.
"""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from compare.analysis.observed import ENOUGH_ANSWERS, Observed
from compare.analysis.units import Unit

LATE_PING_S = 0.1  # what a person notices; the name of the column in summary.csv says it too
LatencyName = Literal["response", "service", "bystander"]
PERCENTILES = {"p50": "p50", "p90": "p90", "p97_5": "p97.5", "p99": "p99", "max": "max"}  # field, in words


class Better(enum.StrEnum):
    """Which way is up."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"  # a sign of health or a fact, which nobody competes in


class Figure(enum.StrEnum):
    """The figure of the experiment `concurrency` in which a metric has its panel."""

    COST = "cost"
    NONE = ""


@dataclass(frozen=True)
class Metric:
    """One number per round. `of` returns NaN where it was not measured; None for a percentile, which latencies hold.

    `name` is its key in records and its column in summary.csv; `heading` its column in tables ("" = in summary.csv
    only); `about` explains the heading; `short` puts it in the short table of summary.md. `axis` is the label of a
    chart's axis and `scale` turns the number into that label's unit. `words` is the sentence that tells a difference.
    `latency` names the percentile it is, where it is one: then it can be a bound, or rest on too few samples.
    """

    name: str
    unit: Unit
    better: Better
    of: Callable[[Observed], float] | None
    heading: str = ""
    about: str = ""
    called: str = ""  # what `compare diff` and panels call it; the heading when empty
    words: str = "{more} has {ratio} times the {called} of {less}"
    axis: str = ""
    scale: float = 1.0
    short: bool = False
    figure: Figure = Figure.NONE
    latency: tuple[LatencyName, str] | None = None
    whole: bool = False  # over all rounds; else over those whose server answered to the end

    def __str__(self) -> str:
        return self.called or self.heading or self.name

    @property
    def axis_label(self) -> str:
        """What stands at a chart's axis."""
        return self.axis or str(self)


def _percentile(which: LatencyName, field: str, *, short: bool = False, shown: bool = True) -> Metric:
    """Return the metric of one percentile of one latency."""
    called = PERCENTILES[field]
    that_of = "{more}'s {called} is {ratio} times that of {less}"
    prefix, words, about = {
        "response": ("", that_of, "of the response, from the intended send"),
        "service": ("service ", that_of, "from the actual send"),
        "bystander": (
            "bystander ",
            f"{{more}} makes bystanders wait {{ratio}} times as long as {{less}} does ({called})",
            "of GET /ping meanwhile",
        ),
    }[which]
    return Metric(
        f"{which}_{field}_s",
        Unit.SECONDS,
        Better.LESS,
        None,
        heading=f"{prefix}{called}" if shown else "",
        about=f"{'median' if field == 'p50' else called} {about}",
        called=f"{prefix}{called}",
        words=words,
        axis={"bystander": f"{called} of GET /ping, ms"}.get(which, f"{called} of the {which}, ms"),
        scale=1e3,
        short=short,
        latency=(which, field),
    )


def _known(count: int) -> float:
    return count if count >= 0 else math.nan


THROUGHPUT = Metric(
    "throughput_rps",
    Unit.RATE,
    Better.MORE,
    lambda seen: seen.window.successes / seen.window.window_s,
    heading="answers/s",
    about="successes per second",
    called="throughput",
    words="{more} answers {ratio} times what {less} does",
    axis="answers per second",
    short=True,
)
CEILING_SHARE = Metric(
    "ceiling_share",
    Unit.SHARE,
    Better.MORE,
    lambda seen: seen.ceiling_share,
    heading="of ceiling",
    about="share of what the wait alone allows",
    short=True,
)
P50 = _percentile("response", "p50", short=True)
P90 = _percentile("response", "p90")
P97_5 = _percentile("response", "p97_5")
P99 = _percentile("response", "p99", short=True)
MAX = _percentile("response", "max", shown=False)
SERVICE_P50 = _percentile("service", "p50")
BYSTANDER_P50 = _percentile("bystander", "p50", short=True)
BYSTANDER_P90 = _percentile("bystander", "p90")
CPU = Metric(
    "cpu_s_per_request",
    Unit.SECONDS,
    Better.LESS,
    lambda seen: seen.cpu_s_per_answer,
    heading="CPU/answer",
    about=(
        "CPU time of the server per answer, less what it uses without a load; "
        f"not given for fewer than {ENOUGH_ANSWERS} answers"
    ),
    called="CPU per request",
    words="{more} needs {ratio} times the CPU time per request of {less}",
    axis="CPU per answer, µs",
    scale=1e6,
    short=True,
    figure=Figure.COST,
)
RSS = Metric(
    "rss_over_idle_bytes",
    Unit.BYTES,
    Better.LESS,
    lambda seen: seen.rss_over_idle_bytes,
    heading="RSS over idle",
    about="resident memory above that of the server after 100 requests, one at a time",
    called="memory",
    axis="RSS over idle, MB",
    scale=1e-6,
    short=True,
    figure=Figure.COST,
)
RSS_WHOLE = Metric(
    "rss_peak_bytes",
    Unit.BYTES,
    Better.LESS,
    lambda seen: seen.usage.rss_peak_bytes if seen.usage else math.nan,
    heading="RSS at peak",
    about="resident memory of all processes of the server at its peak",
    called="memory of all processes",
    words="all processes of {more} together take {ratio} times the memory of {less}",
    axis="RSS of all processes, MB",
    scale=1e-6,
)
IMBALANCE = Metric(
    "imbalance",
    Unit.COUNT,
    Better.LESS,
    lambda seen: max(seen.shares) * len(seen.shares) / sum(seen.shares) if any(seen.shares) else math.nan,
    called="imbalance",
    words="{more} spreads its load {ratio} times as unevenly as {less}",
    axis="answers of the fullest worker / mean",
)
RSS_EACH = Metric(
    "rss_per_in_flight_bytes",
    Unit.BYTES,
    Better.LESS,
    lambda seen: seen.rss_over_idle_bytes / seen.in_flight if seen.in_flight else math.nan,
    called="memory per request in flight",
    words="{more} needs {ratio} times the memory per request in flight of {less}",
)
THREADS = Metric(
    "threads_peak",
    Unit.COUNT,
    Better.LESS,
    lambda seen: seen.usage.threads_peak if seen.usage else math.nan,
    heading="threads",
    about="OS threads at peak",
    words="{more} has {ratio} times the threads of {less}",
    axis="OS threads at peak",
    short=True,
    figure=Figure.COST,
)
VOLUNTARY = Metric(
    "voluntary_switches_per_request",
    Unit.COUNT,
    Better.LESS,
    lambda seen: seen.per_answer(lambda usage: _known(usage.voluntary_switches)),
    called="voluntary context switches per request",
)
INVOLUNTARY = Metric(
    "involuntary_switches_per_request",
    Unit.COUNT,
    Better.LESS,
    lambda seen: seen.per_answer(lambda usage: _known(usage.involuntary_switches)),
    called="involuntary context switches per request",
)
ORPHANED = Metric(
    "orphaned_thread_s",
    Unit.THREAD_SECONDS,
    Better.LESS,
    lambda seen: seen.orphaned_thread_s,
    heading="orphaned",
    about="seconds threads together went on waiting for clients that had left",
    short=True,
)
LOOP_LAG = Metric(
    "loop_lag_p99_s",
    Unit.SECONDS,
    Better.LESS,
    lambda seen: seen.loop_lag_p99_s,
    heading="loop lag p99",
    about="how late the server's loop ran its timers",
)
GC_PAUSE = Metric(
    "gc_longest_pause_s",
    Unit.SECONDS,
    Better.LESS,
    lambda seen: seen.gc_longest_s,
    heading="longest GC pause",
    about="the longest collection of Python's garbage collector since the server was ready; all else waits meanwhile",
    words="{more}'s longest collection is {ratio} times that of {less}",
)
SEND_LAG = Metric(
    "lag_p99_s",
    Unit.SECONDS,
    Better.NEITHER,
    lambda seen: seen.send_lag_s,
    heading="send lag",
    about="how late the load generator sent: p99 of an open loop, p90 of the bystander's pings beside a closed one",
)
GENERATOR_CPU = Metric(
    "generator_cpu_share",
    Unit.SHARE,
    Better.NEITHER,
    lambda seen: seen.generator_cpu_share,
    heading="load generator CPU",
    about="share of its core the load generator used",
)
LITTLES = Metric(
    "littles_ratio",
    Unit.COUNT,
    Better.NEITHER,
    lambda seen: seen.littles.ratio,
    heading="Little's law",
    about="mean in flight over rate times latency",
)

LONGEST_SILENCE = Metric(
    "longest_silence_s",
    Unit.SECONDS,
    Better.LESS,
    lambda seen: seen.silence.longest_s,
    heading="longest silence",
    about="how long nobody was answered though somebody waited, from the window's start to the end of observation",
)
COLLAPSED_AFTER = Metric(
    "collapsed_after_s",
    Unit.SECONDS,
    Better.NEITHER,
    lambda seen: seen.silence.collapsed_after_s,
    called="time to collapse",
    whole=True,
)
UNANSWERED = Metric(
    "unanswered",
    Unit.COUNT,
    Better.LESS,
    lambda seen: seen.silence.unanswered,
    heading="never answered",
    about="requests that were never answered, those sent before the window included",
    whole=True,
)
EXPOSURE = Metric(
    "exposure_s",
    Unit.SECONDS,
    Better.NEITHER,
    lambda seen: seen.silence.exposure_s,
    called="seconds under load and observation",
    whole=True,
)
BYSTANDER_LATE = Metric(
    "bystander_over_100ms_share",
    Unit.SHARE,
    Better.LESS,
    lambda seen: seen.bystander_over(LATE_PING_S),
    heading=f"pings over {1e3 * LATE_PING_S:g} ms",
    about=f"share of GET /ping that took longer than {1e3 * LATE_PING_S:g} ms or were never answered",
)

_SHOWN = (
    *(THROUGHPUT, CEILING_SHARE, P50, P90, P97_5, P99, SERVICE_P50, CPU, RSS, RSS_WHOLE, THREADS, ORPHANED),
    *(
        BYSTANDER_P50,
        BYSTANDER_P90,
        BYSTANDER_LATE,
        LONGEST_SILENCE,
        UNANSWERED,
        LOOP_LAG,
        GC_PAUSE,
        SEND_LAG,
        GENERATOR_CPU,
        LITTLES,
    ),
)
_EXPORTED = (
    *(RSS_EACH, IMBALANCE, VOLUNTARY, INVOLUNTARY, COLLAPSED_AFTER, EXPOSURE, MAX),
    *(_percentile("service", field, shown=False) for field in PERCENTILES if field != "p50"),
    *(_percentile("bystander", field, shown=False) for field in PERCENTILES if field not in {"p50", "p90"}),
)
METRICS: dict[str, Metric] = {one.name: one for one in (*_SHOWN, *_EXPORTED)}  # in the order of every table
