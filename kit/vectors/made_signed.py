"""Vectors of signed values: what Tornado signs, and what it reads of values good, changed and forged."""

import base64
import hmac
import itertools
from typing import Any

from tornado import web

from tornado_cookies import inspection

NOW = 1_700_000_000
DAY_S = 86_400
SECRET, KEYS = "a secret of more than 32 bytes, for vectors", {0: "old secret", 1: "new secret", 12: "third"}
Case = dict[str, Any]

# Malformed without any signature, and malformed fields that the holder of the secret signed.
ODD = [
    "",
    "|",
    "||",
    "2|",
    "1|",
    "3|1:0|",
    "999|x",
    "1000|1|x",
    "02|1:0|",
    "2",
    "garbage",
    "a|b|c",
    "a|b|c|d",
]
KEY_FIELDS = (b"1:0", b"1:7", b"2:-1", b"1:x", b"0:", b"2:+1", b"3: 0 ", b"01:0", b"+1:0", b" 1:0", b"1:00")
TIME_FIELDS = (
    b"0:",
    b"1:x",
    b"11: 1700000000",
    b"13:1_700_000_000",
    b"12:1700000000.0",
    b"3:nan",
    b"10:1800000000",
)
VALUE_FIELDS = (b"0:", b"3:Ym9", b"4:Ym9!", b"5:Ym9i\n", b"1:=", b"4:Y m9", b"6:Ym9iYg", b"8:Ym9iYg==")
NAME_FIELDS = (b"0:", b"5:other", b"3:SID", b"4:sid ")
V1_TIMES = (
    b"",
    b"x",
    b"01700000000",
    b" 1700000000",
    b"1702678400",
    b"1702678401",
    b"1697321600",
    b"1697321599",
)


def b64(data: bytes) -> str:
    """Return bytes as JSON can hold them."""
    return base64.b64encode(data).decode()


def created() -> list[Case]:
    """What is signed: payloads, names, secrets, key versions, both formats."""
    cases = []
    payloads = [b"", b"bob", "é🍪".encode(), bytes(range(256)), b"|:=", b"x" * 2990]
    for payload, version in itertools.product(payloads, (1, 2)):
        cases.append(
            {"secret": SECRET, "name": "sid", "value": payload, "version": version, "key_version": None}
        )
    for name in ("a", "session_id", "n" * 100, "Sid", "a.b-c_d"):
        cases.append({"secret": SECRET, "name": name, "value": b"bob", "version": 2, "key_version": None})
    for key_version in KEYS:
        cases.append(
            {"secret": KEYS, "name": "sid", "value": b"bob", "version": 2, "key_version": key_version}
        )
    for secret in ("k", "k" * 63, "k" * 64, "k" * 65, "ü" * 40):
        for version in (1, 2):
            cases.append(
                {"secret": secret, "name": "sid", "value": b"bob", "version": version, "key_version": None}
            )
    for case in cases:
        made = web.create_signed_value(
            case["secret"], case["name"], case["value"], case["version"], lambda: NOW, case["key_version"]
        )
        case.update(op="create", value=b64(case["value"]), now=NOW, result=made.decode())
    return cases


def macd(body: bytes, secret: str = SECRET) -> str:
    """A body of format 2 that the holder of the secret signed, whatever is in it."""
    return (body + hmac.new(secret.encode(), body, "sha256").hexdigest().encode()).decode("latin-1")


def macd_v1(payload: bytes, timestamp: bytes, name: bytes = b"sid") -> str:
    """The same of format 1."""
    signature = hmac.new(SECRET.encode(), name + payload + timestamp, "sha1").hexdigest()
    return (payload + b"|" + timestamp + b"|" + signature.encode()).decode("latin-1")


def changed(good: str, v1: str) -> list[str]:
    """Both with one character after the other changed, and the newer one cut at either end."""
    found = [good[:i] + ("x" if good[i] != "x" else "y") + good[i + 1 :] for i in range(0, len(good), 3)]
    found += [v1[:i] + ("A" if v1[i] != "A" else "B") + v1[i + 1 :] for i in range(0, len(v1), 4)]
    return found + [good[:i] for i in range(0, len(good), 7)] + [good[i:] for i in range(1, len(good), 9)]


def odd(good: str) -> list[str]:
    """A good value with something around it or in other letters, then what is not a signed value at all."""
    around = [good + " ", " " + good, good + "\n", good + "|", good * 2]
    return [good.upper(), *around, good[:-64] + good[-64:].upper(), *ODD]


def forged() -> list[str]:
    """Malformed but correctly signed, one field at a time."""
    found = [macd(b"2|%b|10:1700000000|3:sid|4:Ym9i|" % field) for field in KEY_FIELDS]
    found += [macd(b"2|1:0|%b|3:sid|4:Ym9i|" % field) for field in TIME_FIELDS]
    found += [macd(b"2|1:0|10:1700000000|3:sid|%b|" % field) for field in VALUE_FIELDS]
    found += [macd(b"2|1:0|10:1700000000|%b|4:Ym9i|" % field) for field in NAME_FIELDS]
    found += [macd(b"2|1:0|10:1700000000|3:sid|4:Ym9i|1:x|"), macd(b"2|1:0|10:1700000000|3:sid|")]
    found += [macd(b"2|"), *(macd_v1(b"Ym9i", stamp) for stamp in V1_TIMES), macd_v1(b"Ym9", b"1700000000")]
    return [*found, macd_v1(b"", b"1700000000"), macd_v1(b"iYm9i", b"1700000000", b"s")]


def values() -> list[str]:
    """Signed values: good, changed in each way, malformed but correctly signed."""
    good = web.create_signed_value(SECRET, "sid", "bob", clock=lambda: NOW).decode()
    v1 = web.create_signed_value(SECRET, "sid", "bob", version=1, clock=lambda: NOW).decode()
    rotated = [
        web.create_signed_value(KEYS, "sid", "bob", clock=lambda: NOW, key_version=k).decode() for k in KEYS
    ]
    return [good, v1, *rotated, *changed(good, v1), *odd(good), *forged()]


def decoded() -> list[Case]:
    """What is read: each value as it came, then at the edges of age, of min_version and of the keys."""
    good = web.create_signed_value(SECRET, "sid", "bob", clock=lambda: NOW).decode()
    rotated = web.create_signed_value(KEYS, "sid", "bob", clock=lambda: NOW, key_version=1).decode()
    bare = {"secret": SECRET, "name": "sid", "max_age_days": 31, "now": NOW, "min_version": 1}
    cases: list[Case] = [bare | {"value": value} for value in values()]
    cases += [bare | {"value": value, "min_version": 2} for value in values()[:2]]
    for ahead in (0, 1, 31 * DAY_S, 31 * DAY_S + 1, 31 * DAY_S - 1, -DAY_S, -100 * DAY_S):
        cases.append(bare | {"value": good, "now": NOW + ahead})
    cases += [bare | {"value": good, "max_age_days": days} for days in (0, 0.5, -1, 1000)]
    cases += [bare | {"value": good, "name": name} for name in ("si", "sidx", "SID", "")]
    cases += [
        bare | {"value": good, "secret": secret}
        for secret in ("other", {0: SECRET}, {1: SECRET}, {0: "other"})
    ]
    cases += [
        bare | {"value": rotated, "secret": secret}
        for secret in (KEYS, {0: "x"}, {1: "new secret"}, "new secret")
    ]
    cases += [bare | {"value": value, "secret": KEYS} for value in ("garbage", "a|b|c", "", "2|", "3|x")]
    for case in cases:
        arguments = (
            case["secret"],
            case["name"],
            case["value"],
            case["max_age_days"],
            lambda c=case: c["now"],
        )
        try:
            result = web.decode_signed_value(*arguments, case["min_version"])
        except AssertionError:  # the one documented difference: Tornado answers garbage with 500
            result, case["kit"] = None, True
        case.update(op="decode", result=None if result is None else b64(result))
        if result is None and case["value"]:
            reason = inspection.why_unreadable(*arguments, min_version=case["min_version"])
            case["reason"] = reason.value
    return cases
