"""Make the vectors from Tornado itself: `python kit/vectors/make.py`; `--check` only says whether they are as made.

Every verdict is Tornado's own, save the cases marked "kit": where docs/cookies.md lists a difference, and the reasons.
"""

import base64
import hmac
import itertools
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tornado import httputil, web

from tornado_cookies import cookies, inspection, xsrf

HERE = Path(__file__).parent
NOW = 1_700_000_000
DAY_S = 86_400
SECRET, KEYS = "a secret of more than 32 bytes, for vectors", {0: "old secret", 1: "new secret", 12: "third"}
LATER = {"2|0102030405|00|5"}  # before 6.6, Tornado took the first 4 bytes of a longer mask
Case = dict[str, Any]


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


def values() -> list[str]:
    """Signed values: good, changed in each way, malformed but correctly signed."""
    good = web.create_signed_value(SECRET, "sid", "bob", clock=lambda: NOW).decode()
    v1 = web.create_signed_value(SECRET, "sid", "bob", version=1, clock=lambda: NOW).decode()
    rotated = [
        web.create_signed_value(KEYS, "sid", "bob", clock=lambda: NOW, key_version=k).decode() for k in KEYS
    ]
    changed = [good[:i] + ("x" if good[i] != "x" else "y") + good[i + 1 :] for i in range(0, len(good), 3)]
    changed += [v1[:i] + ("A" if v1[i] != "A" else "B") + v1[i + 1 :] for i in range(0, len(v1), 4)]
    cut = [good[:i] for i in range(0, len(good), 7)] + [good[i:] for i in range(1, len(good), 9)]
    odd = [
        good.upper(),
        good + " ",
        " " + good,
        good + "\n",
        good + "|",
        good * 2,
        good[:-64] + good[-64:].upper(),
    ]
    odd += [
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
    forged = [
        macd(b"2|%b|10:1700000000|3:sid|4:Ym9i|" % field)
        for field in (
            b"1:0",
            b"1:7",
            b"2:-1",
            b"1:x",
            b"0:",
            b"2:+1",
            b"3: 0 ",
            b"01:0",
            b"+1:0",
            b" 1:0",
            b"1:00",
        )
    ]
    forged += [
        macd(b"2|1:0|%b|3:sid|4:Ym9i|" % field)
        for field in (
            b"0:",
            b"1:x",
            b"11: 1700000000",
            b"13:1_700_000_000",
            b"12:1700000000.0",
            b"3:nan",
            b"10:1800000000",
        )
    ]
    forged += [
        macd(b"2|1:0|10:1700000000|3:sid|%b|" % field)
        for field in (b"0:", b"3:Ym9", b"4:Ym9!", b"5:Ym9i\n", b"1:=", b"4:Y m9", b"6:Ym9iYg", b"8:Ym9iYg==")
    ]
    forged += [
        macd(b"2|1:0|10:1700000000|%b|4:Ym9i|" % field) for field in (b"0:", b"5:other", b"3:SID", b"4:sid ")
    ]
    forged += [
        macd(b"2|1:0|10:1700000000|3:sid|4:Ym9i|1:x|"),
        macd(b"2|1:0|10:1700000000|3:sid|"),
        macd(b"2|"),
    ]
    forged += [
        macd_v1(b"Ym9i", stamp)
        for stamp in (
            b"",
            b"x",
            b"01700000000",
            b" 1700000000",
            b"1702678400",
            b"1702678401",
            b"1697321600",
            b"1697321599",
        )
    ]
    forged += [
        macd_v1(b"Ym9", b"1700000000"),
        macd_v1(b"", b"1700000000"),
        macd_v1(b"iYm9i", b"1700000000", b"s"),
    ]
    return [good, v1, *rotated, *changed, *cut, *odd, *forged]


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


def xsrf_cases() -> list[Case]:
    """Tokens: written with a known mask, read, compared; and decisions about origins."""
    raw, mask = bytes(range(16)), b"\x01\x02\x03\x04"
    cases: list[Case] = []
    for token, version in itertools.product((raw, b"", b"\xff" * 16, b"abc"), (1, 2)):
        text = xsrf.encode(token, NOW, version, mask).decode()
        cases.append(
            {
                "op": "encode",
                "raw": token.hex(),
                "mask": mask.hex(),
                "created_s": NOW,
                "version": version,
                "result": text,
            }
        )
    v2 = xsrf.encode(raw, NOW, 2, mask).decode()
    texts = [
        v2,
        raw.hex(),
        "deadbeef",
        "xoxo",
        "2|",
        "2||",
        "2|||",
        "2||||",
        "3|",
        "10|x",
        "0|x",
        "02|x",
        "2|zz|00|1",
    ]
    texts += [
        "2|01020304||5",
        "2|0102030405|00|5",
        "2|01020304|00|x",
        "2|01020304|00| 5 ",
        "2|01020304|00|1_0",
        "2|x\n",
        "é",
        "a b",
    ]
    texts += [
        v2 + "\n",
        v2.upper(),
        v2 + "|",
        " " + v2,
        "2|01020304|0|5",
        "2|01020304|00|",
        "2|01020304|00|-1",
        "00 ",
        "0",
    ]
    for text in texts:
        version, token, created_s = web.RequestHandler._decode_xsrf_token(None, text)
        cases.append(
            {
                "op": "decode",
                "text": text,
                "version": version,
                "raw": None if token is None else token.hex(),
                "created_s": created_s if version == 2 else None,
                **({"since": "6.6"} if text in LATER else {}),
            }
        )
    for given, cookie in itertools.product(
        [None, "", v2, raw.hex(), "3|", "00", "xoxo"], [v2, raw.hex(), "00", "xoxo"]
    ):
        try:
            xsrf.check(given, xsrf.decode(cookie).raw or b"")
            verdict = "ok"
        except xsrf.XsrfError as error:
            verdict = str(error)
        cases.append({"op": "check", "given": given, "cookie": cookie, "verdict": verdict})
    return cases + origin_cases()


def origin_cases() -> list[Case]:
    """Each `Sec-Fetch-Site` with each `Origin`, with Tornado's verdict."""
    trusted, host = ["https://trusted.example"], "Site.example:8000"
    sites = (None, "same-origin", "none", "same-site", "cross-site", "Same-Origin", "same-origin,none", "")
    origins = (
        None,
        "http://site.example:8000",
        "https://site.example:8000/path",
        "http://site.example",
        "null",
        "",
    )
    origins += (
        "https://trusted.example",
        "https://trusted.example/",
        "http://SITE.EXAMPLE:8000",
        "http://u@site.example:8000",
    )
    cases = []
    for site, origin in itertools.product(sites, origins):
        headers = {"Host": host}
        headers |= {} if site is None else {"sec-fetch-site": site}
        headers |= {} if origin is None else {"origin": origin}
        request = SimpleNamespace(headers=httputil.HTTPHeaders(headers))
        handler = SimpleNamespace(request=request)
        handler._origin_matches_host = lambda o, h=handler: web.RequestHandler._origin_matches_host(h, o)
        refusal = web.RequestHandler._check_cross_origin(handler, trusted.__contains__)
        case = {"op": "origin", "sec_fetch_site": site, "origin": origin, "host": host, "trusted": trusted}
        cases.append(case | {"refusal": refusal})
    return cases


def set_cookie_cases() -> list[Case]:
    """Calls and the header they write; a refusal names the field and is the kit's own."""
    calls: list[Case] = [
        {"value": value} for value in ("v", "", "a=b", "a/b", "()<>?@[]{}", "!#$%&'*+-.^_`|~:")
    ]
    calls += [{"value": value, "escape": True} for value in ('a"b', "a;b", "a,b", "a\\b", '"')]
    calls += [{"domain": "example.com"}, {"domain": ".a.b"}, {"path": "/a"}, {"path": None}, {"path": ""}]
    calls += [
        {"httponly": True},
        {"secure": True},
        {"samesite": "Lax"},
        {"samesite": "strict"},
        {"max_age": 5},
        {"max_age": -5},
    ]
    calls += [{"samesite": "None", "secure": True}, {"expires": 1_700_000_000}, {"expires": -1}]
    calls += [
        {"domain": "a.b", "path": "/x", "httponly": True, "secure": True, "samesite": "Lax", "max_age": 9}
    ]
    ours: list[Case] = [{"max_age": 0}, {"expires": 0}, {"secure": True, "partitioned": True}]
    ours += [{"value": value} for value in ("a b", "é", "a;b", 'a"b', "a,b", "\x7f", "x" * 4096)]
    ours += [
        {"name": name}
        for name in ("", "a b", "a=b", "a:b", "path", "__Host-a", "__Secure-a", "__Http-a", "__Host-Http-a")
    ]
    ours += [
        {"domain": domain}
        for domain in ("a:1", ":::", ".", "a/b", "-a.com", "a-.com", "a..b", "d" * 254, "a;b")
    ]
    ours += [{"path": path} for path in ("x", "/;a", "/ ", "/é", "/" + "p" * 1024)]
    ours += [
        {"samesite": "x"},
        {"samesite": "None"},
        {"partitioned": True},
        {"max_age": 34_560_001},
        {"expires": "1; Path=/x"},
    ]
    ours += [{"expires_days": 401}, {"expires_days": 1}, {"max_age": "1; Path=/x"}]
    cases = []
    for call, is_kits in [*((c, False) for c in calls), *((c, True) for c in ours)]:
        full = {"name": "n", "value": "v"} | call
        try:
            said = {"header": cookies.set_cookie(**full, now=NOW)}
        except cookies.CookieError as error:
            said = {"field": error.field, "reason": str(error)}
        if not is_kits:
            assert said.get("header") == tornados(full), full  # a vector that Tornado denies is none
        cases.append({"call": full, "now": NOW, **({"kit": True} if is_kits else {}), **said})
    return cases


def tornados(call: Case) -> str:
    """The header Tornado writes."""
    handler = web.RequestHandler.__new__(web.RequestHandler)
    web.RequestHandler.set_cookie(handler, **{k: v for k, v in call.items() if k != "escape"})
    return handler._new_cookie[call["name"]].OutputString(None)


def cookie_cases() -> list[Case]:
    """`Cookie` lines (as Latin-1) and what is read; "kit" where Tornado reads something else."""
    lines = [
        ["a=b"],
        ["a=b; c=d"],
        ["a=b;c=d"],
        [" a = b ; c = d "],
        ["a=b; a=c"],
        ["a=b", "c=d"],
        ["session=good; a=x session=evil"],
    ]
    lines += [
        [line]
        for line in (
            "",
            ";",
            "=",
            "a",
            "=b",
            "a=",
            ";;a=b;;",
            "a=b=c",
            'a="b"',
            'a="b',
            'a="b;c"',
            'a=b"',
            'a=""',
        )
    ]
    lines += [
        [line]
        for line in (
            r'a="\073\054"',
            r'a="\"x\""',
            r'a="\\"',
            r'a="\400"',
            r'a="\08"',
            r"a=\073",
            'a=" b "',
            'a="b" ',
        )
    ]
    lines += [
        [line]
        for line in (
            "a b=c",
            "a/b=c",
            "a:b=c",
            "a@b=c",
            "path=/",
            "Secure=1",
            "Partitioned=1",
            "$Version=1; a=b",
            "é=b",
            "\xa0__Host-a=b",
        )
    ]
    lines += [
        [line]
        for line in (
            "a=\xc3\xa9",
            "a=\xe9",
            "a=b\tc",
            "a=b\x00c",
            "\ta\t=\tb\t",
            "A=1; a=2",
            "a=1, b=2",
            "a=b;",
            "a==b",
            "__proto__=x",
        )
    ]
    lines += [["a=1"] * 3, ["a=1; b=2", "b=3"], [f"n{i}=v{i}; " * 3 for i in range(5)]]
    cases = []
    for each in lines:
        read = cookies.parse([line.encode("latin-1") for line in each])
        theirs = dict(httputil.parse_cookie("; ".join(each)))
        cases.append({"lines": each, "cookies": read, **({"kit": True} if read != theirs else {})})
    return cases


def main() -> int:
    """Write the files, or check them."""
    made = {
        "signed": [*created(), *decoded()],
        "xsrf": xsrf_cases(),
        "set-cookie": set_cookie_cases(),
        "cookie": cookie_cases(),
    }
    stale = []
    for name, cases in made.items():
        document = {"schema": 1, "cases": cases}
        text = json.dumps(document, indent=0, ensure_ascii=True, sort_keys=True) + "\n"
        path = HERE / f"{name}.json"
        if "--check" in sys.argv:
            stale += [] if path.read_text() == text else [path.name]
        else:
            path.write_text(text)
    print(sum(map(len, made.values())), "cases;", "stale: " + ", ".join(stale) if stale else "as made")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
