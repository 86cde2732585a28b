"""What the cookie routes read and write, without a server."""

from datetime import UTC, datetime

import pytest

from compare.contract import ContractError, ErrorCode
from compare.contract.cookie_bodies import (
    all_body,
    one_body,
    read_max_age_days,
    read_scope,
    read_wanted,
    refusing,
    signed_body,
)
from tornado_cookies.cookies import CookieError


def test_only_what_is_given_is_passed_on_so_that_each_method_keeps_its_own_default_life():
    plain = {
        "path": "/",
        "domain": None,
        "expires": None,
        "max_age": None,
        "secure": False,
        "httponly": False,
        "samesite": None,
        "partitioned": False,
    }
    assert read_wanted(b'{"value":"x"}', "application/json").attributes() == plain
    assert read_wanted(b'{"value":"x","expires_days":null}', "application/json").attributes() == plain | {
        "expires_days": None
    }


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"0", 0),
        (b"-1.5", -1.5),
        (b'"2026-01-02T03:04:05Z"', datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (b"[2026,1,2,3,4,5,0,0,0]", (2026, 1, 2, 3, 4, 5, 0, 0, 0)),
        (b"null", None),
    ],
)
def test_expires_is_seconds_a_date_or_a_time_tuple(sent, read):
    assert read_wanted(b'{"value":"x","expires":%b}' % sent, "application/json").expires == read


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"", "body", "The body must be a JSON object."),
        (b"x", "body", "The body must be a JSON object."),
        (b'{"value":"x"', "body", "The body must be a JSON object."),
        (b'{"value":"x"}x', "body", "The body must be a JSON object."),
        (b'"value"', "body", "The body must be a JSON object."),
        (b'["value"]', "body", "The body must be a JSON object."),
        (b"null", "body", "The body must be a JSON object."),
        (b'\xff{"value":"x"}', "body", "The body must be a JSON object."),
        (b'{"value":"\xff"}', "value", "The member value must be text."),
        (b'{"value":"\\ud800"}', "body", "The body must be a JSON object."),
        (b'{"value":NaN}', "body", "The body must be a JSON object."),
        (b"[" * 65536, "body", "The body must be a JSON object."),
        (b'{"value":' + b"[" * 60000 + b"]" * 5000, "body", "The body must be a JSON object."),
        (b"{}", "value", "The body must have the member value."),
        (b'{"path":"/"}', "value", "The body must have the member value."),
        (b'{"value":null}', "value", "The member value must be text."),
        (b'{"value":1}', "value", "The member value must be text."),
        (b'{"value":"x","path":1}', "path", "The member path must be text or null."),
        (b'{"value":"x","domain":[]}', "domain", "The member domain must be text or null."),
        (b'{"value":"x","samesite":true}', "samesite", "The member samesite must be text or null."),
        (
            b'{"value":"x","expires_days":"1"}',
            "expires_days",
            "The member expires_days must be a number of days or null.",
        ),
        (
            b'{"value":"x","max_age":1.5}',
            "max_age",
            "The member max_age must be a whole number of seconds or null.",
        ),
        (
            b'{"value":"x","max_age":"1"}',
            "max_age",
            "The member max_age must be a whole number of seconds or null.",
        ),
        (b'{"value":"x","secure":1}', "secure", "The member secure must be true or false."),
        (b'{"value":"x","httponly":null}', "httponly", "The member httponly must be true or false."),
        (
            b'{"value":"x","partitioned":"yes"}',
            "partitioned",
            "The member partitioned must be true or false.",
        ),
    ],
    ids=lambda part: part[:30] if isinstance(part, bytes | str) else None,
)
def test_a_body_that_is_not_as_promised_is_refused_by_field(body, field, message):
    with pytest.raises(ContractError) as caught:
        read_wanted(body, "application/json")
    assert (caught.value.code, caught.value.field, str(caught.value)) == (
        ErrorCode.INVALID_BODY,
        field,
        message,
    )


@pytest.mark.parametrize(
    "expires", [b"true", b'"soon"', b"[1]", b"{}", b'[2026,1,2,3,4,5,0,0,"0"]', b"1e999"]
)
def test_an_expiry_of_no_kind_is_refused(expires):
    with pytest.raises(ContractError) as caught:
        read_wanted(b'{"value":"x","expires":%b}' % expires, "application/json")
    assert caught.value.field in {"expires", "body"}


def test_a_member_nobody_knows_is_named_but_not_at_any_length():
    with pytest.raises(ContractError, match="may have only these members: value, path, domain,") as caught:
        read_wanted(b'{"value":"x","Path":"/"}', "application/json")
    assert caught.value.field == "Path"
    with pytest.raises(ContractError) as caught:
        read_wanted(b'{"%b":1}' % (b"x" * 60000), "application/json")
    assert caught.value.field == "x" * 40


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("", {}),
        ("x=1", {}),
        ("path=/a%20b&domain=x.org", {"path": "/a b", "domain": "x.org"}),
        ("path=", {"path": ""}),
        (
            "samesite=None&secure=true&httponly=false&partitioned=true",
            {"samesite": "None", "secure": True, "httponly": False, "partitioned": True},
        ),
    ],
)
def test_where_a_cookie_lives_is_read_from_the_query(query, scope):
    assert read_scope(query) == scope


@pytest.mark.parametrize("name", ["path", "domain", "samesite", "secure", "httponly", "partitioned"])
def test_a_parameter_given_twice_is_refused(name):
    with pytest.raises(ContractError) as caught:
        read_scope(f"{name}=true&{name}=true")
    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID_PARAMETER, name)


@pytest.mark.parametrize("text", ["", "1", "True", "yes"])
def test_a_flag_is_true_or_false(text):
    with pytest.raises(ContractError, match=r"^The parameter secure must be true or false\.$"):
        read_scope(f"secure={text}")


@pytest.mark.parametrize(("query", "days"), [("", 31), ("max_age_days=0", 0), ("max_age_days=.5", 0.5)])
def test_an_age_is_a_decimal_number_of_days(query, days):
    assert read_max_age_days(query) == days


@pytest.mark.parametrize("text", ["", "-1", "1e3", "nan", "inf", "x", "1" * 10, "%D9%A3", "1&max_age_days=1"])
def test_a_bad_age_is_refused(text):
    with pytest.raises(ContractError) as caught:
        read_max_age_days(f"max_age_days={text}")
    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID_PARAMETER, "max_age_days")


def test_a_refused_cookie_becomes_a_sentence_that_names_field_and_rule():
    with pytest.raises(ContractError) as caught, refusing():
        raise CookieError("path", "must be short")
    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID_COOKIE, "path")
    assert str(caught.value) == "The cookie's path must be short."


def test_other_faults_are_no_refusals():
    with pytest.raises(ZeroDivisionError), refusing():
        raise ZeroDivisionError


def test_answers_are_compact_and_in_order():
    assert all_body({"b": "1", "a": "é"}) == '{"cookies":{"a":"é","b":"1"}}'.encode()
    assert one_body("a", None) == b'{"name":"a","value":null}'
    assert signed_body("a", b"", "x", 0) == b'{"name":"a","value":"","key_version":0}'


def test_what_does_not_verify_has_no_key_version():
    assert signed_body("a", None, "x", 7) == b'{"name":"a","value":"x","key_version":null}'


def test_signed_bytes_are_read_as_utf_8_or_else_latin_1():
    assert signed_body("a", "é".encode(), None, 0) == '{"name":"a","value":"é","key_version":0}'.encode()
    assert signed_body("a", b"\xff", None, 0) == '{"name":"a","value":"ÿ","key_version":0}'.encode()
