"""Python's garbage collector in a server: how it is set, and how long it stops everything else.

The collector is the process's, so is what is known of it: once watched, always watched.
"""

import gc
import time
from typing import Any

from compare.contract import Gc, GcPauses

# Of `tuned`: a young collection each 100,000 objects more than were freed, in place of 700; those of the older
# generations are as many times rarer.
TUNED_THRESHOLDS = (100_000, 50, 100)


class _Watch:
    """The pauses so far. Called by the collector before and after each collection."""

    began_s = 0.0
    count, total_s, longest_s = 0, 0.0, 0.0

    def begin(self) -> None:
        self.count, self.total_s, self.longest_s = 0, 0.0, 0.0
        if self.on_collection not in gc.callbacks:
            gc.callbacks.append(self.on_collection)

    def on_collection(self, phase: str, _info: dict[str, Any]) -> None:
        now_s = time.perf_counter()
        if phase == "start":
            self.began_s = now_s
            return
        took_s = now_s - self.began_s
        self.count += 1
        self.total_s += took_s
        self.longest_s = max(self.longest_s, took_s)


_WATCH = _Watch()


def begin(how: Gc) -> None:
    """Set the collector as asked, now that everything is loaded, and count its pauses from here on."""
    if how in {Gc.FREEZE, Gc.TUNED}:
        gc.collect()
        gc.freeze()
    if how is Gc.TUNED:
        gc.set_threshold(*TUNED_THRESHOLDS)
    if how is Gc.OFF:
        gc.disable()
    _WATCH.begin()


def pauses() -> GcPauses:
    """Return the collections since `begin`."""
    return GcPauses(_WATCH.count, _WATCH.total_s, _WATCH.longest_s)
