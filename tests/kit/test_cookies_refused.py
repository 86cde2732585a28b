"""What no browser would keep is refused, each field by its rule; at the edge of a rule it is written."""

import datetime as dt
import pickle

import pytest

from tornado_cookies.cookies import (
    MAX_AGE_S,
    MAX_ATTRIBUTE_BYTES,
    MAX_DOMAIN_CHARS,
    MAX_PAIR_BYTES,
    CookieError,
    set_cookie,
)

NOW = 1_700_000_000.25  # Tue, 14 Nov 2023 22:13:20 GMT and a bit
BAD_CHARACTERS = [*map(chr, range(0x21)), "\x7f", ";", "\x80", "é", "€", "\ud800"]
ANY = {"name": "n", "value": "v"}
REFUSED = [  # field at fault, words of the rule, call
    *[
        ("name", "token", {"name": name})
        for name in ["", "a b", "a/b", "a:b", "a=b", 'a"b', "a,b", "(a)", "n\n"]
    ],
    *[("name", "token", {"name": f"n{bad}"}) for bad in BAD_CHARACTERS],
    *[("name", "token", {"name": name}) for name in [None, b"n", 1]],
    *[("name", "attribute", {"name": name}) for name in ["path", "Max-Age", "PARTITIONED", "version"]],
    *[("value", "visible ASCII", {"value": f"v{bad}"}) for bad in BAD_CHARACTERS if bad != ";"],
    *[
        ("value", "visible ASCII", {"value": f"v{bad}", "escape": True})
        for bad in BAD_CHARACTERS
        if bad != ";"
    ],
    *[("value", "must not hold", {"value": f"v{bad}"}) for bad in '",;\\'],
    *[("value", "visible ASCII", {"value": value}) for value in [None, 1, ["v"]]],
    ("value", "UTF-8", {"value": b"\xff"}),
    ("value", "visible ASCII", {"value": "é".encode()}),
    ("value", "4096", {"value": "v" * MAX_PAIR_BYTES}),
    ("value", "4096", {"name": "n" * MAX_PAIR_BYTES, "value": "v"}),
    ("value", "4096", {"value": "=" * (MAX_PAIR_BYTES - 2)}),
    *[(field, "visible ASCII", {field: f"/{bad}"}) for field in ["domain", "path"] for bad in BAD_CHARACTERS],
    *[("samesite", "visible ASCII", {"samesite": f"Lax{bad}"}) for bad in BAD_CHARACTERS],
    *[(field, "1024", {field: "/" * (MAX_ATTRIBUTE_BYTES + 1)}) for field in ["path", "samesite"]],
    ("domain", "253", {"domain": "d" * (MAX_DOMAIN_CHARS + 1)}),
    *[
        ("domain", "such as example.com", {"domain": domain})
        for domain in [
            "localhost:8001",
            ":::",
            ".",
            "a/b",
            "-a.com",
            "a-.com",
            "a..b",
            "..a",
            "a.",
            "a.-b",
            "*.a",
            "[a",
        ]
    ],
    *[("path", "begin with /", {"path": path}) for path in ["x", "x/", "?", "=", "*", "http://a/"]],
    *[(field, "visible ASCII", {field: 1}) for field in ["domain", "path", "samesite"]],
    ("samesite", "Strict, Lax or None", {"samesite": "Laxx"}),
    ("samesite", "requires secure", {"samesite": "None"}),
    ("samesite", "requires secure", {"samesite": "none"}),
    ("partitioned", "requires secure", {"partitioned": True}),
    ("name", "requires secure", {"name": "__Secure-n"}),
    ("name", "requires secure", {"name": "__SECURE-n"}),
    ("name", "requires secure", {"name": "__Host-n"}),
    ("name", "no domain", {"name": "__Host-n", "secure": True, "domain": "d"}),
    ("name", "path /", {"name": "__hOST-n", "secure": True, "path": "/a"}),
    ("name", "path /", {"name": "__Host-n", "secure": True, "path": None}),
    ("name", "__Host-Http- requires secure", {"name": "__Http-n", "httponly": True}),
    ("name", "__Host-Http- requires httponly", {"name": "__hTTP-n", "secure": True}),
    ("name", "__Host-Http- requires secure", {"name": "__Host-Http-n", "httponly": True}),
    ("name", "__Host-Http- requires httponly", {"name": "__HOST-HTTP-n", "secure": True}),
    ("name", "no domain", {"name": "__Host-Http-n", "secure": True, "httponly": True, "domain": "d"}),
    ("name", "path /", {"name": "__Host-Http-n", "secure": True, "httponly": True, "path": "/a"}),
    *[
        ("max_age", "whole number", {"max_age": age})
        for age in ["1; Path=/x", float("nan"), float("inf"), "", [1], "9" * 5000]
    ],
    ("max_age", "400 days", {"max_age": MAX_AGE_S + 1}),
    ("max_age", "400 days", {"max_age": 10**5000}),
    ("max_age", "400 days", {"max_age": -(10**5000)}),
    *[
        ("expires", "number, a time tuple or a datetime", {"expires": moment})
        for moment in [
            "1; Path=/x",
            "1700000000",
            b"1700000000",
            (2024, 1),
            (2024, 13, 1, 0, 0, 0),
            dt.date(2024, 1, 1),
            float("nan"),
            float("-inf"),
            10**300,
            {},
            {1},
            [],
        ]
    ],
    ("expires", "400 days", {"expires": NOW + MAX_AGE_S + 1}),
    ("expires", "400 days", {"expires": dt.datetime.max.replace(tzinfo=dt.UTC)}),
    ("expires", "1601", {"expires": dt.datetime(1600, 12, 31, 23, 59, 59, tzinfo=dt.UTC)}),
    *[
        ("expires_days", "number", {"expires_days": days})
        for days in [float("nan"), float("inf"), 1e300, -1e7, "1", "1; Path=/x"]
    ],
    ("expires_days", "400 days", {"expires_days": 400.001}),
    ("expires_days", "1601", {"expires_days": -160_000}),
]


@pytest.mark.parametrize(("field", "rule", "call"), REFUSED)
def test_a_cookie_no_browser_would_keep_is_refused(field, rule, call):
    with pytest.raises(CookieError) as caught:
        set_cookie(**(ANY | call), now=NOW)
    assert caught.value.field == field
    assert str(caught.value).startswith(field + " ")
    assert rule in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        {"name": "n" * 2000, "value": "v" * (MAX_PAIR_BYTES - 2000)},
        {"name": "n", "value": "=" * (MAX_PAIR_BYTES - 3)},
        {"domain": "d" * MAX_DOMAIN_CHARS, "path": "/" + "p" * (MAX_ATTRIBUTE_BYTES - 1)},
        *[{"domain": domain} for domain in [".a.b", "a-b.c", "a_b", "1.2.3.4", "xn--p1ai", "[::1]"]],
        {"name": "__Http-n", "secure": True, "httponly": True, "domain": "d", "path": "/a"},
        {"name": "__Host-Http-n", "secure": True, "httponly": True},
        {"name": "__Secure-n", "secure": True, "domain": "d", "path": "/a"},
        {"name": "__Host-n", "secure": True},
        {"name": "__Hostn"},
        {"name": "a__Secure-n"},
        {"expires": dt.datetime(1601, 1, 1, tzinfo=dt.UTC)},
        {"expires": NOW + MAX_AGE_S},
        {"now": 1_700_000_000.9999998, "expires_days": 400},
    ],
)
def test_a_cookie_at_the_edge_of_a_rule_is_written(call):
    assert set_cookie(**({"now": NOW} | ANY | call)).startswith(f"{call.get('name', 'n')}=")


def test_an_error_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(CookieError("path", "is wrong")))
    assert (error.field, str(error)) == ("path", "path is wrong")
    assert isinstance(error, ValueError)


def test_a_max_age_that_is_a_number_in_disguise_is_written_as_the_number():
    assert set_cookie("n", "v", now=NOW, max_age=" 1_0\n") == "n=v; Max-Age=10; Path=/"
    assert set_cookie("n", "v", now=NOW, max_age=1.9) == "n=v; Max-Age=1; Path=/"
