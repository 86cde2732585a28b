"""Faults that `benchmarks.mutations` plants in paradigms, servers, and the harness and engine beside them."""

from benchmarks.planted import Target

WORKERS = tuple(f"tests/contract/test_{name}.py" for name in ("workers", "worker_ends", "reload", "notify"))

# What a hand-written runtime gets wrong.
CALLBACK = Target(
    source="compare/paradigms/callback.py",
    tests=("tests/paradigms/test_callback.py", "tests/paradigms/test_generator.py"),
    faults=(
        # the callback runs on the worker thread
        ("loop.call_soon_threadsafe(finish, outcome)", "finish(outcome)"),
        # an exception in the work is swallowed
        ("outcome = Outcome(error=error)", "return"),
        ("raise self._error", "pass"),
        # a late result raises in a future that nobody waits for
        ("if future.done():", "if False:"),
        # an exception that no future can carry ends the wait of nobody
        ("future.set_exception(_awaitable(self._error))", "future.set_exception(self._error)"),
        # the loop is closed: the thread ends with a traceback
        ("contextlib.suppress(RuntimeError)", "contextlib.suppress(ValueError)"),
        ("daemon=True", "daemon=False"),
    ),
)
TRAMPOLINE = Target(
    source="compare/paradigms/trampoline.py",
    tests=(
        "tests/paradigms/test_trampoline.py",
        "tests/paradigms/test_generator.py",
        "tests/paradigms/test_coroutine.py",
    ),
    faults=(
        # an exception is not thrown into the generator
        ("return self._generator.throw(error)", "raise"),
        # the return value is lost
        ("self.finished.set_result(stop.value)", "self.finished.set_result(None)"),
        # what the handler raises is lost
        ("Outcome[Any](error=error).settle(self.finished)", "self.finished.set_result(None)"),
        # only one yield works
        ("return self._generator.send(value)", "self._generator.send(value)"),
        # a cancelled caller leaves its handler waiting
        ("                runner.cancel()\n", ""),
        # a cancelled caller leaves what its handler waits for running
        ("            self._cancel_yielded()\n", "            pass\n"),
        # a response after the caller left is sent in
        ("if self.finished.done():  # the caller", "if False:  # the caller"),
        # a handler that swallows the cancellation is left hanging
        ("self._generator.close()  # it", "pass  # it"),
        # a thread that cannot start is not told to the handler, which runs on
        ("except (TypeError, RuntimeError) as error:", "except TypeError as error:"),
    ),
)
GENERATOR = Target(
    source="compare/paradigms/generator.py",
    tests=("tests/paradigms/test_generator.py", "tests/paradigms/test_trampoline.py"),
    faults=(
        # a yield that is not a long I/O is run all the same
        ("if not isinstance(yielded, GeneratorType):", "if False:"),
        # a long I/O that returns instead of yielding loses its response
        ("return stop.value  # type: ignore[no-any-return]  # StopIteration", "return None  # StopIteration"),
        # a long I/O's finally does not run
        ("        work.close()\n", "        pass\n"),
    ),
)
COROUTINE = Target(
    source="compare/paradigms/coroutine.py",
    tests=("tests/paradigms/test_coroutine.py", "tests/paradigms/test_trampoline.py"),
    faults=(
        # a yield of something else waits forever
        ("not asyncio.isfuture(yielded) or ", ""),
        # a future of another loop calls back on another thread
        (" or yielded.get_loop() is not loop", ""),
        # a cancelled caller leaves the future pending
        ("return yielded.cancel", "return lambda: None"),
        # an exception is lost, or logged as never taken
        ("return Outcome(error=error)", "return Outcome(value=None)"),
    ),
)
FLIGHTS = Target(
    source="compare/serving/flights.py",
    tests=(
        "tests/serving/test_flights.py",
        "tests/contract/test_contract.py",
        "tests/contract/test_io_faults.py",
    ),
    faults=(
        ("working.discard(self)", "pass"),
        ("self.closed = True", "self.closed = False"),
        ("del flights.open[self]", "pass"),
        ("flight.task.uncancel()", "pass"),
        ("len(self.open) >= self._limit", "len(self.open) > self._limit"),
        ("if error is None and type(self.result) is bytes:", "if error is None:"),
        ("if flight.admitted_s > due:", "if flight.admitted_s < due:"),
        ("flights.completed += 1", "flights.completed += 2"),
        ("self.draining or ", ""),
    ),
)
SUPERVISOR = Target(
    source="compare/serving/supervisor.py",
    tests=WORKERS,
    faults=(
        # the signal is not passed on: workers are killed at the end of the grace
        ("            send(worker.pid, signal.SIGTERM)\n", "            pass\n"),
        # each worker makes a secret of its own and refuses the others' cookies
        ("self._environ = with_secret(dict(os.environ), command)", "self._environ = dict(os.environ)"),
        # a worker that hears nothing is left running
        ("            self._kill(late)\n", "            pass\n"),
        ("worker.ending_by = time.monotonic() + self._grace_s + KILL_S", "worker.ending_by = None"),
        # a dead worker is not begun anew, or forever
        ("        self._due.append((now + backoff_s, worker.slot))\n", ""),
        (" or len(self._deaths) >= DEATHS:", ":"),
        ("if not self._restart or", "if"),
        # ready is said before all are
        ("all(w.ready for w in self._workers)", "any(w.ready for w in self._workers)"),
        # the successor is not waited for
        ("        if not new.ready:\n            return\n", ""),
        # a reason why none can start is said by each
        ("[one for one in self._starting if one is not worker]", "[]"),
        # a worker that is replaced is cut off at the grace
        ("RETIRE_S + self._grace_s + KILL_S", "self._grace_s"),
    ),
)
ASKING = Target(
    source="compare/serving/asking.py",
    tests=WORKERS,
    faults=(
        # one worker's row for everyone's
        ("if question.rows.keys() >= {one.pid for one in current}:", "if True:"),
    ),
)
WORKER_PROCESS = Target(
    source="compare/serving/worker_process.py",
    tests=WORKERS,
    faults=(
        # the shared random secret counts as one given, which keeps workers from listening beyond loopback
        ('"COMPARE_RANDOM_SECRET"', '"COMPARE_COOKIE_SECRET"'),
        # the child is in its supervisor's session: Ctrl-C in the terminal reaches it twice
        ("        os.setsid()", "        pass"),
        # kill -9 of the supervisor leaves its workers
        ("ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)", "pass"),
    ),
)
LAUNCH = Target(
    source="compare/processes/launch.py",
    tests=("tests/processes/test_child.py", "tests/processes/test_launch.py"),
    faults=(
        # kill -9 of the benchmark leaves what it started
        ("        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)\n", ""),
        # one whose parent died before that was set is left too
        ("    if os.getppid() != parent:", "    if False:"),
        # on any CPU
        ("            os.sched_setaffinity(0, cpus)\n", "            pass\n"),
    ),
)
NOTIFY = Target(
    source="compare/serving/notify.py",
    tests=WORKERS,
    faults=(
        # the supervisor waits for a reader
        ("sender.setblocking(False)", "sender.setblocking(True)"),
        # a socket that went away is complained of at each beat, or what did not fit is lost
        ('self._address, self.next_at = "", 0.0', "self.next_at = now + RETRY_S"),
        ("                    del self._untold[0]\n", "                    self._untold.clear()\n"),
        # no beats
        ('self._untold.append("WATCHDOG=1")', "pass"),
    ),
)
PORTS = Target(
    source="compare/serving/ports.py",
    tests=WORKERS,
    faults=(
        # no bind without SO_REUSEPORT first: a second server joins the port in silence
        (
            "with _bound(family, address[:2], shares=False) as probe:",
            "with _bound(family, address[:2], shares=True) as probe:",
        ),
        # each worker listens on a port of its own
        (
            "sockets = [_bound(family, where, shares=count > 1)",
            "sockets = [_bound(family, (where[0], 0), shares=count > 1)",
        ),
    ),
)
SPREAD = Target(
    source="compare/engine/spread.py",
    tests=("tests/engine/test_spread.py", "tests/engine/test_many.py"),
    faults=(
        # a lost round is not made again
        (
            "                self._waiting.insert(0, attempt.round)\n            else:",
            "                pass\n            else:",
        ),
        # it is made again last
        (
            "                self._waiting.insert(0, attempt.round)\n            else:",
            "                self._waiting.append(attempt.round)\n            else:",
        ),
        # a round is made twice
        ("number = self._waiting.pop(0)", "number = self._waiting[0]"),
        # an attempt too few, or forever
        ("if attempt.number < self._most_attempts:", "if attempt.number < self._most_attempts - 1:"),
        ("if attempt.number < self._most_attempts:", "if attempt.number <= self._most_attempts:"),
        # a lost attempt, or a round given up, is not said
        ("            self.lost.append(Lost(attempt, reason))\n", ""),
        ("                self.given_up.append(attempt.round)\n", "                pass\n"),
        # a machine leaves while a round runs elsewhere that may be lost
        ("self._waiting or not self._running or self._stopped", "True"),
        # rounds begin after the stop
        ("if self._stopped or not self._waiting:", "if not self._waiting:"),
        ("            self._stopped = True\n", "            pass\n"),
    ),
)
MONITOR = Target(
    source="compare/harness/monitor.py",
    tests=("tests/harness/test_monitor.py",),
    faults=(
        # virtual size for memory
        ("process.memory_info().rss", "process.memory_info().vms"),
        # the peak of the whole run, idle under load
        ("[r for r in readings if window[0] <= r.at_s <= window[1]] or readings[-1:]", "readings"),
        ("rss_idle_bytes=readings[0].rss_bytes", "rss_idle_bytes=readings[-1].rss_bytes"),
        ("rss_peak_bytes=max(r.rss_bytes for r in inside)", "rss_peak_bytes=readings[-1].rss_bytes"),
        # CPU of the readings beside the window
        ("np.interp(window, at_s, used_s)", "(used_s[0], used_s[-1])"),
        ("round(switches.voluntary * share)", "switches.voluntary"),
        # what is not known is not zero
        (
            "-1 if switches is None else round(switches.voluntary",
            "0 if switches is None else round(switches.voluntary",
        ),
    ),
)
BRAKE = Target(
    source="compare/harness/brake.py",
    tests=("tests/harness/test_brake.py",),
    faults=(
        # a process is left stopped
        ("            os.kill(pid, signal.SIGCONT)\n", ""),
        # another share than the one asked for
        ("slower * (elapsed_s - stopped_s) - stopped_s", "slower * elapsed_s - stopped_s"),
        ("return max(0.0, slower", "return (slower"),
        # a process that ended ends the brake with a traceback
        ("suppress(ProcessLookupError)", "suppress(KeyError)"),
    ),
)
