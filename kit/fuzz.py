"""Fuzzing with coverage guidance: `python kit/fuzz.py [SECONDS]`; needs `pip install atheris` (CPython 3.11 to 3.13, Linux).

It begins with the vectors. No input may raise what is not promised, read otherwise by two ways that must agree, or take
more than a second. Ends with exit code 0 when the time is over and nothing was found.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
with atheris.instrument_imports(include=["tornado_cookies"]):
    from tornado_cookies import cookies, forms, inspection, signing, xsrf

SECRET, NOW = "a secret of more than 32 bytes, for vectors", 1_700_000_000


def signed(text: str, raw: bytes) -> None:
    """The short way, the lenient way and the reason agree."""
    for secret in (SECRET, {0: SECRET, 1: "x"}):
        short = signing.decode_signed_value(secret, "sid", text, clock=lambda: NOW)
        lenient = signing.decode_signed_value(secret, "sid", raw, clock=lambda: NOW)
        if text.isascii() and short != lenient:
            raise AssertionError((text, short, lenient))
        if text:
            reason = inspection.why_unreadable(secret, "sid", text, clock=lambda: NOW)
            if (reason is inspection.Unreadable.READABLE) != (short is not None):
                raise AssertionError((text, short, reason))


def token(text: str, _raw: bytes) -> None:
    """The quick way and the full way agree."""
    if xsrf.raw_of(text) != xsrf.decode(text).raw:
        raise AssertionError(text)


def parse(_text: str, raw: bytes) -> None:
    """Whatever the bytes, only names that may be written come out."""
    for name in cookies.parse([raw]):
        cookies.set_cookie(name, "v", now=NOW, secure=True, httponly=True) if len(name) < 4000 else None


def set_cookie(text: str, _raw: bytes) -> None:
    """What is written is one header, reads back, and what is refused is a CookieError."""
    try:
        header = cookies.set_cookie("n", text, now=NOW, path="/", escape=True)
    except cookies.CookieError:
        return
    if header.count(";") != 1 or cookies.parse([header.partition(";")[0].encode()]) != {"n": text}:
        raise AssertionError((text, header))


def form(text: str, raw: bytes) -> None:
    """No bytes make it raise."""
    forms.token_in_form("multipart/form-data; boundary=b", raw)
    forms.token_in_form(text[:80], raw)
    forms.token_in_query(text)


def one(data: bytes) -> None:
    """Give one input to one target, which its first byte chooses."""
    raw = data[1:]
    text = raw.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8", "replace")
    targets = (signed, token, parse, set_cookie, form)
    targets[data[0] % len(targets) if data else 0](text, raw)


def main() -> None:
    """Run for so many seconds."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as corpus:
        for number, case in enumerate(json.loads((HERE / "vectors" / "signed.json").read_text())["cases"]):
            Path(corpus, f"signed{number}").write_bytes(
                b"\0" + str(case.get("result" if case["op"] == "create" else "value")).encode()
            )
        for number, case in enumerate(json.loads((HERE / "vectors" / "xsrf.json").read_text())["cases"]):
            Path(corpus, f"token{number}").write_bytes(b"\1" + str(case.get("text", "")).encode())
        for number, case in enumerate(json.loads((HERE / "vectors" / "cookie.json").read_text())["cases"]):
            Path(corpus, f"cookie{number}").write_bytes(b"\2" + ";".join(case["lines"]).encode())
        options = [f"-max_total_time={seconds}", "-timeout=1", "-max_len=4096", "-verbosity=0", corpus]
        atheris.Setup([sys.argv[0], *options], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
