"""How many times as fast the project signs and verifies (v2) as Tornado's functions and itsdangerous' TimestampSigner.

All take turns in one process; each round gives one ratio to each rival, and the median of the rounds is printed.
Run: ``python -m benchmarks.signing``.
"""

import hashlib
import statistics
import timeit
from collections.abc import Callable

import itsdangerous
from tornado import web

from tornado_cookies import signing

ROUNDS = 7
CALLS = 20_000
SECRET = "a secret of thirty-two characters"
NAME = "session"
VALUE = "user-1234567890"
MAX_AGE_S = 31 * 86400

Job = Callable[[], object]


def jobs() -> dict[str, dict[str, Job]]:
    """By table, the contestants: what is compared first, then its rivals."""
    default = itsdangerous.TimestampSigner(SECRET)
    alike = itsdangerous.TimestampSigner(SECRET, key_derivation="hmac", digest_method=hashlib.sha256)
    keys: dict[int, str] = {0: "an old secret of thirty-two bytes", 7: SECRET}
    signed = signing.create_signed_value(SECRET, NAME, VALUE)
    text, rotated = signed.decode(), signing.create_signed_value(keys, NAME, VALUE, key_version=7).decode()
    by_default, by_alike = default.sign(VALUE), alike.sign(VALUE)
    rivals_sign: dict[str, Job] = {
        "itsdangerous (SHA-1)": lambda: default.sign(VALUE),
        "itsdangerous (HMAC, SHA-256)": lambda: alike.sign(VALUE),
    }
    rivals_verify: dict[str, Job] = {
        "itsdangerous (SHA-1)": lambda: default.unsign(by_default, max_age=MAX_AGE_S),
        "itsdangerous (HMAC, SHA-256)": lambda: alike.unsign(by_alike, max_age=MAX_AGE_S),
    }
    return {
        "sign": {
            "compare": lambda: signing.create_signed_value(SECRET, NAME, VALUE),
            "tornado": lambda: web.create_signed_value(SECRET, NAME, VALUE),
            **rivals_sign,
        },
        "verify, text as a request brings it": {
            "compare": lambda: signing.decode_signed_value(SECRET, NAME, text),
            "tornado": lambda: web.decode_signed_value(SECRET, NAME, text),
            **rivals_verify,
        },
        "verify, bytes": {
            "compare": lambda: signing.decode_signed_value(SECRET, NAME, signed),
            "tornado": lambda: web.decode_signed_value(SECRET, NAME, signed),
            **rivals_verify,
        },
        "verify, rotated key": {
            "compare": lambda: signing.decode_signed_value(keys, NAME, rotated),
            "tornado": lambda: web.decode_signed_value(keys, NAME, rotated),
        },
    }


def measure(contestants: dict[str, Job]) -> dict[str, list[float]]:
    """Microseconds per call of each, one per round, taking turns."""
    times_us: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, job in contestants.items():
            times_us[name].append(timeit.timeit(job, number=CALLS) / CALLS * 1e6)
    return times_us


def main() -> None:
    """Print one table per job."""
    for table, contestants in jobs().items():
        times_us = measure(contestants)
        ours_us = times_us["compare"]
        print(f"{table:40} {'us/call':>8} {'compare is faster by':>21}")
        for name, each_us in times_us.items():
            ratio = statistics.median(theirs / ours for theirs, ours in zip(each_us, ours_us, strict=True))
            print(f"  {name:38} {statistics.median(each_us):8.2f} {ratio:20.2f}x")
        print()


if __name__ == "__main__":
    main()
