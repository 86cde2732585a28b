"""Two runs -> what changed between them, or why they cannot be compared. Pure.

Rounds are paired where that helps: both runs have the same seed, so that each round of a row stood at the same place
in the order, and five rounds or more, below which pairing leaves too little to test with. Elsewhere Welch's test
compares the logs of the rounds. What may be said is decided by `analysis.decide`, as everywhere.
"""

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from compare.analysis import paired
from compare.analysis.decide import CPU_MARGIN, Decision, Word, decide_apart, decisions
from compare.analysis.intervals import ENOUGH_ROUNDS
from compare.analysis.metrics import CPU, P50, P99, THROUGHPUT, Better, Metric
from compare.analysis.quantiles import Percentile
from compare.analysis.summary import Summary, summarise
from compare.analysis.units import Unit, percent_text, seconds_text
from compare.errors import CompareError
from compare.records import Environment, Run
from compare.report import verdict
from compare.report.escaping import markdown as escaped
from compare.report.escaping import markdown_line

METRICS = (THROUGHPUT, P50, P99, CPU)
ROUNDING = 1e-9  # a ratio this near to 1 is of a number to itself
# What has to be alike for numbers to be. Versions and the commit are what one compares, so they are told, not refused.
_ALIKE = {
    "cpu_model": "CPU",
    "cpus": "number of CPUs",
    "governor": "governor",
    "kernel": "kernel",
    "memory_bytes": "memory",
    "python": "Python",
    "implementation": "implementation",
    "gil": "GIL",
    "switch_interval_s": "switch interval",
    "server_cpus": "server pinning",
    "generator_cpus": "generator pinning",
}


class UnlikeRunsError(CompareError):
    """The runs cannot be compared; `differences` has one clause per reason."""

    def __init__(self, differences: Sequence[str], hint: str = "") -> None:
        super().__init__(f"These runs cannot be compared: {'; '.join(differences)}.{hint}")
        self.differences = tuple(differences)


class Diff(msgspec.Struct, frozen=True):
    """What changed from one run to another; in each Decision `a` is the new run's row, `b` the base's."""

    base: str
    new: str
    unlike: tuple[str, ...]  # differences of the environments, compared all the same
    changed_versions: tuple[str, ...]
    differences: tuple[Decision, ...]
    broken: tuple[Summary, ...]  # rows that gave numbers in the base and failed in the new run
    stopped: tuple[verdict.Pair, ...] = ()  # new and base row, of those in which servers stopped answering
    itself: bool = False  # both are the same run

    @property
    def named(self) -> list[Decision]:
        """The differences one may name, the largest first."""
        return sorted((one for one in self.differences if one.named), key=lambda one: -one.effect)

    @property
    def worse(self) -> list[Decision]:
        """What got worse, the largest change first."""
        return [one for one in self.named if regression(one) > 0]

    @property
    def better(self) -> list[Decision]:
        """What got better, the largest change first."""
        return [one for one in self.named if regression(one) <= 0]

    @property
    def worst_regression(self) -> float:
        """How much worse the worst of the named differences is: 0.05 is 5 % fewer answers or 5 % longer waits.

        0 when nothing got worse, infinite when a row broke, or servers stopped answering that did not in the base.
        """
        lost = bool(self.broken) or any(map(_stops_anew, self.stopped))
        return math.inf if lost else max([0.0, *map(regression, self.named)])


def regression(difference: Decision) -> float:
    """Return by which fraction the new run is worse, negative when it is better."""
    ratio = difference.ratio.value
    return 1 - ratio if difference.metric.better is Better.MORE else ratio - 1


def diff(base: Run, new: Run, *, anyway: bool = False) -> Diff:
    """Return what changed from `base` to `new`.

    Raises UnlikeRunsError when the environments differ in what numbers depend on, unless `anyway`, and when the runs
    have no row in common.
    """
    before, after = _rows(base), _rows(new)
    pairs = [(after[key], before[key]) for key in before if key in after]
    if not pairs:
        raise UnlikeRunsError(
            ["they have no row in common, which is the same experiment, contestant, load and duration"],
            " Compare two runs of one command, such as `compare bench concurrency`.",
        )
    unlike = environment_differences(base.environment, new.environment)
    if unlike and not anyway:
        raise UnlikeRunsError(unlike, " Use --anyway to compare all the same.")
    floor = max(paired.noise_floor(list(rows.values())) for rows in (before, after))
    same_seed = base.seed == new.seed
    found = [one for metric in METRICS for one in _compared(pairs, metric, floor, same_seed=same_seed)]
    broken = tuple(one for one, other in pairs if other.valid and one.failure and not one.rounds)
    stopped = tuple(pair for pair in pairs if any(row.reliability.collapsed for row in pair))
    unchanged = all(abs(one.ratio.value - 1) < ROUNDING for one in found if one.ratio.measured)
    return Diff(
        base.name,
        new.name,
        tuple(unlike),
        tuple(_changed_versions(base.environment, new.environment)),
        tuple(found),
        broken=broken,
        stopped=stopped,
        itself=unchanged and not broken and (base.name, base.created) == (new.name, new.created),
    )


def _stops_anew(pair: verdict.Pair) -> bool:
    """Whether servers stopped answering in the new run that did not in the base: counts are told, not tested."""
    new, base = (row.reliability.collapsed for row in pair)
    return new > 0 and not base


def environment_differences(base: Environment, new: Environment) -> list[str]:
    """Return one clause for each thing that numbers depend on and that is not alike."""
    return [
        f"{words} {_told(field, base)} against {_told(field, new)}"
        for field, words in _ALIKE.items()
        if _told(field, base) != _told(field, new)
    ]


def words(found: Diff) -> list[str]:
    """Return the sentences a person reads first: what stopped, broke, got worse, got better, and all that is left."""
    worse, better = found.worse, found.better
    sentences = [_stopped_words(*pair) for pair in found.stopped]
    sentences += [f"{_row_words(one)} failed: {one.failure}" for one in found.broken]
    sentences += [_sentence(one) for one in [*worse, *better]]
    sentences.append(_account(found))
    if found.itself:
        sentences.insert(0, f"{found.base} is compared with itself, so nothing can have changed.")
    if found.unlike:
        sentences.append(f"The environments differ, so these numbers may too: {'; '.join(found.unlike)}.")
    return sentences


def _account(found: Diff) -> str:
    """Return the sentence in which every comparison is counted once."""
    count = Counter(one.word for one in found.differences)
    rows = len(found.differences) // len(METRICS)
    told = {
        "worse": len(found.worse),
        "better": len(found.better),
        f"the same within {percent_text(CPU_MARGIN)} at most": count[Word.SAME],
        "that cannot be told": count[Word.CANNOT_TELL],
        "without a number in one of the runs": count[Word.NOT_COMPARABLE],
    }
    parts = [f"{many:,} {words}" for words, many in told.items() if many]
    return (
        f"{len(found.differences):,} comparisons ({rows:,} {'row' if rows == 1 else 'rows'} by "
        f"{', '.join(map(str, METRICS))}): {', '.join(parts)}."
    )


def markdown(found: Diff) -> str:
    """Return the sentences and a table of every comparison, as GitHub reads Markdown."""
    said = "".join(f"- {markdown_line(sentence)}\n" for sentence in words(found))
    versions = "".join(f"- {markdown_line(change)}\n" for change in found.changed_versions)
    lines = [
        "| row | metric | base | new | new / base | result |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {escaped(_row_words(one.a))} | {one.metric} | {_number(one.b, one.metric)} | "
        f"{_number(one.a, one.metric)} | {_ratio_text(one)} | {_result(one)} |"
        for one in found.differences
    ]
    return f"# {escaped(found.base)} -> {escaped(found.new)}\n\n{said}{versions}\n" + "\n".join(lines) + "\n"


def _rows(run: Run) -> dict[tuple[object, ...], Summary]:
    return {(one.experiment, one.contestant, one.load, one.side): one for one in summarise(run)}


def _told(field: str, environment: Environment) -> str:
    value = getattr(environment, field)
    return f"{value / 2**30:.0f} GiB" if field == "memory_bytes" else str(value)


def _changed_versions(base: Environment, new: Environment) -> list[str]:
    names = sorted(base.versions.keys() | new.versions.keys())
    both = [(name, base.versions.get(name, "none"), new.versions.get(name, "none")) for name in names]
    commit = ("commit", base.commit, new.commit)
    return [f"{name} {before} -> {after}" for name, before, after in [*both, commit] if before != after]


def _compared(
    pairs: Sequence[verdict.Pair], metric: Metric, floor: float, *, same_seed: bool
) -> list[Decision]:
    if same_seed and all(min(len(one.rounds), len(other.rounds)) >= ENOUGH_ROUNDS for one, other in pairs):
        return decisions(pairs, metric, floor=floor)
    return [decide_apart(new, base, metric, floor=floor) for new, base in pairs]


def _sentence(one: Decision) -> str:
    worse = "worse" if regression(one) > 0 else "better"
    now, before = (_number(side, one.metric) for side in (one.a, one.b))
    return (
        f"{_row_words(one.a)}: {one.metric} went from {before} to {now}, "
        f"{_bound(one)}{verdict.ratio_text(one.ratio)} times what it was: {worse}."
    )


def _stopped_words(new: Summary, base: Summary) -> str:
    now, before = (f"{row.reliability.collapsed} of {row.reliability.servers}" for row in (new, base))
    return f"{_row_words(new)}: {now} fresh servers stopped answering, {before} before."


def _bound(one: Decision) -> str:
    """Return which way a ratio is a bound: of the larger side, at its ceiling, nobody saw how much larger it is."""
    if not one.at_least:
        return ""
    return "at least " if one.ratio.value > 1 else "at most "


def _number(summary: Summary, metric: Metric) -> str:
    """Return one side's number in its unit, an answer rate with its `/s`."""
    number = summary.number(metric)
    value = number.value_s if isinstance(number, Percentile) else number.value
    return metric.unit.text(value) + ("/s" if metric.unit is Unit.RATE else "")


def _ratio_text(one: Decision) -> str:
    return _bound(one) + verdict.ratio_text(one.ratio) if one.ratio.measured else "-"


def _result(one: Decision) -> str:
    if not one.named:
        return str(one.word)
    return "worse" if regression(one) > 0 else "better"


def _row_words(summary: Summary) -> str:
    load = summary.load
    rate = summary.rate_rps
    much = f"{load.concurrency:,} in flight" if rate is None else f"{rate:g}/s"
    who = verdict.name(summary.contestant)
    return f"{summary.experiment}: {who}, {much}, {seconds_text(load.delay_s)} wait"
