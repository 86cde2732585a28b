"""Keep a server's workers: reserve the port, start them, pass signals on, begin dead ones anew, end all in time.

No process can promise for itself what only another one can keep: with a thousand threads waiting for the GIL a worker's
main thread runs no Python for many seconds and hears no signal. This process has one thread, no loop and no framework,
so it always hears. It imports little, because it costs memory beside every server: messages are marshalled, since json
alone would cost a megabyte.

It holds the listening sockets, one per worker that share a port by SO_REUSEPORT, or one for all. A worker inherits its
socket; when it is replaced, connections that wait to be accepted stay in the queue for its successor.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time

from compare.errors import CompareError
from compare.serving.asking import Questions
from compare.serving.notify import Notify
from compare.serving.pipes import closed, not_written, read, warn, write
from compare.serving.ports import listen
from compare.serving.worker_process import RESET, Worker, become, send, with_secret

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from typing import Any

KILL_S = 0.8  # after the grace, what is left of the workers is killed: all is gone within grace + 1 s
DEATHS, DEATHS_S = 5, 10.0  # so many deaths in so many seconds, and the supervisor gives up
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.05, 5.0
# Two idle connections' lives: the longest wait, and then an idle client that may send once more.
RETIRE_S = 150.0
STOPPING = (signal.SIGTERM, signal.SIGINT)


class Supervisor:
    """Keeps the workers of one server until it is told to stop."""

    def __init__(
        self,
        command: list[str],
        sockets: list[socket.socket],
        count: int,
        grace_s: float,
        notify: Notify,
        *,
        restart: bool,
    ) -> None:
        self._command, self._sockets, self._count = command, sockets, count
        self._grace_s, self._notify, self._restart = grace_s, notify, restart
        self._environ = with_secret(dict(os.environ), command)
        self._workers: list[Worker] = []
        self._starting: list[Worker] = []  # until all are ready, those that died meanwhile included
        self._signals: list[int] = []
        self._deaths: list[float] = []
        self._due: list[tuple[float, int]] = []  # (when, slot) of workers to begin anew
        self._reload: list[int] = []  # slots still to be replaced, the one being replaced first
        self._announced = self._stopping = False
        self._questions = Questions()
        self._exit = 0

    def run(self) -> int:
        """Serve; return the exit code once every worker has ended."""
        self._hear()
        for slot in range(self._count):
            self._start(slot)
        while self._workers or self._due:
            self._wait()
            self._on_signals()
            self._reap()
            self._on_time()
        return self._exit

    def _hear(self) -> None:
        wake, self._wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._wake, False)
        self._woken = wake
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        heard = (*STOPPING, signal.SIGHUP, signal.SIGCHLD)
        for number in heard:
            signal.signal(number, lambda number, _: self._signals.append(number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)

    def _start(self, slot: int) -> Worker:
        listener = self._sockets[slot % len(self._sockets)]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        out, err = os.pipe(), os.pipe()
        environ = self._environ | {"COMPARE_WORKER": f"{slot} {listener.fileno()} {theirs.fileno()}"}
        parent = os.getpid()
        # a signal sent to the child before it has taken our handlers away would be lost in them
        before = signal.pthread_sigmask(signal.SIG_BLOCK, RESET)
        pid = os.fork()
        if pid == 0:
            become(parent, self._command, environ, (out[1], err[1]), (listener.fileno(), theirs.fileno()))
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(out[1])
        os.close(err[1])
        theirs.close()
        worker = Worker(slot, pid, out[0], err[0], ours)
        self._workers.append(worker)
        if not self._announced:
            self._starting.append(worker)
        return worker

    def _wait(self) -> None:
        """Sleep until something is to be read or done."""
        poll = select.poll()
        ends: dict[int, Any] = {self._woken: lambda: read(self._woken)}
        for worker in self._workers:
            ends[worker.stdout] = worker.read_stdout
            ends[worker.stderr] = lambda worker=worker: worker.read_stderr(self._beside(worker))
            ends[worker.control.fileno()] = lambda worker=worker: self._questions.hear(
                worker, self._current()
            )
        for end in ends:
            poll.register(end, select.POLLIN)
        due = self._next_s()
        hung_up = False
        for end, event in poll.poll(None if due is None else max(0.0, due * 1e3)):
            ends[end]()
            hung_up = hung_up or (event & ~select.POLLIN) != 0
        if hung_up and not self._signals:
            time.sleep(0.005)  # a pipe has ended and its process has not: SIGCHLD comes next
        self._on_ready()

    def _beside(self, worker: Worker) -> list[Worker]:
        """Return whose words `worker` need not repeat: those of the others, until all are ready."""
        return [one for one in self._starting if one is not worker]

    def _next_s(self) -> float | None:
        """Return the seconds until something is due, None when nothing is."""
        moments = [worker.ending_by for worker in self._workers if worker.ending_by is not None]
        moments += [when for when, _ in self._due] + self._questions.due()
        moments += [self._notify.next_at] if self._notify.next_at else []
        return min(moments) - time.monotonic() if moments else None

    def _on_ready(self) -> None:
        if not self._announced and len(self._workers) == self._count and all(w.ready for w in self._workers):
            self._announced = True
            self._starting.clear()
            pids = ",".join(str(worker.pid) for worker in self._workers).encode()
            line = self._workers[0].ready.replace(b'"pids":[]', b'"pids":[' + pids + b"]") + b"\n"
            if reason := not_written(line):
                write(2, f"Cannot write the ready line to stdout: {reason}.\n".encode())
                self._exit = 1
                self._stop_all()
                return
            self._notify.ready()
        if self._reload:
            self._go_on_replacing()

    def _on_signals(self) -> None:
        heard, self._signals = self._signals, []
        for number in heard:
            if number in STOPPING:
                self._stop(number)
            elif number == signal.SIGHUP and not self._stopping:
                if not self._announced:
                    self._stop(number)
                elif not self._reload:
                    self._notify.reloading()
                    self._reload = [worker.slot for worker in self._workers if not worker.retiring]
                    self._begin_replacement()

    def _stop(self, number: int) -> None:
        if self._stopping:
            warn("stopped at once by a second signal")
            self._exit = 128 + number
            self._kill(self._workers)
            return
        self._stopping = True
        self._due.clear()
        self._reload.clear()
        self._notify.stopping()
        for listener in self._sockets:
            listener.close()
        for worker in self._workers:
            worker.ending_by = time.monotonic() + self._grace_s + KILL_S
            send(worker.pid, signal.SIGTERM)

    def _kill(self, workers: list[Worker]) -> None:
        for worker in workers:
            send(-worker.pid, signal.SIGKILL)

    def _on_time(self) -> None:
        now = time.monotonic()
        late = [
            worker for worker in self._workers if worker.ending_by is not None and worker.ending_by <= now
        ]
        if late:
            for worker in late:
                warn(f"worker {worker.slot} (process {worker.pid}) did not end within the grace: killed")
                worker.ending_by = now + KILL_S
            self._kill(late)
        for when, slot in [one for one in self._due if one[0] <= now]:
            self._due.remove((when, slot))
            self._start(slot)
        self._questions.on_time(now, self._current())
        if lost := self._notify.on_time(now):
            warn(lost)

    def _reap(self) -> None:
        while self._workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for worker in [worker for worker in self._workers if worker.pid == pid]:
                self._workers.remove(worker)
                worker.close(self._beside(worker))
                self._ended(worker, status)

    def _ended(self, worker: Worker, status: int) -> None:
        send(-worker.pid, signal.SIGKILL)  # what it has started ends with it
        if self._stopping or worker.retiring:
            return
        code = os.waitstatus_to_exitcode(status)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if not self._announced:
            self._exit = code if code > 0 else 1
            self._stop_all()
            return
        what = f"worker {worker.slot} (process {worker.pid}) {how}; its last words: {worker.last_words()}"
        if self._reload and worker.slot == self._reload[0] and not worker.ready:
            warn(f"{what}; the workers that there are go on as they were")
            self._reload.clear()
            self._notify.ready()
            return
        if self._reload and worker.slot == self._reload[0]:
            warn(f"{what}; its successor takes over")
            self._reload.pop(0)
            self._begin_replacement()
            return
        now = time.monotonic()
        self._deaths = [moment for moment in self._deaths if now - moment < DEATHS_S] + [now]
        if not self._restart or len(self._deaths) >= DEATHS:
            warn(what)
            if self._restart:
                warn(f"{DEATHS} workers ended within {DEATHS_S:g} s: given up")
            self._exit = 1
            self._stop_all()
            return
        backoff_s = min(FIRST_BACKOFF_S * 2 ** (len(self._deaths) - 1), LAST_BACKOFF_S)
        warn(f"{what}; another begins in {backoff_s:g} s")
        self._due.append((now + backoff_s, worker.slot))

    def _stop_all(self) -> None:
        if not self._stopping:
            self._stop(signal.SIGTERM)

    def _begin_replacement(self) -> None:
        """Start the successor of the next worker to be replaced."""
        if self._reload:
            self._start(self._reload[0])
        else:
            self._notify.ready()

    def _go_on_replacing(self) -> None:
        """Once the successor is ready, let the old worker end, and go on with the next.

        The old one has as long as its clients may keep a connection, not the grace: nothing is cut off.
        """
        *old, new = [worker for worker in self._workers if worker.slot == self._reload[0]]
        if not new.ready:
            return
        for worker in old:
            if not worker.retiring:
                worker.retiring = True
                worker.ending_by = time.monotonic() + RETIRE_S + self._grace_s + KILL_S
                send(worker.pid, signal.SIGUSR1)
        self._reload.pop(0)
        self._begin_replacement()

    def _current(self) -> list[Worker]:
        """Return the workers that listen and were not replaced."""
        return [worker for worker in self._workers if worker.ready and not worker.retiring]


def main(workers: str, accept: str, host: str, port: str, grace_s: str, restart: str, *command: str) -> int:
    """Run the supervisor of what `compare.serving.workers` asks for; return the exit code."""
    if closed(1):
        write(2, b"Cannot write the ready line to stdout: it is closed.\n")
        return 1
    for _ in filter(closed, (0, 2)):  # else a socket would get the number
        os.open(os.devnull, os.O_RDWR)
    try:
        ports = listen(host, int(port), int(workers) if accept == "reuseport" else 1)
        notify = Notify.from_environ(os.environ)
        return Supervisor(
            list(command), ports, int(workers), float(grace_s), notify, restart=restart == "restart"
        ).run()
    except CompareError as error:
        write(2, f"{error}\n".encode())
        return 1
