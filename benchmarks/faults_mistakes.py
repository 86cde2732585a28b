"""The mistakes of docs/methodology.md, planted: each test named there, alone, must notice the mistake it stands for.

`tests/house/test_docs.py` holds the page and this table together. Those with a number are 16 faults of
which ten once went unnoticed by the tests that the page named then. A file that does not exist is planted as a new one.
"""

from benchmarks.planted import Target


def _alone(test: str, source: str, *faults: tuple[str, str]) -> Target:
    return Target(source, (test,), faults)


_WORK_HTTP = "tests/work/test_http.py::"
_ROUNDS = "tests/analysis/test_rounds.py::"
_WINDOW = "tests/analysis/test_window.py::"
_SUMMARY = "tests/analysis/test_summary.py::"
_DECIDE = "tests/analysis/test_decide.py::"
_OUTCOME = "tests/analysis/test_outcome.py::"
_SERVERS = "tests/harness/test_servers.py::"
_HOUSE = "tests/house/test_architecture.py::"

_LOADING = (  # hidden caps, limits, readiness, what is left running
    # (1) the aiohttp client has its default of 100 connections
    _alone(
        _WORK_HTTP + "test_the_native_face_is_not_capped_at_a_hundred",
        "compare/work/http.py",
        ("aiohttp.TCPConnector(limit=0)", "aiohttp.TCPConnector(limit=100)"),
    ),
    _alone(
        _WORK_HTTP + "test_the_blocking_face_is_not_capped_below_the_capacity_and_keeps_its_connections",
        "compare/work/http.py",
        ("maxsize=connections, block=True", "maxsize=1, block=False"),
    ),
    _alone(
        _WORK_HTTP + "test_the_caps_are_printed_at_start",
        "compare/work/http.py",
        ('"aiohttp client: no cap (its default is 100)"', '""'),
    ),
    # (2) the usual backlog
    _alone(
        "tests/contract/test_lifecycle.py::"
        "test_a_burst_of_a_thousand_connections_is_taken_while_the_server_does_nothing",
        "compare/contract/bounds.py",
        ("BACKLOG = 4096", "BACKLOG = 128"),
    ),
    # (3) fewer connections than were asked for
    _alone(
        _ROUNDS + "test_connections_that_could_not_be_opened_are_a_limit_hit",
        "compare/analysis/observed.py",
        ("closed and generator.connections < self.load.concurrency", "False"),
    ),
    _alone(
        _ROUNDS + "test_a_server_at_its_limit_of_open_files_is_a_limit_hit",
        "compare/analysis/observed.py",
        ("NEAR_LIMIT * most <= self.usage.open_files_peak", "most < self.usage.open_files_peak"),
    ),
    _alone(
        "tests/loadgen/test_connection.py::test_a_connection_is_used_again_and_again",
        "compare/loadgen/connection.py",
        ("self.usable = self._keep and self._parser.should_keep_alive()", "self.usable = False"),
    ),
    # (4) virtual memory
    _alone(
        "tests/harness/test_monitor.py::test_memory_that_was_reserved_and_never_touched_is_not_counted",
        "compare/harness/monitor.py",
        ("process.memory_info().rss", "process.memory_info().vms"),
    ),
    _alone(
        "tests/harness/test_monitor.py::"
        "test_peaks_are_those_of_the_window_alone_and_idle_is_what_was_before_the_load",
        "compare/harness/monitor.py",
        ("[r for r in readings if window[0] <= r.at_s <= window[1]] or readings[-1:]", "readings"),
        ("rss_idle_bytes=readings[0].rss_bytes", "rss_idle_bytes=readings[-1].rss_bytes"),
    ),
    # a server that did not say that it is ready is measured once the time has passed
    _alone(
        _SERVERS + "test_a_server_that_never_becomes_ready_is_stopped_and_its_last_words_told",
        "compare/harness/servers.py",
        (
            (
                "        raise ServerError(_with_tail("
                'f"The server was not ready within {READY_TIMEOUT_S:g} s.", child))'
            ),
            "        return None",
        ),
    ),
    _alone(
        _SERVERS + "test_an_error_in_the_block_stops_the_server_and_passes_through",
        "compare/harness/servers.py",
        ("exit_usage = self.end()", "exit_usage = None"),
    ),
    _alone(
        "tests/engine/test_killed.py::"
        "test_when_the_benchmark_is_killed_what_it_measured_stays_and_nobody_is_left",
        "compare/engine/drive.py",
        # what was planned is not kept: a run that was killed passes for a whole one
        ("planned=len(self.run.measurements) + len(cells)", "planned=len(self.run.measurements)"),
    ),
)
_COUNTING = (  # failures, percentiles, coordinated omission
    # (5) a failed request counts
    _alone(
        _WINDOW + "test_a_fast_error_makes_no_latency_better_and_is_no_throughput",
        "compare/analysis/window.py",
        ("int(np.count_nonzero(self.success & self.completed))", "int(np.count_nonzero(self.completed))"),
        ("good = self.mine & self.success\n", "good = self.mine & ~self.censored\n"),
    ),
    # (6) a round in which nothing succeeded is valid
    _alone(
        _ROUNDS + "test_no_success_is_no_throughput_of_zero_but_invalid",
        "compare/analysis/validity.py",
        ("        Warning.LIMIT_HIT,\n        Warning.NO_SUCCESS,\n", "        Warning.LIMIT_HIT,\n"),
    ),
    _alone(
        _ROUNDS + "test_a_failed_cell_and_one_without_samples_give_no_number",
        "compare/analysis/rounds.py",
        ("if measurement.failure is not None:", "if False:"),
    ),
    # a request is not sent while another one waits
    _alone(
        "tests/harness/test_load.py::test_a_frozen_second_shows_in_the_percentiles_as_arithmetic_says",
        "compare/loadgen/streams.py",
        (
            "        if self._idle:\n            self._idle.popitem()[0].send(intended_s)\n",
            (
                "        if self._idle and len(self._idle) < len(self._open):\n            pass\n"
                "        elif self._idle:\n            self._idle.popitem()[0].send(intended_s)\n"
            ),
        ),
    ),
    # (7) the response counts from when a request was sent
    _alone(
        _WINDOW + "test_a_freeze_shows_in_the_percentiles_as_arithmetic_has_it",
        "compare/analysis/window.py",
        ("self._latency(self.samples.intended_s, ", "self._latency(self.samples.sent_s, "),
    ),
    # (8) what waited for a connection is due when it leaves
    _alone(
        "tests/loadgen/test_streams.py::"
        "test_a_request_that_finds_no_free_connection_leaves_late_with_its_time_kept",
        "compare/loadgen/streams.py",
        (
            (
                "            connection.send(self._queue.popleft())\n        else:\n"
                "            self._idle[connection] = None\n\n\ndef make"
            ),
            (
                "            self._queue.popleft()\n            connection.send(monotonic())\n        else:\n"
                "            self._idle[connection] = None\n\n\ndef make"
            ),
        ),
    ),
    # (9) an average for a median
    _alone(
        _SUMMARY + "test_percentiles_are_medians_over_rounds_and_never_pooled_or_averaged",
        "compare/analysis/intervals.py",
        ("float(np.median(row)), float(low)", "float(np.mean(row)), float(low)"),
    ),
    # (10) an interval ten times too narrow
    _alone(
        "tests/analysis/test_intervals.py::test_intervals_cover_the_truth_about_as_often_as_they_claim",
        "compare/analysis/intervals.py",
        (
            "np.stack([interval.low, interval.high], axis=1)\n",
            (
                "np.stack([interval.low, interval.high], axis=1)\n"
                "    found = 0.9 * np.median(rows, axis=1, keepdims=True) + 0.1 * found\n"
            ),
        ),
    ),
)
_TELLING = (  # labels, one fact in two places, records
    _alone(
        _SUMMARY + "test_a_row_is_one_experiment_contestant_and_load_over_its_rounds",
        "compare/analysis/summary.py",
        (
            "return cell.experiment, cell.contestant, cell.load, cell.side",
            "return cell.experiment, cell.load, cell.side",
        ),
    ),
    # (11) rows keep the order in which they were measured
    _alone(
        "tests/screen/test_tables.py::"
        "test_rows_are_sorted_by_contestant_and_then_by_load_whatever_the_order_measured",
        "compare/report/table.py",
        (
            "    one = summary.contestant\n    return (\n        summary.experiment,\n",
            "    one = summary.contestant\n    return ()\n    return (\n        summary.experiment,\n",
        ),
    ),
    _alone(
        "tests/test_bench.py::test_what_was_kept_says_the_same_as_what_was_measured",
        "compare/records/packing.py",
        ("done_s=(intended + done) / 1e6", "done_s=(intended + 2 * done) / 1e6"),
    ),
    _alone(
        "tests/report/test_page.py::test_every_row_is_in_the_table_with_every_column",
        "compare/report/page.py",
        ("            for row in rows\n        ],", "            for row in rows[1:]\n        ],"),
    ),
    _alone(
        "tests/harness/test_environment.py::"
        "test_the_environment_names_machine_interpreter_versions_limits_and_pinning",
        "compare/harness/environment.py",
        ("        switch_interval_s=sys.getswitchinterval(),", "        switch_interval_s=0.0,"),
        ("        versions=_versions(),", "        versions={},"),
    ),
    _alone(
        "tests/records/test_store.py::test_the_environment_is_part_of_the_record",
        "compare/records/store.py",
        (
            "    whole = msgspec.structs.replace(run, measurements=bare)",
            (
                "    nothing = msgspec.structs.replace(run.environment, kernel='')\n"
                "    whole = msgspec.structs.replace(run, measurements=bare, environment=nothing)"
            ),
        ),
    ),
    _alone(
        "tests/records/test_store.py::test_numpy_alone_opens_the_samples",
        "compare/records/packing.py",
        (
            "np.lib.format.write_array(member, arrays[name], allow_pickle=False)",
            "member.write(arrays[name].tobytes())",
        ),
    ),
    _alone(
        "tests/house/test_once.py::test_no_two_tests_do_the_same",
        "tests/contract/test_again.py",
        ("", "".join(f"def test_{name}():\n    x = 1\n    assert x == 1\n\n\n" for name in "ab")),
    ),
    _alone(
        "tests/house/test_rivals.py::test_what_is_called_wrk_is_wrk",
        "benchmarks/generator_vs_wrk.py",
        ('tool("wrk")', 'tool("ab")'),
    ),
    _alone(
        _HOUSE + "test_no_function_is_longer_than_60_lines",
        "benchmarks/long.py",
        ("", "def long() -> None:\n" + "    pass\n" * 60),
    ),
    _alone(
        _HOUSE + "test_no_arrow_points_up_and_none_in_a_circle",
        "compare/analysis/units.py",
        ("import enum\n", "import enum\nfrom compare.report import table\n"),
    ),
    _alone(
        _HOUSE + "test_nothing_is_dispatched_by_a_name_in_globals",
        "compare/errors.py",
        ("    exit_code = 1\n", '    exit_code = globals().get("code", 1)\n'),
    ),
)
_ALIKE = (  # what differs between two sides, and what they wait for
    # (12) the server does not learn how many workers it is to have
    _alone(
        _SERVERS + "test_the_command_tells_the_server_everything_the_contestant_is",
        "compare/harness/servers.py",
        ("        workers=contestant.workers,\n", ""),
        ("        loop=contestant.loop,\n", ""),
    ),
    _alone(
        _SERVERS + "test_another_interpreter_runs_the_server_and_finds_this_code_only",
        "compare/harness/servers.py",
        ("        python or sys.executable,\n", "        sys.executable,\n"),
    ),
    # (13) pinning is ignored
    _alone(
        _SERVERS + "test_the_server_runs_on_the_cpu_it_was_given_and_the_benchmark_elsewhere",
        "compare/harness/servers.py",
        ("Child(words, cpu=cpu, env=environ, hangs=False)", "Child(words, env=environ, hangs=False)"),
    ),
    _alone(
        "tests/harness/test_load.py::test_the_generator_is_started_on_the_cpu_it_is_given",
        "compare/harness/generators.py",
        ('"compare.loadgen.generator"], cpu=self._cpu)', '"compare.loadgen.generator"])'),
    ),
    _alone(
        _HOUSE + "test_the_twins_have_the_same_files",
        "compare/aiohttp_impl/extra.py",
        ("", '"""Only here."""\n'),
    ),
    _alone(
        "tests/contract/test_differential.py::test_both_servers_give_the_same_answer",
        "compare/aiohttp_impl/answers.py",
        ("        return not_found()\n", "        return internal()\n"),
    ),
    _alone(
        "tests/test_preparing.py::"
        "test_a_contestant_that_breaks_the_contract_is_refused_and_the_others_are_not",
        "compare/preparing.py",
        ("            refused |= harness.preflight(", "            harness.preflight("),
    ),
    _alone(
        "tests/screen/test_tables.py::test_a_work_that_all_rows_share_is_told_once",
        "compare/screen/tables.py",
        ('shared = len(works) == 1 and works != {"sleep"}', "shared = False"),
    ),
    # (14) in place of sockets a timer
    _alone(
        "tests/experiments/test_work.py::"
        "test_every_contestant_waits_on_all_three_and_differs_in_nothing_else",
        "compare/experiments/work.py",
        ("            replace(contestant, work=work),\n", '            replace(contestant, work="sleep"),\n'),
    ),
    _alone(
        _WORK_HTTP + "test_both_faces_return_what_the_upstream_answered",
        "compare/work/http.py",
        (
            "        async with self._session.get(self._urls(delay_s), allow_redirects=False) as response:\n",
            (
                '        await asyncio.sleep(delay_s)\n        return b"slept"\n'
                "        async with self._session.get(self._urls(delay_s), allow_redirects=False) as response:\n"
            ),
        ),
    ),
    _alone(
        _ROUNDS + "test_a_skipped_wait_is_seen_by_the_ceiling",
        "compare/analysis/validity.py",
        ("too_many or signs.short_waits_share > MOST_SHORT_WAITS_SHARE", "signs.short_waits_share > 0.01"),
    ),
    # (15) what Server-Timing says is not read
    _alone(
        _ROUNDS + "test_a_skipped_wait_is_seen_by_the_servers_own_clock",
        "compare/analysis/validity.py",
        ("too_many or signs.short_waits_share > MOST_SHORT_WAITS_SHARE", "too_many"),
    ),
    _alone(
        "tests/work/test_sleep.py::test_without_a_delay_neither_face_enters_the_scheduler",
        "compare/work/sleep.py",
        (
            "        if delay_s > 0:\n            time.sleep(delay_s)\n",
            "        time.sleep(delay_s)\n",
        ),
        ("        if delay_s <= 0:\n            return _nothing()\n", ""),
    ),
)
_JUDGING = (  # survivors, winners, checks that hold by construction, windows
    _alone(
        _OUTCOME + "test_a_collapse_is_no_invalid_round_and_takes_no_part_in_the_speed_while_it_answers",
        "compare/analysis/summary.py",
        (
            "return tuple(one for one in rounds if not one.collapsed) or tuple(rounds)",
            "return tuple(rounds)",
        ),
        (
            "estimates([[one.of(THROUGHPUT) for one in row.rounds]])",
            "estimates([[one.of(THROUGHPUT) for one in row.answering]])",
        ),
    ),
    _alone(
        _OUTCOME + "test_a_dead_window_counts_as_zero_and_its_row_is_a_result",
        "compare/analysis/validity.py",
        ("signs.successes == 0 and signs.outcome is not Outcome.COLLAPSED", "signs.successes == 0"),
    ),
    _alone(
        _DECIDE + "test_nobody_wins_after_one_round_or_two",
        "compare/analysis/decide.py",
        ("LOOKS = (3, 5, 8)", "LOOKS = (2, 5, 8)"),
    ),
    _alone(
        _DECIDE + "test_below_the_floor_of_an_aa_run_nothing_is_named",
        "compare/analysis/decide.py",
        (
            "    if p_value < LOOK_P and effect(ratio.value) > least:\n",
            "    if p_value < LOOK_P:\n",
        ),
    ),
    # (16) a difference is named without any test
    _alone(
        _DECIDE + "test_what_is_large_but_unsure_cannot_be_told",
        "compare/analysis/decide.py",
        (
            "    if p_value < LOOK_P and effect(ratio.value) > least:\n",
            "    if effect(ratio.value) > least:\n",
        ),
    ),
    _alone(
        "tests/test_planted.py::test_what_is_named_is_counted_by_its_direction_and_all_words_add_up",
        "compare/analysis/decide.py",
        ("LOOK_P = 0.0044", "LOOK_P = 0.0"),
    ),
    _alone(
        "tests/serving/test_lag.py::test_a_loop_that_stood_still_counts_each_tick_it_missed",
        "compare/serving/lag.py",
        ("missed = int(max(0.0, late_s) / TICK_S)", "missed = 0"),
    ),
    _alone(
        "tests/analysis/test_observed.py::"
        "test_littles_law_goes_by_rate_times_latency_and_not_by_what_is_in_flight",
        "compare/analysis/observed.py",
        ("ratio = in_flight / expected if expected", "ratio = 1.0 if expected"),
    ),
    _alone(
        _ROUNDS + "test_beside_a_closed_loop_a_late_generator_shows_in_its_pings",
        "compare/analysis/observed.py",
        ("return Window(pings).lag_s(0.9) if pings else math.nan", "return self.window.lag_s(0.99)"),
    ),
    _alone(
        _ROUNDS + "test_what_a_server_uses_without_a_load_is_no_cost_of_its_answers",
        "compare/analysis/observed.py",
        (
            "own_share = self.usage.cpu_s / self.usage.window_s - blank",
            "own_share = self.usage.cpu_s / self.usage.window_s",
        ),
    ),
    _alone(
        _ROUNDS + "test_below_a_hundred_answers_no_cost_of_one_is_told",
        "compare/analysis/observed.py",
        ("if self.usage is None or self.window.answers < ENOUGH_ANSWERS:", "if self.usage is None:"),
    ),
    _alone(
        _ROUNDS + "test_a_window_that_is_too_short_says_so",
        "compare/analysis/observed.py",
        ("MANY_THREADS_S if many else LEAST_WINDOW_S", "LEAST_WINDOW_S"),
        (", ENOUGH_RESPONSES * median_s)", ", 0.0)"),
    ),
    _alone(
        _ROUNDS + "test_a_server_that_grows_faster_within_its_window_is_not_settled",
        "compare/analysis/validity.py",
        ("UNSETTLED = 0.1", "UNSETTLED = 10.0"),
    ),
    _alone(
        "tests/experiments/test_schedule.py::"
        "test_every_experiment_observes_past_its_window_and_measures_long_enough",
        "compare/experiments/schedule.py",
        ("enough_s = max(OBSERVE_S, ", "enough_s = min(OBSERVE_S, "),
        ("return MANY_THREADS_S if threads_of", "return LEAST_WINDOW_S if threads_of"),
    ),
)
MISTAKES = (*_LOADING, *_COUNTING, *_TELLING, *_ALIKE, *_JUDGING)
