"""Vectors of XSRF tokens and origins, with Tornado's verdicts."""

import itertools
from types import SimpleNamespace

from made_signed import NOW, Case
from tornado import httputil, web

from tornado_cookies import xsrf

RAW, MASK = bytes(range(16)), b"\x01\x02\x03\x04"
LATER = {"2|0102030405|00|5"}  # before 6.6, Tornado took the first 4 bytes of a longer mask


def xsrf_cases() -> list[Case]:
    """Tokens: written with a known mask, read, compared; and decisions about origins."""
    v2 = xsrf.encode(RAW, NOW, 2, MASK).decode()
    return [*encoded(), *map(decoded, texts(v2)), *checked(v2), *origin_cases()]


def encoded() -> list[Case]:
    """Tokens of both versions, written with a known mask."""
    return [
        {
            "op": "encode",
            "raw": token.hex(),
            "mask": MASK.hex(),
            "created_s": NOW,
            "version": version,
            "result": xsrf.encode(token, NOW, version, MASK).decode(),
        }
        for token, version in itertools.product((RAW, b"", b"\xff" * 16, b"abc"), (1, 2))
    ]


def texts(v2: str) -> list[str]:
    """Tokens: good, of no version, cut, with malformed fields."""
    return [
        v2,
        RAW.hex(),
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
        "2|01020304||5",
        "2|0102030405|00|5",
        "2|01020304|00|x",
        "2|01020304|00| 5 ",
        "2|01020304|00|1_0",
        "2|x\n",
        "é",
        "a b",
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


def decoded(text: str) -> Case:
    """What Tornado reads of one token."""
    version, token, created_s = web.RequestHandler._decode_xsrf_token(None, text)
    return {
        "op": "decode",
        "text": text,
        "version": version,
        "raw": None if token is None else token.hex(),
        "created_s": created_s if version == 2 else None,
        **({"since": "6.6"} if text in LATER else {}),
    }


def checked(v2: str) -> list[Case]:
    """What was given, against what the cookie holds."""
    cases = []
    for given, cookie in itertools.product(
        [None, "", v2, RAW.hex(), "3|", "00", "xoxo"], [v2, RAW.hex(), "00", "xoxo"]
    ):
        try:
            xsrf.check(given, xsrf.decode(cookie).raw or b"")
            verdict = "ok"
        except xsrf.XsrfError as error:
            verdict = str(error)
        cases.append({"op": "check", "given": given, "cookie": cookie, "verdict": verdict})
    return cases


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
