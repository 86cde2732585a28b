"""XSRF tokens, and forms in bytes: where the token is, whatever else came."""

import time
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cookies import forms, origin, xsrf

V1 = "00112233445566778899aabbccddeeff"


@given(st.binary(max_size=40), st.binary(min_size=4, max_size=4), st.sampled_from([1, 2]))
def test_a_token_comes_back_from_either_format(raw, mask, version):
    assert xsrf.decode(xsrf.encode(raw, 1_700_000_000, version, mask).decode()).raw == raw


@pytest.mark.parametrize("created_s", ["0" * 20, "1" * 5000, "-1", " 1", "1_0", ""])
def test_the_quick_way_reads_what_the_full_way_reads(created_s):
    text = f"2|01020304|{V1}|{created_s}"  # a number of more than 4,300 digits is none
    assert xsrf.raw_of(text) == xsrf.decode(text).raw


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="unknown xsrf cookie version 3"):
        xsrf.encode(b"x", 0, 3)


def test_a_host_is_the_same_in_any_case():
    for host, from_origin in (("Site.example:80", "http://site.EXAMPLE:80"), ("a", "http://A/path")):
        said = origin.refusal(
            sec_fetch_site=None, origin=from_origin, host=host, is_trusted=set().__contains__
        )
        assert said is None


def part(disposition: bytes, content: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (part(b'form-data; name="_xsrf"', b"t"), "t"),
        (part(b"form-data; name=_xsrf", b" t "), "t"),
        (part(b'form-data; name="_xsrf"', b"t--bx"), "t--bx"),
        (part(b'Form-Data; Name="_xsrf"', b"t"), "t"),
        (part(b'form-data; filename="f"; name="_xsrf"', b"t"), ""),
        (part(b'form-data; name="a;name=_xsrf"', b"t"), ""),
        (part(b'form-data; name="a\\"; name=_xsrf"', b"t"), ""),
        (part(b'attachment; name="_xsrf"', b"t"), ""),
        (part(b'form-data; name="_xsrf', b"t"), ""),
        (part(b'form-data; name="other"', b"--b\r\n") + part(b'form-data; name="_xsrf"', b"t"), "t"),
        (part(b'form-data; name="_xsrf"', b"1") + part(b'form-data; name="_xsrf"', b"2"), "2"),
        (b"--b\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_a_form_in_parts_has_this_token(body, token):
    assert forms.token_in_form("multipart/form-data; boundary=b", body + b"--b--\r\n") == token
    assert forms.token_in_form('Multipart/Form-Data; charset=x; boundary="b"', body + b"--b--\r\n") == token


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary", "multipart/form-data; boundary=", "x"]
)
def test_a_form_without_a_boundary_has_no_token(kind):
    assert forms.token_in_form(kind, part(b'form-data; name="_xsrf"', b"t")) == ""


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("_xsrf=a", "a"),
        ("_xsrf=a&_xsrf=b", "b"),
        ("%5fxsrf=a", "a"),
        ("%5F%78srf=a", "a"),
        ("_xsrf=a&_xsrfx=b&x_xsrf=c", "a"),
        ("_xsrf=%20a%00", "a"),
        ("x=_xsrf", ""),
        ("", ""),
        ("_xsrf", ""),
    ],
)
def test_a_query_has_this_token(query, token):
    assert forms.token_in_query(query) == token


@given(
    st.lists(st.sampled_from(["_xsrf", "%5fxsrf", "_%78s%72%66", "=", "&", "+", "%20", "%", "a", ";"])).map(
        "".join
    )
)
def test_a_query_has_the_token_that_a_parser_finds(query):
    found = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == xsrf.FIELD]
    assert forms.token_in_query(query) == xsrf.cleaned(["", *found][-1])


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_a_form_raise(body, kind):
    for start in ("", "multipart/form-data; boundary=", "application/x-www-form-urlencoded"):
        assert isinstance(forms.token_in_form(start + kind, body), str)


@pytest.mark.parametrize(
    ("kind", "pieces"),
    [
        (
            "multipart/form-data; boundary=b",
            [
                b"--b\r\n",
                b'--b\r\nContent-Disposition: x; name="',
                b"--b\r\n_xsrf\r\n\r\n",
                b';name="x',
                b"\r\n--b",
                b"&",
            ],
        ),
        ("application/x-www-form-urlencoded", [b"&", b"_xsrf&", b"&%5f", b"_xsrf=x&", b"_xsr", b"%"]),
    ],
)
def test_a_form_ten_times_as_long_takes_about_ten_times_as_long(kind, pieces):
    def seconds(size: int, piece: bytes) -> float:
        body = b"--b\r\nContent-Disposition: form-data;" + piece * (size // len(piece))
        began = time.thread_time()
        forms.token_in_form(kind, body)
        return time.thread_time() - began

    for piece in pieces:
        assert any(
            min(seconds(200_000, piece) for _ in range(3))
            < 0.002 + 30 * min(seconds(20_000, piece) for _ in range(5))
            for _ in range(3)
        ), piece
