"""What guided fuzzing calls, and what must hold of any input: `one(data)` raises AssertionError when it does not.

Two ways that must agree agree, with each other and, where Tornado is installed, with Tornado; nothing raises what is
not promised; no input takes longer than its length allows. The first byte of an input chooses the target.
"""

from __future__ import annotations

import contextlib
import time
from types import SimpleNamespace

from tornado_cookies import cookies, forms, inspection, origin, signing, xsrf

try:
    from tornado import httputil, web
except ImportError:  # the kit's ways are then compared with each other alone
    web = None

SECRET, NOW = "a secret of more than 32 bytes, for vectors", 1_700_000_000
SLOW_S, SLOW_S_PER_BYTE = 0.2, 20e-6  # of CPU, with instrumentation; a quadratic way takes minutes for 64 KiB


def signed(text: str, raw: bytes) -> None:
    """The short way, the lenient way, the reason and Tornado agree."""
    for secret in (SECRET, {0: SECRET, 1: "x"}):
        short = signing.decode_signed_value(secret, "sid", text, clock=lambda: NOW)
        lenient = signing.decode_signed_value(secret, "sid", raw, clock=lambda: NOW)
        assert not text.isascii() or short == lenient, (text, short, lenient)
        if text:
            reason = inspection.why_unreadable(secret, "sid", text, clock=lambda: NOW)
            assert (reason is inspection.Unreadable.READABLE) == (short is not None), (text, short, reason)
        if web is not None:
            try:
                theirs = web.decode_signed_value(secret, "sid", text, clock=lambda: NOW)
            except AssertionError:  # of a dict and format 1: the documented difference
                theirs = None
            assert theirs == short, (text, short, theirs)


def token(text: str, _raw: bytes) -> None:
    """The quick way, the full way and Tornado agree."""
    full = xsrf.decode(text)
    assert xsrf.raw_of(text) == full.raw, text
    if web is not None:
        version, raw, _ = web.RequestHandler._decode_xsrf_token(None, text)  # type: ignore[arg-type]
        assert (full.version, full.raw) == (version, raw), text


def from_page(text: str, _raw: bytes) -> None:
    """A request is refused in the words of Tornado; where that raises, it is refused all the same."""
    site, from_origin, host = [*text.split("\n", 2), "", ""][:3]
    given = {"sec_fetch_site": site or None, "origin": from_origin or None, "host": host}
    ours = origin.refusal(**given, is_trusted={"https://trusted.example"}.__contains__)
    if web is not None:
        pairs = {"Sec-Fetch-Site": site or None, "Origin": from_origin or None, "Host": host}
        headers = httputil.HTTPHeaders({name: value for name, value in pairs.items() if value is not None})
        handler = SimpleNamespace(request=SimpleNamespace(headers=headers))
        handler._origin_matches_host = lambda said: web.RequestHandler._origin_matches_host(handler, said)
        try:
            theirs = web.RequestHandler._check_cross_origin(handler, {"https://trusted.example"}.__contains__)
        except ValueError:
            assert ours is not None, text
        else:
            assert ours == theirs, (text, ours, theirs)


def parse(_text: str, raw: bytes) -> None:
    """Whatever the bytes, only names that may be written come out."""
    for name in cookies.parse([raw]):
        if len(name) < 4000:
            cookies.set_cookie(name, "v", now=NOW, secure=True, httponly=True)


def set_cookie(text: str, _raw: bytes) -> None:
    """What is written is one header and reads back; what is refused is a CookieError."""
    try:
        header = cookies.set_cookie("n", text, now=NOW, path="/", escape=True)
    except cookies.CookieError:
        return
    assert header.count(";") == 1, header
    assert cookies.parse([header.partition(";")[0].encode()]) == {"n": text}, (text, header)


def attribute(text: str, _raw: bytes) -> None:
    """No domain and no path adds an attribute or a header."""
    for name in ("domain", "path", "samesite"):
        with contextlib.suppress(cookies.CookieError):
            header = cookies.set_cookie("n", "v", now=NOW, secure=True, **{"path": None, name: text})
            assert header.count(";") <= 2, header
            assert header.isprintable(), header


def form(text: str, raw: bytes) -> None:
    """No bytes make it raise."""
    forms.token_in_form("multipart/form-data; boundary=b", raw)
    forms.token_in_form(text[:80], raw)
    forms.token_in_query(text)


TARGETS = (signed, token, parse, set_cookie, form, from_page, attribute)


def one(data: bytes) -> None:
    """Give one input to the target that its first byte chooses."""
    raw = data[1:]
    text = raw.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8", "replace")
    began_s = time.process_time()
    TARGETS[data[0] % len(TARGETS) if data else 0](text, raw)
    took_s = time.process_time() - began_s
    assert took_s < SLOW_S + SLOW_S_PER_BYTE * len(data), f"{took_s:.2f} s of CPU for {len(data)} bytes"
