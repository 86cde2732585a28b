"""Which native faces block the loop: a mistake of the work, which no comparison of paradigms is to be made of. Pure."""

from collections.abc import Collection, Sequence

import msgspec

from compare.analysis.quantiles import Known
from compare.analysis.summary import Summary
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import WaitThread

FEW = 10  # in flight: a loop that only waits answers so many at once within milliseconds
LEAST_PING_S = 0.01
SHARE = (
    0.4  # of the time between two answers: behind a blocked loop a bystander waits half of that on average
)


def marked(rows: Sequence[Summary], known: Collection[str] = ()) -> list[Summary]:
    """Return `rows`, those of a native face that blocks the loop made invalid and called that.

    `known` are works that were seen to before anything was measured. Else it is seen where few are in flight: one
    answer follows the other, and the bystander waits about as long as one of them takes. It holds at every load.
    """
    blocking = {_face(row) for row in rows if _own(row) and (row.contestant.work in known or _blocks(row))}
    return [_marked(row) if _own(row) and _face(row) in blocking else row for row in rows]


def _face(row: Summary) -> tuple[object, ...]:
    """Return what rows of one native face on one server have in common."""
    one = row.contestant
    return row.experiment, one.server, one.work, one.loop


def _own(row: Summary) -> bool:
    return row.contestant.paradigm.thread is WaitThread.NONE and not row.contestant.waits_as_asked


def _blocks(row: Summary) -> bool:
    ping = row.bystander.p50
    if row.in_flight > FEW:
        return False
    rate_rps = row.throughput_rps.value  # NaN where nothing was measured: then the ping alone tells
    least_s = max(LEAST_PING_S, SHARE / rate_rps if rate_rps > 0 else 0.0)
    return ping.known is not Known.TOO_FEW and ping.value_s >= least_s


def _marked(row: Summary) -> Summary:
    found = {*row.warnings, Warning.BLOCKS_LOOP}
    return msgspec.structs.replace(
        row, valid=False, warnings=tuple(warning for warning in Warning if warning in found)
    )
