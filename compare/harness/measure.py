"""One real measurement: a fresh server, the load, and everything watched meanwhile."""

from contextlib import suppress

import msgspec
from msgspec.structs import replace

from compare.contract import Accept, Paradigm
from compare.harness import load, probe, soak, stats_watch
from compare.harness.ahead import Ahead
from compare.harness.environment import Pinning
from compare.harness.generators import Player
from compare.harness.load import LoadError, LoadResult
from compare.harness.monitor import Monitor
from compare.harness.noise import CellNoise
from compare.harness.probe import ContractBrokenError, NoAnswerError
from compare.harness.servers import Running, ServerError, Starting, start
from compare.harness.stats_watch import StatsWatch, gc_pauses, loop_lag, orphaned
from compare.network.hosts import Host
from compare.records import Abandoned, Cell, Contestant, Environment, Link, Measurement, Mixed, Open, Orphans

ORPHANS_INTERVAL_S = 0.05
ENDS_S = 2.0  # how long a server may take to end once one of its workers has died
BLANK_S = 1.0  # how long a server without a load is watched
BLANK = Open(1, delay_s=0.0, duration_s=BLANK_S, warmup_s=0.1, rate_rps=1.0, timeout_s=0.5)
LINGER_S = 1.0  # beyond the wait itself: how long work without a client is watched after the load


class Refusals(msgspec.Struct, frozen=True):
    """Contestants that are not timed, by what shares a server process and paradigm, each with the reason."""

    reasons: dict[tuple[Contestant, Paradigm], str] = {}

    def of(self, contestant: Contestant) -> str | None:
        """Return why `contestant` is not timed, None when it is."""
        return self.reasons.get((server_of(contestant), contestant.paradigm))


def server_of(contestant: Contestant) -> Contestant:
    """Return what contestants that can share one server process for a check have in common."""
    return replace(
        contestant,
        paradigm=Paradigm.NATIVE,
        threads=None,
        max_in_flight=0,
        workers=1,
        loops=1,
        accept=Accept.REUSEPORT,
        pinned=True,
    )


class Harness(msgspec.Struct, frozen=True):
    """Where contestants run and what they are told; `measure` is the benchmark's measuring function.

    `upstream` and `dsn` are where the works `http` and `postgres` find the other end of their waits; `generator` plays
    every load, without it each load starts one of its own; `limits` is how many a work does at once, by its name;
    `pythons` are the paths of other interpreters by the tags that contestants name, and `code` is the folder where they
    find this project's packages; `hosts` are where servers run behind a link; `blanks` is the share of a CPU that a
    server uses without a load, by what contestants that share it have in common, which `preflight` fills; `listen` is
    the address that servers have where the load comes from another machine; `ahead` lets the server of the cell that
    was announced to it start when this one is measured. A measurement
    is whole when `measure` returns: what machine it was made on and how noisy that was are in it, so that it may be
    made anywhere.
    """

    pins: Pinning = Pinning()
    upstream: str = ""
    dsn: str = ""
    seed: int = 0
    generator: Player | None = None
    environment: Environment | None = None
    sentry: CellNoise | None = None
    limits: dict[str, int] = {}
    refusals: Refusals = Refusals()
    pythons: dict[str, str] = {}
    code: str = ""
    hosts: dict[Link, Host] = {}
    blanks: dict[Contestant, float] = {}
    listen: str = ""
    ahead: Ahead | None = None

    def measure(self, cell: Cell) -> Measurement:
        """Return the measurement of `cell`. What goes wrong with the server or the load is its `failure`."""
        begun = None if self.ahead is None else self.ahead.take(cell.contestant)
        if self.sentry is not None and begun is None:
            self.sentry.before_cell()
        made = self._tried(cell, begun)
        made = replace(
            made,
            environment=self.environment,
            limit=self.limits.get(cell.contestant.work, 0),
            noise=None if self.sentry is None else self.sentry.cell(),
        )
        self._begin_next()
        return made

    def _begin_next(self) -> None:
        """Start the server of the next cell, if that was announced; its CPU is looked at before."""
        if self.ahead is None or self.ahead.next is None or self.refusals.of(self.ahead.next.contestant):
            return
        if self.sentry is not None:
            self.sentry.before_cell()
        self.ahead.start(self.ahead.next.contestant, self._start)

    def _tried(self, cell: Cell, begun: Starting | None) -> Measurement:
        if reason := self.refusals.of(cell.contestant):
            return Measurement(cell, failure=reason)
        try:
            begun = begun or self._start(cell.contestant)
            return self._soaked(cell, begun) if isinstance(cell.load, Mixed) else self._measured(cell, begun)
        except (ServerError, LoadError, ContractBrokenError, NoAnswerError) as error:
            return Measurement(cell, failure=str(error))

    def preflight(self, contestant: Contestant, paradigms: tuple[Paradigm, ...]) -> dict[Paradigm, str]:
        """Start `contestant`'s server once and ask it each of `paradigms`; return those refused, with the reason.

        What it uses without a load is measured meanwhile, into `blanks`.
        Raises ServerError when the server does not get ready: then nothing of it can be measured.
        """
        refused = {}
        with self._start(contestant).running() as server:
            for paradigm in paradigms:
                try:
                    probe.check(server.base_url, replace(contestant, paradigm=paradigm))
                except (ContractBrokenError, NoAnswerError) as error:
                    refused[paradigm] = str(error)
            with suppress(LoadError):  # then the bystander's answers count as answers
                self.blanks[contestant] = self._blank(server)
        return refused

    def _blank(self, server: Running) -> float:
        """Return the share of a CPU that a server uses while only a bystander and `/stats` ask it."""
        with Monitor(server.pid) as monitor, StatsWatch(server.base_url):
            url = f"{server.base_url}/ping"
            found = load.run(url, BLANK, bystander_url=url, cpu=self.pins.generator, by=self.generator)
        used = monitor.usage(found.window)
        return used.cpu_s / used.window_s

    def _start(self, contestant: Contestant) -> Starting:
        alone = contestant.workers == contestant.loops == 1 and contestant.pinned  # several need several CPUs
        cpu = self.pins.server if alone else None
        python = self.pythons.get(contestant.python, "")
        host = None if contestant.link is None else self.hosts[contestant.link]
        return start(
            contestant,
            cpu=cpu,
            upstream=self.upstream,
            dsn=self.dsn,
            python=python,
            code=self.code,
            host=host,
            listen=self.listen,
        )

    def _measured(self, cell: Cell, begun: Starting) -> Measurement:
        with begun.running() as server:
            probe.check(server.base_url, cell.contestant)
            if (
                cell.contestant.link is None
            ):  # a hundred round trips to a far host take longer than its window
                probe.warm(server.base_url, cell.contestant)
            # where clients leave before they are answered, how their work ends is the question
            leaving = isinstance(cell.load, Abandoned)
            interval_s = ORPHANS_INTERVAL_S if leaving else stats_watch.INTERVAL_S
            before = answered(server)
            with Monitor(server.pid) as monitor, StatsWatch(server.base_url, interval_s=interval_s) as watch:
                result = self._load(server, cell)
                shares = [count - before.get(who, 0) for who, count in answered(server).items()]
                if leaving:
                    watch.linger(cell.load.delay_s + LINGER_S)
            server.check_alive()
        return Measurement(
            cell,
            usage=monitor.usage(result.window, server.exit_usage),
            generator=result.report,
            loop_lag_s=loop_lag(watch.heard, result.window),
            gc=gc_pauses(watch.heard),
            samples=result.samples,
            bystander=result.bystander,
            shares=tuple(shares),
            pool_threads=server.ready.threads,
            finding=Orphans(orphaned(watch.heard, result.window)) if leaving else None,
            blank_cpu_share=self.blanks.get(server_of(cell.contestant)),
        )

    def _soaked(self, cell: Cell, begun: Starting) -> Measurement:
        with begun.running() as server:
            probe.check(server.base_url, cell.contestant)
            with Monitor(server.pid, interval_s=soak.READ_S) as monitor:
                found = soak.run(
                    server, cell, seed=self.seed + cell.round, cpu=self.pins.generator, by=self.generator
                )
            server.check_alive()
        return soak.measurement(cell, found, monitor, server.exit_usage)

    def _load(self, server: Running, cell: Cell) -> LoadResult:
        return load.run(
            server.base_url + probe.io_path(cell.contestant, cell.load.delay_s),
            cell.load,
            seed=self.seed + cell.round,
            bystander_url=f"{server.base_url}/ping",
            cpu=self.pins.generator,
            by=self.generator,
        )


def answered(server: Running) -> dict[tuple[int, int], int]:
    """Return how many long I/Os each of several workers or loops has answered, by process and number.

    {} for one, or where one is silent. A worker that dies ends the server, since nothing is begun anew in a
    measurement: raises ServerError with its words.
    """
    several = max(server.ready.workers, server.ready.loops)
    if several == 1:
        return {}
    try:
        rows = probe.everyone(server.base_url).workers
    except NoAnswerError:
        server.check_alive(ENDS_S)
        return {}
    if len(rows) < several:
        server.check_alive(ENDS_S)
    return {} if any(row.silent for row in rows) else {(row.pid, row.worker): row.completed for row in rows}
