"""What the cookie core reads, writes and refuses, case by case; the generated cases are beside this file."""

import datetime as dt
import time

import pytest

from tornado_cookies.cookies import (
    MAX_AGE_S,
    MAX_CLEARING_BYTES,
    MAX_COOKIES,
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
