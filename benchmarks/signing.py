"""How many times as fast the project signs and verifies (v2) as Tornado's functions and itsdangerous' TimestampSigner.

By CPU time: all take short turns in one process; each round gives one ratio to each rival, and the median is printed.
Run: ``python -m benchmarks.signing``.
"""

import hashlib
import statistics

import itsdangerous
from tornado import web

from benchmarks.turns import Job, cpu_us, ratio
from tornado_cookies import signing

SECRET = "a secret of thirty-two characters"
NAME = "session"
VALUE = "user-1234567890"
MAX_AGE_S = 31 * 86400


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


def main() -> None:
    """Print one table per job."""
    for table, contestants in jobs().items():
        times_us = cpu_us(contestants)
        print(f"{table:40} {'us/call':>8} {'compare is faster by':>21}")
        for name, each_us in times_us.items():
            times = ratio(each_us, times_us["compare"])
            print(f"  {name:38} {statistics.median(each_us):8.2f} {times:20.2f}x")
        print()


if __name__ == "__main__":
    main()
