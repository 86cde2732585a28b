"""How a slow service answers: how long it waits, and how it fails. Pure except for the dice, which are given."""

import dataclasses
import enum
import random
from urllib.parse import parse_qsl


class Fail(enum.StrEnum):
    """The ways in which an upstream fails."""

    ERROR = "error"  # answers 500
    RESET = "reset"  # resets the connection instead of answering
    HALF = "half"  # closes half-way through the body
    GARBAGE = "garbage"  # answers what is not HTTP
    HANG = "hang"  # never answers
    REFUSE = "refuse"  # closes its listening socket: connections are refused from then on


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """How requests are answered: `delay_s` plus or minus up to `jitter_s`; a share `failure_rate` of them by `fail`."""

    delay_s: float = 0.0
    jitter_s: float = 0.0
    failure_rate: float = 0.0
    fail: Fail = Fail.ERROR

    def changed_by(self, query: str) -> "Behaviour":
        """Return this behaviour with what a query string says instead; raises ValueError.

        `fail` without `failure_rate` means always.
        """
        given = dict(parse_qsl(query))
        changes: dict[str, float | Fail] = {
            field: amount(given[name]) for name, field in _AMOUNTS.items() if name in given
        }
        if "fail" in given:
            changes = {"failure_rate": 1.0} | changes | {"fail": Fail(given["fail"])}
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]  # the table pairs names and types

    def wait_s(self, chance: random.Random) -> float:
        """Return how long this one request waits."""
        if not self.jitter_s:
            return self.delay_s
        return max(0.0, self.delay_s + chance.uniform(-self.jitter_s, self.jitter_s))

    def fails(self, chance: random.Random) -> bool:
        """Return whether this one request fails."""
        return bool(self.failure_rate) and chance.random() < self.failure_rate


_AMOUNTS = {"delay": "delay_s", "jitter": "jitter_s", "failure_rate": "failure_rate"}


def amount(text: str) -> float:
    """Return the seconds or the share `text` stands for, from 0 to 3600; raises ValueError."""
    value = float(text)
    if not 0 <= value <= 3600:
        raise ValueError(text)
    return value
