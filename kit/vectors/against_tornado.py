"""Give the functions of the Tornado that is installed the vectors of signed values and XSRF tokens.

`make.py` wrote them from one Tornado; this shows that others (6.1 and newer) read and write the same.
"""

import base64
import json
import logging
import sys
from pathlib import Path

import tornado
from tornado import web

logging.disable(logging.CRITICAL)  # format 1 logs what it refuses


raised = []


def cases(name):
    return json.loads((Path(__file__).parent / f"{name}.json").read_text())["cases"]


def key(secret):  # JSON's keys are text
    return {int(version): one for version, one in secret.items()} if isinstance(secret, dict) else secret


def signed(c):
    if c["op"] == "create":
        value = base64.b64decode(c["value"])
        made = web.create_signed_value(
            key(c["secret"]), c["name"], value, c["version"], lambda: c["now"], c["key_version"]
        )
        return made.decode() == c["result"]
    call = (key(c["secret"]), c["name"], c["value"], c["max_age_days"], lambda: c["now"])
    try:
        read = web.decode_signed_value(*call, min_version=c["min_version"])
    except (
        ValueError
    ):  # before 6.5 an empty or odd key version is answered with 500; later it reads as absent
        read = None
        raised.append(c)
    return read == (None if c["result"] is None else base64.b64decode(c["result"]))


def token(c):
    version, raw, created_s = web.RequestHandler._decode_xsrf_token(None, c["text"])
    raw_hex = None if raw is None else raw.hex()
    return (version, raw_hex) == (c["version"], c["raw"]) and (version != 2 or created_s == c["created_s"])


def is_later(c):
    since = [int(part) for part in c.get("since", "0").split(".")]
    return since > list(tornado.version_info[:2])


def main():
    every = [(c, signed) for c in cases("signed") if "kit" not in c]
    every += [(c, token) for c in cases("xsrf") if c["op"] == "decode" and not is_later(c)]
    failed = [c for c, check in every if not check(c)]
    for case in failed:
        print(json.dumps(case)[:300])
    print(
        f"Tornado {tornado.version}: {len(every)} cases, {len(raised)} answered with 500, {len(failed)} failed"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
