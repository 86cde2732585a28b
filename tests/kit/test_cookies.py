"""What the cookie core reads, writes and refuses, case by case; the generated cases are beside this file."""

import datetime as dt
import pickle
import time

import pytest

from tornado_cookies.cookies import (
    MAX_AGE_S,
    MAX_ATTRIBUTE_BYTES,
    MAX_CLEARING_BYTES,
    MAX_COOKIES,
    MAX_DOMAIN_CHARS,
    MAX_PAIR_BYTES,
    CookieError,
    Encoded,
    clear_all,
    clear_cookie,
    parse,
    set_cookie,
)

NOW = 1_700_000_000.25  # Tue, 14 Nov 2023 22:13:20 GMT and a bit
YEAR_AGO = "Mon, 14 Nov 2022 22:13:20 GMT"

BOTH_WAYS = [  # value, as it goes over the wire
    ("asdf", "asdf"),
    ("", '""'),
    ("a=b", '"a=b"'),
    ("a/b", '"a/b"'),
    ("()<>?@[]{}", '"()<>?@[]{}"'),
    ("!#$%&'*+-.^_`|~:", "!#$%&'*+-.^_`|~:"),
    ("2|1:0|10:1700000000|3:sid|4:Ym9i|ec53", "2|1:0|10:1700000000|3:sid|4:Ym9i|ec53"),
    ("4:YQ==|", '"4:YQ==|"'),
]
BOTH_WAYS_ESCAPED = [
    ("a;b", r'"a\073b"'),
    ("a,b", r'"a\054b"'),
    ('a"b', r'"a\"b"'),
    ("a\\b", r'"a\\b"'),
    (r"\073", r'"\\073"'),
    ('"', r'"\""'),
    ('"quoted"', r'"\"quoted\""'),
    ("a;,b=c", r'"a\073\054b=c"'),
]


@pytest.mark.parametrize(("value", "wire"), BOTH_WAYS)
def test_a_plain_value_is_written_and_read_back(value, wire):
    assert set_cookie("n", value, now=NOW) == f"n={wire}; Path=/"
    assert set_cookie("n", value.encode(), now=NOW) == f"n={wire}; Path=/"
    assert parse([f"n={wire}".encode()]) == {"n": value}


@pytest.mark.parametrize(("value", "wire"), BOTH_WAYS_ESCAPED)
def test_other_visible_characters_go_both_ways_in_escapes_and_only_when_asked(value, wire):
    assert set_cookie("n", value, now=NOW, escape=True) == f"n={wire}; Path=/"
    assert parse([f"n={wire}".encode()]) == {"n": value}
    with pytest.raises(CookieError, match=r"^value must not hold"):
        set_cookie("n", value, now=NOW)


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1; b=2;c=3 ;  d=4;", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        (b"\ta\t=\t1\t;\tb\t=\t2\t", {"a": "1", "b": "2"}),
        (b"  =  b  ;  ;  =  ;   c  =  ;  ", {"c": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=b c  d", {"a": "b c  d"}),
        (b"a==", {"a": "="}),
        (b"session=good; a=x session=evil", {"session": "good", "a": "x session=evil"}),
        (b'a="x; session=evil"; session=good', {"a": '"x', "session": "good"}),
        (b'session=good; a="x; session=evil"', {"session": 'evil"', "a": '"x'}),
        (b"session=good, session=evil", {"session": "good, session=evil"}),
        (b"a=1; b=2; a=3", {"a": "3", "b": "2"}),
        (b"a=1; a", {"a": "1"}),
        (b"alone; a=1; =x; \"; '", {"a": "1"}),
        (b"a b=1; a/b=2; a:b=3; a,b=4; (a)=5; a\xe9=6; \xc3\xa9=7; a\x00=8; a\x7f=9; ok=0", {"ok": "0"}),
        (b"=__Host-n=1; ==__Host-n=2; __Host-n", {}),  # CVE-2023-23934
        (b"\xa0__Host-n=1; \xc2\xa0__Host-n=2; \x85n=3; n\xa0=4; \x1fn=5; \x0bn=6", {}),
        (b"!#$%&'*+-.^_`|~09azAZ=1", {"!#$%&'*+-.^_`|~09azAZ": "1"}),
        (b"$Version=1; a=1", {"$Version": "1", "a": "1"}),
        (b"path=/; Domain=d; EXPIRES=e; max-age=1; Secure=1; httpOnly=1; a=1", {"a": "1"}),
        (b"samesite=Lax; VERSION=1; comment=c; Partitioned=; pathx=1", {"pathx": "1"}),
        (b"a=\xc3\xa9", {"a": "é"}),
        (b"a=\xe9; b=\xc3\xa9", {"a": "é", "b": "é"}),
        (b"a=\xc3\xa0; b=1", {"a": "à", "b": "1"}),
        (b"a=\xe2\x82\xac\xff", {"a": "â\x82¬ÿ"}),
        (b"a=\xed\xa0\x80", {"a": "í\xa0\x80"}),
        (b'a="\xc3\xa9"; b="\\351"', {"a": "é", "b": "é"}),
        (b'a="\\351\xe2\x82\xac"', {"a": "é€"}),
        (b'a="', {"a": '"'}),
        (b'a=""', {"a": ""}),
        (b'a="x', {"a": '"x'}),
        (b'a=x"', {"a": 'x"'}),
        (b'a = "x" ', {"a": "x"}),
        (b"a=x\\073y", {"a": "x\\073y"}),
        (rb'a="b=\042"', {"a": 'b="'}),
        (rb'a="b=\n"', {"a": "b=n"}),
        (rb'a="b\012c\000"', {"a": "b\nc\0"}),  # CVE-2026-3644: http.cookies raises
        (rb'a="b=\400"', {"a": "b=400"}),
        (rb'a="b=\42"', {"a": "b=42"}),
        (rb'a="b=\\042"', {"a": r"b=\042"}),
        (rb'a="b=\134\""', {"a": r"b=\""}),
        (rb'a="b\"', {"a": "b\\"}),
        (b'a="\\377"', {"a": "ÿ"}),
    ],
)
def test_a_cookie_line_reads_as(header, cookies):
    assert parse([header]) == cookies
    assert list(parse([header])) == list(cookies)


def test_several_lines_read_as_one():
    assert parse([]) == {}
    assert parse([b"a=1; b=2", b"c=3", b" a=4"]) == {"a": "4", "b": "2", "c": "3"}
    assert parse(iter([b'a="x', b'y"'])) == {"a": '"x'}


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
@pytest.mark.parametrize("raw", [b"a=1", b"a=\xc3\xa9", b"a=\xe9", bytes(range(256))])
def test_the_bytes_come_back_from_what_either_framework_made_of_them(raw, charset):
    assert list(Encoded([raw.decode(charset, "surrogateescape")], charset)) == [raw]


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({}, "; Path=/"),
        ({"path": None}, ""),
        ({"path": ""}, ""),
        ({"path": "/a,b"}, "; Path=/a,b"),
        ({"domain": "foo.com", "path": "/foo"}, "; Domain=foo.com; Path=/foo"),
        ({"domain": "", "samesite": ""}, "; Path=/"),
        ({"max_age": 10}, "; Max-Age=10; Path=/"),
        ({"max_age": 0}, "; Max-Age=0; Path=/"),
        ({"max_age": -1}, "; Max-Age=-1; Path=/"),
        ({"max_age": MAX_AGE_S}, "; Max-Age=34560000; Path=/"),
        ({"httponly": True}, "; HttpOnly; Path=/"),
        ({"secure": True}, "; Path=/; Secure"),
        ({"secure": True, "partitioned": True}, "; Partitioned; Path=/; Secure"),
        ({"secure": False, "httponly": False, "partitioned": False}, "; Path=/"),
        ({"samesite": "Strict"}, "; Path=/; SameSite=Strict"),
        ({"samesite": "lax"}, "; Path=/; SameSite=lax"),
        ({"samesite": "NONE", "secure": True}, "; Path=/; SameSite=NONE; Secure"),
        ({"expires": 1_700_000_000}, "; expires=Tue, 14 Nov 2023 22:13:20 GMT; Path=/"),
        ({"expires": 1_700_000_000.9}, "; expires=Tue, 14 Nov 2023 22:13:20 GMT; Path=/"),
        ({"expires": 0}, "; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
        ({"expires": -1}, "; expires=Wed, 31 Dec 1969 23:59:59 GMT; Path=/"),
        ({"expires": (2024, 2, 29, 1, 2, 3, 0, 0, 0)}, "; expires=Thu, 29 Feb 2024 01:02:03 GMT; Path=/"),
        ({"expires": time.gmtime(1_700_000_000)}, "; expires=Tue, 14 Nov 2023 22:13:20 GMT; Path=/"),
        (
            {"expires": dt.datetime(2024, 1, 1, 12, 0, 0, 999999)},  # noqa: DTZ001 - a naive one is UTC
            "; expires=Mon, 01 Jan 2024 12:00:00 GMT; Path=/",
        ),
        (
            {"expires": dt.datetime(2024, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))},
            "; expires=Mon, 01 Jan 2024 07:00:00 GMT; Path=/",
        ),
        ({"expires": 0, "expires_days": 1}, "; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
        ({"expires_days": 1}, "; expires=Wed, 15 Nov 2023 22:13:20 GMT; Path=/"),
        ({"expires_days": 0}, "; expires=Tue, 14 Nov 2023 22:13:20 GMT; Path=/"),
        ({"expires_days": -0.5}, "; expires=Tue, 14 Nov 2023 10:13:20 GMT; Path=/"),
        ({"expires_days": 400}, "; expires=Wed, 18 Dec 2024 22:13:20 GMT; Path=/"),
        (
            {
                "domain": "d",
                "expires_days": 1,
                "httponly": True,
                "max_age": 5,
                "partitioned": True,
                "samesite": "Lax",
                "secure": True,
            },
            (
                "; Domain=d; expires=Wed, 15 Nov 2023 22:13:20 GMT; HttpOnly; Max-Age=5; Partitioned; Path=/"
                "; SameSite=Lax; Secure"
            ),
        ),
    ],
)
def test_attributes_are_written_as(attributes, written):
    assert set_cookie("n", "v", now=NOW, **attributes) == "n=v" + written


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


@pytest.mark.parametrize(
    ("scope", "written"),
    [
        ({}, "; Path=/"),
        ({"path": None}, ""),
        ({"path": "/a", "secure": True}, "; Path=/a; Secure"),
        (
            {"httponly": True, "partitioned": True, "samesite": "None", "secure": True},
            "; HttpOnly; Partitioned; Path=/; SameSite=None; Secure",
        ),
    ],
)
def test_clearing_writes_an_empty_value_that_expired_a_year_ago(scope, written):
    assert clear_cookie("n", now=NOW, **scope) == f'n=""; expires={YEAR_AGO}{written}'


def test_clearing_scopes_by_domain_and_refuses_what_setting_refuses():
    assert clear_cookie("n", now=NOW, domain="d") == f'n=""; Domain=d; expires={YEAR_AGO}; Path=/'
    with pytest.raises(CookieError, match=r"^path "):
        clear_cookie("n", now=NOW, path="/;x")
    with pytest.raises(CookieError, match=r"^name .* no domain"):
        clear_cookie("__Host-n", now=NOW, domain="d")


@pytest.mark.parametrize("name", ["__Host-n", "__secure-n"])
def test_clearing_a_prefixed_name_is_secure_as_browsers_demand(name):
    assert clear_cookie(name, now=NOW) == f'{name}=""; expires={YEAR_AGO}; Path=/; Secure'


@pytest.mark.parametrize("name", ["__Http-n", "__HOST-HTTP-n"])
def test_clearing_a_name_with_an_http_prefix_is_http_only_too(name):
    assert clear_cookie(name, now=NOW) == f'{name}=""; expires={YEAR_AGO}; HttpOnly; Path=/; Secure'


def test_clear_all_clears_no_more_than_a_browser_holds_hostile_names_not_counted():
    names = [name for i in range(MAX_COOKIES + 20) for name in (f"a/{i}", f"n{i}")]
    headers = clear_all(names, now=NOW)
    assert [header.partition("=")[0] for header in headers] == [f"n{i}" for i in range(MAX_COOKIES)]


def test_clear_all_ends_before_a_short_request_has_a_long_answer():
    names = [f"n{i}" for i in range(MAX_COOKIES)]
    headers = clear_all(names, now=0.0, path="/" + "x" * 1000)
    assert 0 < len(headers) < MAX_COOKIES
    assert MAX_CLEARING_BYTES <= sum(map(len, headers)) < MAX_CLEARING_BYTES + 4096


def test_clear_all_skips_hostile_names_and_keeps_the_order():
    hostile = ["a/b", "path", "Secure", "", "a b", "n\r\nX: y", "n" * MAX_PAIR_BYTES, "a;b"]
    assert clear_all([*hostile, "b", *hostile, "a"], now=NOW, domain="d", path="/p") == [
        f'b=""; Domain=d; expires={YEAR_AGO}; Path=/p',
        f'a=""; Domain=d; expires={YEAR_AGO}; Path=/p',
    ]


def test_clear_all_clears_a_host_cookie_where_alone_it_can_be():
    assert clear_all(["__Host-n", "__Host-Http-n", "__Secure-n"], now=NOW, domain="d", path="/p") == [
        f'__Host-n=""; expires={YEAR_AGO}; Path=/; Secure',
        f'__Host-Http-n=""; expires={YEAR_AGO}; HttpOnly; Path=/; Secure',
        f'__Secure-n=""; Domain=d; expires={YEAR_AGO}; Path=/p; Secure',
    ]


@pytest.mark.parametrize("names", [[], ["a"], ["a/b"]])
def test_clear_all_refuses_a_bad_attribute_whatever_came(names):
    with pytest.raises(CookieError, match=r"^domain "):
        clear_all(names, now=NOW, domain="d; Path=/")
