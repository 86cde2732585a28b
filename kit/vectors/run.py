"""Check `tornado_cookies` against the vectors: `python kit/vectors/run.py`; the standard library alone.

A port in another language needs no more than this: read a file, do each case, compare.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tornado_cookies import cookies, inspection, origin, signing, xsrf  # from this folder, installed or not


def key(secret):  # JSON's keys are text
    return {int(version): one for version, one in secret.items()} if isinstance(secret, dict) else secret


def signed(c):
    if c["op"] == "create":
        value = base64.b64decode(c["value"])
        made = signing.create_signed_value(
            key(c["secret"]), c["name"], value, c["version"], lambda: c["now"], c["key_version"]
        )
        return made.decode() == c["result"]
    call = (key(c["secret"]), c["name"], c["value"], c["max_age_days"], lambda: c["now"])
    read = signing.decode_signed_value(*call, min_version=c["min_version"])
    wanted = None if c["result"] is None else base64.b64decode(c["result"])
    return read == wanted and (
        "reason" not in c
        or inspection.why_unreadable(*call, min_version=c["min_version"]).value == c["reason"]
    )


def of_xsrf(c):
    if c["op"] == "encode":
        raw, mask = bytes.fromhex(c["raw"]), bytes.fromhex(c["mask"])
        return xsrf.encode(raw, c["created_s"], c["version"], mask).decode() == c["result"]
    if c["op"] == "decode":
        raw = None if c["raw"] is None else bytes.fromhex(c["raw"])
        return xsrf.decode(c["text"]) == (c["version"], raw, c["created_s"])
    if c["op"] == "origin":
        said = {name: c[name] for name in ("sec_fetch_site", "origin", "host")}
        return origin.refusal(**said, is_trusted=c["trusted"].__contains__) == c["refusal"]
    try:
        xsrf.check(c["given"], xsrf.decode(c["cookie"]).raw or b"")
    except xsrf.XsrfError as error:
        return str(error) == c["verdict"]
    return c["verdict"] == "ok"


def set_cookie(c):
    try:
        return cookies.set_cookie(**c["call"], now=c["now"]) == c.get("header")
    except cookies.CookieError as error:
        return (error.field, str(error)) == (c.get("field"), c.get("reason"))


def cookie(c):
    return cookies.parse([line.encode("latin-1") for line in c["lines"]]) == c["cookies"]


def main():
    failed = total = 0
    for name, check in {
        "signed": signed,
        "xsrf": of_xsrf,
        "set-cookie": set_cookie,
        "cookie": cookie,
    }.items():
        for number, case in enumerate(
            json.loads((Path(__file__).parent / f"{name}.json").read_text())["cases"]
        ):
            total += 1
            if not check(case):
                failed += 1
                print(f"{name}.json, case {number}: {json.dumps(case)[:300]}")
    print(f"Python {sys.version.split()[0]}: {total} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
