"""Faults that `benchmarks.mutations` plants in what turns samples into words."""

from benchmarks.planted import Target

QUANTILES = Target(
    source="compare/analysis/quantiles.py",
    tests=("tests/analysis/test_quantiles.py", "tests/analysis/test_summary.py"),
    faults=(
        ("SAMPLES_ABOVE = 10", "SAMPLES_ABOVE = 9"),
        ("total * (1 - p) >= SAMPLES_ABOVE - 1e-6", "total * (1 - p) > SAMPLES_ABOVE"),
        # what was still waiting counts as answered when the waiting ended
        ("np.full(len(waited_s), np.inf)", "waited_s"),
        ("low + (ranks - below) * step", "low"),
        ("if 2 * len(told) <= len(percentiles):", "if 2 * len(told) < len(percentiles):"),
        ("if 2 * beyond >= len(told):", "if 2 * beyond > len(told):"),
        ("np.median([one.value_s for one in told])", "np.max([one.value_s for one in told])"),
        ("exact.low, math.inf, len(told)", "exact.low, exact.high, len(told)"),
    ),
)
UNITS = Target(
    source="compare/analysis/units.py",
    tests=("tests/analysis/test_units.py",),
    faults=(
        ("0.9995 * size_s", "size_s"),
        ("0.9995 * size:", "size:"),
        ('return "n/a"', 'return "0 us"'),
    ),
)
INTERVALS = Target(
    source="compare/analysis/intervals.py",
    tests=("tests/analysis/test_intervals.py", "tests/analysis/test_paired.py"),
    faults=(
        ("CONFIDENCE = 0.95", "CONFIDENCE = 0.9"),
        ("ENOUGH_ROUNDS = 5", "ENOUGH_ROUNDS = 4"),
        ("equal_var=False", "equal_var=True"),
        ('method="BCa"', 'method="percentile"'),
        ("default_rng(0)", "default_rng()"),
        ("values[np.isfinite(values)]", "values[~np.isnan(values)]"),
        ("(self.high - self.low) / 2 / abs", "(self.high - self.low) / abs"),
        ("np.where(np.isnan(found), extremes, found)", "found"),
        ("float(np.median(row)), float(low)", "float(np.mean(row)), float(low)"),
    ),
)
PAIRED = Target(
    source="compare/analysis/paired.py",
    tests=("tests/analysis/test_paired.py",),
    faults=(
        # the floor sinks below the smallest effect
        ("max([SMALLEST_EFFECT, *(", "max([0.0, *("),
        # the largest effect of the run is not its floor
        ("return max([SMALLEST_EFFECT", "return min([SMALLEST_EFFECT"),
        ("replace(one, floor=floor)", "replace(one)"),
        # one contestant's side is paired with another's, or another load's
        (
            "(summary.experiment, summary.contestant, summary.load)",
            "(summary.experiment, summary.contestant)",
        ),
        ("(summary.experiment, summary.contestant, summary.load)", "(summary.experiment, summary.load)"),
    ),
)
_LEAST = "least = max(floor, a.floor, b.floor, SMALLEST_EFFECT)"
DECIDE = Target(
    source="compare/analysis/decide.py",
    tests=(
        "tests/analysis/test_decide.py",
        "tests/analysis/test_decisions_simulated.py",
        "tests/analysis/test_paired.py",
    ),
    faults=(
        ("LOOK_P = 0.0044", "LOOK_P = 0.05"),
        ("SMALLEST_EFFECT = 0.05", "SMALLEST_EFFECT = 0.03"),
        ("WAIT_MARGIN, CPU_MARGIN = 0.05, 0.10", "WAIT_MARGIN, CPU_MARGIN = 0.10, 0.10"),
        ("LOOKS = (3, 5, 8)", "LOOKS = (2, 5, 8)"),
        # a ratio that was cut off at the ceiling is told as it stands, or one of CPU as a bound
        (
            "    return Decision(a, b, metric, ratio, p_value, word, margin, at_least=at_least)",
            "    return Decision(a, b, metric, ratio, p_value, word, margin)",
        ),
        (
            "Word.DIFFERS if named else word, margin, at_least=at_least)",
            "Word.DIFFERS if named else word, margin)",
        ),
        ("return metric is THROUGHPUT and larger.", "return larger."),
        ("(a, b) if ratio.value > 1 else (b, a)", "(a, b)"),
        # no floor of an A/A run, on either side, nor the one given
        (_LEAST, _LEAST.replace(" b.floor,", "")),
        (_LEAST, _LEAST.replace("(floor,", "(")),
        (_LEAST, _LEAST.replace(", SMALLEST_EFFECT", "")),
        ("max(least, _resolution(a, b)) if metric", "least if metric"),
        ("    return max([0.0, *steps])", "    return 0.0"),
        # the smaller side's surplus is not one
        ("return max(ratio, 1 / ratio) - 1", "return ratio - 1"),
        ("if not (a.valid and b.valid):", "if not a.valid:"),
        # rounds are paired by their place, not by their number
        ("theirs.get(one.cell.round, math.nan)", "next(iter(theirs.values()), math.nan)"),
        # rounds in which a side stopped answering are compared
        ("for one in b.rounds if not one.collapsed}", "for one in b.rounds}"),
        # a winner from one round or two
        (
            "    if len(logs) < LOOKS[0]:\n        return Word.CANNOT_TELL",
            "    if False:\n        return Word.CANNOT_TELL",
        ),
        # what is small is named, what is unsure is named, what is unsure is the same
        ("    if p_value < LOOK_P and effect(ratio.value) > least:\n", "    if p_value < LOOK_P:\n"),
        (
            "    if p_value < LOOK_P and effect(ratio.value) > least:\n",
            "    if effect(ratio.value) > least:\n",
        ),
        ("return Word.SAME if _within(logs, math.log1p(margin)) else Word.CANNOT_TELL", "return Word.SAME"),
        # the interval is of another confidence, or the mean of another kind
        ("(1 + CONFIDENCE) / 2", "CONFIDENCE"),
        (
            "Estimate(math.exp(mean), math.exp(mean - half)",
            "Estimate(float(np.mean(np.exp(logs))), math.exp(mean - half)",
        ),
        # rounds that are all alike say nothing
        ("return 1.0 if abs(mean) < _ALIKE else 0.0", "return 1.0"),
        # two runs are told apart whatever the number of rounds, or however small the effect
        ("    if fewest < LOOKS[0]:\n", "    if fewest < 1:\n"),
        ("named = p_value < LOOK_P and", "named ="),
    ),
)
OUTCOME = Target(
    source="compare/analysis/outcome.py",
    tests=("tests/analysis/test_outcome.py",),
    faults=(
        ("STALL_WAITS, STALL_LEAST_S = 3,", "STALL_WAITS, STALL_LEAST_S = 4,"),
        ("COLLAPSE_WAITS, COLLAPSE_LEAST_S = 10, 1.0", "COLLAPSE_WAITS, COLLAPSE_LEAST_S = 9, 1.0"),
        ("COLLAPSE_WAITS, COLLAPSE_LEAST_S = 10, 1.0", "COLLAPSE_WAITS, COLLAPSE_LEAST_S = 10, 0.5"),
        # a bystander that is answered is not seen
        ("every = [samples] if bystander is None else [samples, bystander]", "every = [samples]"),
        # a collapse is told as a stall, a stall as an answer
        ("Outcome.COLLAPSED if collapsed else Outcome.STALLED if stalled", "Outcome.STALLED if stalled"),
        ("Outcome.STALLED if stalled else Outcome.ANSWERED", "Outcome.ANSWERED"),
        # an open silence is not part of the longest
        (
            "longest_s = max(float(np.max(gaps, initial=0.0)), open_s)",
            "longest_s = float(np.max(gaps, initial=0.0))",
        ),
        # silence while nobody waits counts
        ("np.maximum(before, waiting_since)", "before"),
        # requests from before the window, and the warm-up, are left out
        ("warmup_s + last_s if collapsed", "last_s if collapsed"),
        ("        warmup_s + end_s,\n", "        end_s,\n"),
        # a refused connection is waited for forever
        (
            "np.where(np.isin(one.status, _UNANSWERED), np.nan, one.done_s)",
            "np.where(one.status < 100, np.nan, one.done_s)",
        ),
        # counts of a row
        (
            "    died = [one.collapsed_after_s for one in rounds if one.outcome is Outcome.COLLAPSED]",
            "    died = [one.collapsed_after_s for one in rounds]",
        ),
        ("sum(one.unanswered for one in rounds)", "max(one.unanswered for one in rounds)"),
        ("tuple(sorted(died))", "tuple(died)"),
        (
            "lived = [one.longest_s for one in rounds if one.outcome is not Outcome.COLLAPSED]",
            "lived = [one.longest_s for one in rounds]",
        ),
    ),
)
METRICS = Target(
    source="compare/analysis/metrics.py",
    tests=(
        "tests/analysis/test_metrics.py",
        "tests/analysis/test_rounds.py",
        "tests/analysis/test_summary.py",
        "tests/analysis/test_observed.py",
        "tests/analysis/test_outcome.py",
    ),
    faults=(
        # every answer, or every second, counts as throughput
        ("seen.window.successes / seen.window.window_s", "seen.window.answers / seen.window.window_s"),
        ("seen.window.successes / seen.window.window_s", "seen.window.successes"),
        # the total for what an answer costs
        (
            "lambda seen: seen.cpu_s_per_answer",
            "lambda seen: seen.usage.cpu_s if seen.usage else math.nan",
        ),
        # what is not known counts as -1
        ("return count if count >= 0 else math.nan", "return count"),
        ("_known(usage.voluntary_switches)", "_known(usage.involuntary_switches)"),
        # memory per request is memory
        ("seen.rss_over_idle_bytes / seen.in_flight if", "seen.rss_over_idle_bytes if"),
        (
            "seen.usage.threads_peak if seen.usage else math.nan",
            "seen.usage.threads_peak if seen.usage else 0",
        ),
        ("lambda seen: seen.silence.unanswered", "lambda seen: 0"),
        ("lambda seen: seen.silence.collapsed_after_s", "lambda seen: seen.silence.longest_s"),
        ("LATE_PING_S = 0.1", "LATE_PING_S = 1.0"),
        # an entry that no sentence can be made of
        (
            "{more} needs {ratio} times the CPU time per request of {less}",
            "{more} needs more CPU time than {less}",
        ),
        # what is counted over all rounds is counted over those that answered
        ('    called="time to collapse",\n    whole=True,', '    called="time to collapse",'),
        # a metric that no table shows
        ("for one in (*_SHOWN, *_EXPORTED)}", "for one in _SHOWN}"),
    ),
)
ROUNDS = Target(
    source="compare/analysis/rounds.py",
    tests=(
        "tests/analysis/test_rounds.py",
        "tests/analysis/test_decide.py",
        "tests/analysis/test_summary.py",
    ),
    faults=(
        # a bound passes for a number
        ("        return found.exact_s", "        return found.value_s"),
        # a failed cell has numbers, an invalid round is shown
        ("if measurement.failure is not None:", "if False:"),
        ("return not any(warning.invalid", "return not any(False"),
        # a work of one's own is held to the wait asked for
        ("load.delay_s if waits_as_asked else 0.0", "load.delay_s"),
        ("window.sent_share(seen.scheduled)", "window.sent_share(0.0)"),
        ("noisy=_noisy(seen.measurement)", "noisy=False"),
    ),
)
OBSERVED = Target(
    source="compare/analysis/observed.py",
    tests=(
        "tests/analysis/test_observed.py",
        "tests/analysis/test_observed_server.py",
        "tests/analysis/test_rounds.py",
        "tests/analysis/test_ceiling.py",
    ),
    faults=(
        ("LITTLES_TOLERANCE = 0.03", "LITTLES_TOLERANCE = 0.05"),
        # what is in flight is counted where rate x latency must make it
        ("ratio = in_flight / expected if expected", "ratio = 1.0 if expected"),
        ("enough = edge * ENOUGH_RESPONSES <= 1", "enough = True"),
        ("loop_lag_s.p99 if", "loop_lag_s.p50 if"),
        # what the server uses without a load is the cost of its answers, and few answers have a cost
        (
            "own_share = self.usage.cpu_s / self.usage.window_s - blank",
            "own_share = self.usage.cpu_s / self.usage.window_s",
        ),
        ("if self.usage is None or self.window.answers < ENOUGH_ANSWERS:", "if self.usage is None:"),
        # a generator that falls behind a closed loop is not seen
        ("return Window(pings).lag_s(0.9) if pings else math.nan", "return self.window.lag_s(0.99)"),
        ("        return self.window.lag_s(0.99)\n\n", "        return self.window.lag_s(0.5)\n\n"),
        # a short window, or one with many threads, says nothing of it
        ("MANY_THREADS_S if many else LEAST_WINDOW_S", "LEAST_WINDOW_S"),
        (", ENOUGH_RESPONSES * median_s)", ", 0.0)"),
        # the rate counted instead of the one asked for
        ("due = load.rate_rps * window.window_s", "due = window.intended"),
        ("edges = 3 * math.sqrt(before + after + 1)", "edges = 0.0"),
        ("3 / math.sqrt(due) if", "1 / due if"),
        (
            "return Little(False, math.nan, LITTLES_TOLERANCE)",
            "return Little(True, math.nan, LITTLES_TOLERANCE)",
        ),
        # the bystander's answers cost nothing
        ("return own + (_answers_rps(pings) if pings else 0.0)", "return own"),
        ("self.answers_rps * self.usage.window_s", "self.answers_rps"),
        # the whole memory for what the load added
        ("self.usage.rss_peak_bytes - self.usage.rss_idle_bytes", "self.usage.rss_peak_bytes"),
        ("load.rate_rps * window_s - 1", "load.rate_rps * window_s"),
        ("closed and generator.connections < self.load.concurrency", "False"),
        ("NEAR_LIMIT * most <= self.usage.open_files_peak", "most < self.usage.open_files_peak"),
        ("float(np.trapezoid(counts, times))", "float(sum(counts))"),
    ),
)
VALIDITY = Target(
    source="compare/analysis/validity.py",
    tests=("tests/analysis/test_validity.py", "tests/analysis/test_rounds.py"),
    faults=(
        ("OVER_CEILING = 1.01", "OVER_CEILING = 1.02"),
        # a whole wave at the window's edge is called a skipped wait, or even one answer is
        ("+ max(1.0, signs.wave)", "+ 1.0"),
        ("+ max(1.0, signs.wave)", "+ signs.wave"),
        ("UNSETTLED = 0.1", "UNSETTLED = 0.2"),
        ("apart <= max(1.0, UNSETTLED", "apart <= max(0.0, UNSETTLED"),
        ("answered and not at_ceiling and not _settled", "answered and not _settled"),
        ("MOST_SHORT_WAITS_SHARE = 0.01", "MOST_SHORT_WAITS_SHARE = 0.02"),
        ("max(LATE_S, LATE_SHARE * median_s)", "LATE_S"),
        ("max(LATE_S, LATE_SHARE * median_s)", "LATE_SHARE * median_s"),
        ("LEAST_SENT_SHARE = 0.995", "LEAST_SENT_SHARE = 0.99"),
        ("MOST_GENERATOR_SHARE = 0.7", "MOST_GENERATOR_SHARE = 0.8"),
        ("abs(signs.littles_ratio - 1)", "(signs.littles_ratio - 1)"),
        ("abs(signs.littles_ratio - 1)", "(1 - signs.littles_ratio)"),
        ("signs.successes == 0", "False"),
        ("AT_CEILING and not too_many", "AT_CEILING"),
        ("signs.failures > 0", "signs.failures > 1"),
        ("        Warning.LIMIT_HIT,\n        Warning.NO_SUCCESS,\n", "        Warning.LIMIT_HIT,\n"),
    ),
)
WINDOW = Target(
    source="compare/analysis/window.py",
    tests=("tests/analysis/test_window.py", "tests/analysis/test_rounds.py"),
    faults=(
        ("self.mine & ~self.success & ~self.censored", "self.mine & ~self.success"),
        ("waits < 0.99 * wait_s - 5e-5", "waits < wait_s"),
        ("due = max(scheduled, self.intended)", "due = self.intended"),
        ("np.maximum(self.samples.intended_s, 0)", "self.samples.intended_s"),
        # what is censored made the median smaller
        ("waited = self.samples.end_s - self.samples.intended_s[waiting]", "waited = took[:0]"),
        # service instead of response
        ("self._latency(self.samples.intended_s, ", "self._latency(self.samples.sent_s, "),
    ),
)
PLANTED = Target(
    source="compare/planted.py",
    tests=("tests/test_planted.py",),
    faults=(
        # the same side is always first
        ("order = (False, True) if number % 2 else (True, False)", "order = (False, True)"),
        # a look after each round
        ("if number in LOOKS and found.decided:", "if found.decided:"),
        # the wrong way round counts as found
        ("named = [one.ratio.value > 1 for", "named = [True for"),
        # a round without an answer is compared
        (" if min(rates.values()) > 0 else []", ""),
    ),
)
