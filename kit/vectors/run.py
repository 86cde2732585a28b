"""Check `tornado_cookies` against the vectors: `python kit/vectors/run.py`; the standard library alone.

A port in another language needs no more than this: read a file, do each case, compare what the case says of its end.
"""

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tornado_cookies import cookies, inspection, origin, signing, xsrf  # from this folder, installed or not


def end(c):
    """How a case ends here: those of its fields that a port must find by itself."""
    op, secret, now = c.get("op"), c.get("secret"), lambda: c["now"]
    if isinstance(secret, dict):  # JSON's keys are text
        secret = {int(version): one for version, one in secret.items()}
    if op == "create":
        value, more = b64decode(c["value"]), (c["version"], now, c["key_version"])
        return {"result": signing.create_signed_value(secret, c["name"], value, *more).decode()}
    if op == "decode" and secret:
        call = (secret, c["name"], c["value"], c["max_age_days"], now, c["min_version"])
        read = signing.decode_signed_value(*call)
        why = {"reason": inspection.why_unreadable(*call).value} if "reason" in c else {}
        return {"result": None if read is None else b64encode(read).decode(), **why}
    if op == "decode":
        version, raw, created_s = xsrf.decode(c["text"])
        return {"version": version, "raw": None if raw is None else raw.hex(), "created_s": created_s}
    if op == "encode":
        raw, mask = bytes.fromhex(c["raw"]), bytes.fromhex(c["mask"])
        return {"result": xsrf.encode(raw, c["created_s"], c["version"], mask).decode()}
    if op == "origin":
        said = {name: c[name] for name in ("sec_fetch_site", "origin", "host")}
        return {"refusal": origin.refusal(**said, is_trusted=c["trusted"].__contains__)}
    if "lines" in c:
        return {"cookies": cookies.parse([line.encode("latin-1") for line in c["lines"]])}
    try:
        if "call" in c:
            return {"header": cookies.set_cookie(**c["call"], now=c["now"])}
        xsrf.check(c["given"], xsrf.decode(c["cookie"]).raw or b"")
    except xsrf.XsrfError as error:
        return {"verdict": str(error)}
    except cookies.CookieError as error:
        return {"field": error.field, "reason": str(error)}
    return {"verdict": "ok"}


files = [Path(__file__).with_name(f"{name}.json") for name in ("signed", "xsrf", "set-cookie", "cookie")]
cases = [c for file in files for c in json.loads(file.read_text())["cases"]]
wrong = [c for c in cases if {**c, **end(c)} != c]
for c in wrong:
    print(f"{json.dumps(c)[:300]} ends as {end(c)}")
print(f"Python {sys.version.split()[0]}: {len(cases)} cases, {len(wrong)} failed")
sys.exit(bool(wrong))
