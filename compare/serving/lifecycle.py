"""Start, ready, stop: the life of a server process, the same for both frameworks.

Signals. `loop.add_signal_handler` depends on the loop's self-pipe; a flood of `call_soon_threadsafe` fills that
pipe, the signal's byte is dropped and the process never stops (seen under 1,000 callback threads). So the handler
is a plain `signal.signal` one that sets a flag, and the ticker, which runs whatever the pipe does, reads it. An alarm
backs it up: when the loop itself is blocked for longer than the grace, the process ends all the same.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from types import FrameType
from typing import Any, NoReturn, Protocol

from compare.contract import KEEP_ALIVE_S, Loop, Server
from compare.contract.settings import Settings, from_argv
from compare.contract.usage import asks_for_help, help_text
from compare.errors import CompareError
from compare.serving import collecting, keys, workers
from compare.serving.accepting import raise_open_files
from compare.serving.announcing import announce
from compare.serving.binding import StartError, bind_all, is_loopback
from compare.serving.flights import Flights
from compare.serving.lag import TICK_S, Ticker
from compare.serving.loops import Crew, Part, share_a_secret
from compare.serving.stderr import Stderr
from compare.work.loading import load

log = logging.getLogger("compare.serving")

LOG_S = 0.2  # at the end: how long the last lines of the log may wait for a reader
QUIET_TICKS = 5  # without a connection, before a worker that was replaced ends
CLOSE_S = 0.5  # after the drain: how long closing connections and the work may take
ALARM_S = 0.8  # beyond the grace, the process ends whatever the loop does


class Listening(Protocol):
    """What a framework's server can do once it listens."""

    def retire(self) -> None:
        """Close the listening socket alone, and ask the client of each answer from now on to close its connection."""

    def connections(self) -> int:
        """Return how many connections are open."""

    async def stop_accepting(self) -> None:
        """Close the listening socket and idle connections; requests in flight go on."""

    async def close(self) -> None:
        """Close every connection."""


Listen = Callable[[Settings, socket.socket, Flights, Ticker, workers.Control], Awaitable[Listening]]


def main(server: Server, listen: Listen, argv: list[str]) -> int:
    """Run a server until it is told to stop; return the process's exit code."""
    if asks_for_help(argv):
        sys.stdout.write(help_text(server))
        return 0
    stderr = Stderr.install()
    logging.basicConfig(stream=stderr, format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    try:
        return _run(server, listen, argv, stderr)
    except CompareError as error:
        return _complain(error)
    finally:
        # Python takes the handler away at its end: the alarm would kill.
        signal.setitimer(signal.ITIMER_REAL, 0)
        stderr.finish(LOG_S)


def _run(server: Server, listen: Listen, argv: list[str], stderr: Stderr) -> int:
    settings, given = from_argv(server, argv), workers.given()
    if settings.workers > 1 and given is None:
        workers.supervise(settings)
    if settings.loops > 1 and given is not None:
        raise StartError(
            f"--loops has no supervisor: start python -m compare.{server}_impl --loops {settings.loops}, or give "
            f"--workers {settings.loops} here."
        )
    if settings.switch_interval is not None:
        sys.setswitchinterval(settings.switch_interval)
    raise_open_files(settings.max_in_flight)
    crew = Crew([workers.listener(given)] if given else bind_all(settings))
    if settings.loops > 1:
        share_a_secret(settings)
        if getattr(sys, "_is_gil_enabled", lambda: True)():
            log.warning("this Python has a GIL: its %d loops take turns", settings.loops)
    factory = _loop_factory(settings.loop)

    def run(part: Part) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            if part is crew.first:
                _Stop.install(settings.grace)
                crew.begin(run)
            left = crew.leave(part, runner.run(_serve(settings, listen, stderr, crew, part, given)))
            if left and part is crew.first:
                _exit_with_threads(left)

    run(crew.first)
    return crew.exit_code


def _complain(error: CompareError) -> int:
    sys.stderr.write(f"{error}\n")
    return error.exit_code


def _loop_factory(loop: Loop) -> Callable[[], asyncio.AbstractEventLoop]:
    if loop is Loop.ASYNCIO:
        return asyncio.new_event_loop
    try:
        import uvloop  # noqa: PLC0415  # optional: there is no uvloop on Windows
    except ImportError as error:
        raise StartError("--loop uvloop needs the package uvloop, which is not installed.") from error
    return uvloop.new_event_loop


async def _serve(
    settings: Settings,
    listen: Listen,
    stderr: Stderr,
    crew: Crew,
    part: Part,
    given: workers.Given | None,
) -> int:
    """Serve until the stop flag is set; return how many worker threads still run after the drain."""
    work = load(settings.work, upstream=settings.upstream, dsn=settings.dsn)
    if keys.given(settings) and not settings.demo_routes and not is_loopback(part.sock):
        raise StartError(
            f"Anybody who reaches {settings.host} could have any value signed with the cookie secret given, by PUT "
            "/signed/NAME: listen on 127.0.0.1, give no secret, or say --demo-routes."
        )
    flights = Flights(work, settings.max_in_flight, settings.io_timeout)
    stopping = asyncio.Event()
    ticker = Ticker(lambda: _on_tick(flights, stopping))
    await work.start(settings.max_in_flight)
    try:
        part.stats = lambda: flights.stats(ticker.lag())
        control = workers.Control(part.stats, given, crew.rows if settings.loops > 1 else None)
        listening = await listen(settings, part.sock, flights, ticker, control)
        control.begin()
        ticker.start()
        part.listens.set_result(None)
        if part is crew.first:
            await crew.listening()
            ticker.also(stderr.flush)
            collecting.begin(settings.gc)
            announce(settings, part.sock, given)
        await stopping.wait()
        if _Stop.retiring:
            await _retire(listening)
        await listening.stop_accepting()
        await drain(flights, settings.grace)
        ticker.stop()
        await _bounded(listening.close(), "connections")
    finally:
        await _bounded(work.stop(), "the work")
    return flights.orphaned()


async def _retire(listening: Listening) -> None:
    """Serve the connections there are until they have ended, each told to with its next answer.

    A successor accepts from the same socket. Nothing is refused, which a stop does with requests that come during it,
    and nothing is cut off: a connection that waits for its next request may have one on its way.
    """
    listening.retire()
    loop = asyncio.get_running_loop()
    deadline, quiet = loop.time() + 2 * KEEP_ALIVE_S, 0
    while quiet < QUIET_TICKS and not _Stop.signals and loop.time() < deadline:
        quiet = (
            0 if listening.connections() else quiet + 1
        )  # one that was just accepted is not counted at once
        await asyncio.sleep(TICK_S)


async def _bounded(closing: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await asyncio.wait_for(closing, CLOSE_S)
    except TimeoutError:
        log.warning("left %s open: closing took longer than %g s", what, CLOSE_S)


def _on_tick(flights: Flights, stopping: asyncio.Event) -> None:
    flights.expire()
    if _Stop.signals or _Stop.retiring:
        stopping.set()


async def drain(flights: Flights, grace_s: float) -> None:
    """Wait for the flights to end, `grace_s` at most; then cancel what is left and say so on stderr."""
    flights.draining = True
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace_s
    while len(flights) and loop.time() < deadline:  # noqa: ASYNC110  # an Event would cost every request a check
        await asyncio.sleep(min(TICK_S, grace_s))
    cancelled = flights.cancel_all()
    if cancelled:
        log.warning("cancelled %d long I/Os that did not end within the grace of %g s", cancelled, grace_s)
        await asyncio.sleep(0)  # lets their handlers see it


class _Stop:
    """Counts the signals. Process-wide because signals are."""

    signals = 0
    grace_s = 0.0
    retiring = False  # a successor is there: end without refusing anybody

    @classmethod
    def install(cls, grace_s: float) -> None:
        """Hear the signals from now on, whatever the parent made of them; what `nohup` ignores stays ignored."""
        cls.signals, cls.grace_s = 0, grace_s
        stopping = {signal.SIGTERM, signal.SIGINT}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            stopping.add(signal.SIGHUP)
        for number in stopping:
            signal.signal(number, cls.on_signal)
        signal.signal(signal.SIGALRM, cls.on_alarm)
        signal.signal(signal.SIGUSR1, cls.on_retire)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*stopping, signal.SIGALRM, signal.SIGUSR1})

    @classmethod
    def on_signal(cls, number: int, _frame: FrameType | None) -> None:
        cls.signals += 1
        if cls.signals > 1:
            _exit_now("stopped at once by a second signal", 128 + number)
        signal.setitimer(signal.ITIMER_REAL, cls.grace_s + ALARM_S)

    @classmethod
    def on_retire(cls, _number: int, _frame: FrameType | None) -> None:
        cls.retiring = True

    @classmethod
    def on_alarm(cls, _number: int, _frame: FrameType | None) -> None:
        _exit_now("the loop did not come back within the grace: stopped with long I/Os unfinished", 0)


def _exit_with_threads(threads: int) -> NoReturn:
    """End the process although worker threads still run: they cannot be cancelled, and exit would join them."""
    _exit_now(f"left {threads} long I/Os running in threads", 0)


def _exit_now(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"WARNING compare.serving: {reason}\n")  # a `Stderr`: it never waits
    os._exit(code)
