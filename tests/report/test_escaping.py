"""Texts that mean something to Markdown or a spreadsheet, shown as they are."""

import pytest

from compare.report.escaping import csv_field, markdown, markdown_code, markdown_line

HOSTILE = {
    "<img src=x onerror=alert(1)>": r"\<img src=x onerror=alert(1)>",
    "[a](javascript:b)": r"\[a\](javascript:b)",
    "**a** `b` ~~c~~ _d_": r"\*\*a\*\* \`b\` \~\~c\~\~ \_d\_",
    "a | b\n\n# c": r"a \| b # c",
    "&lt;": r"\&lt;",
    r"a\|b": r"a\\\|b",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_shown(text):
    assert markdown(text) == HOSTILE[text]


@pytest.mark.parametrize("text", ["my_work.now:Thing", "> 3.81 s", "-", "10 ±12% (7.5-10)", "AT&T", "0.5 ms"])
def test_what_means_nothing_within_a_line_stays(text):
    assert markdown(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# a", r"\# a"),
        ("> a", r"\> a"),
        ("- a", r"\- a"),
        ("---", r"\---"),
        ("===", r"\==="),
        ("12. a", r"12\. a"),
        ("0.5 ms", "0.5 ms"),
        ("-5 is", "-5 is"),
    ],
)
def test_where_a_line_begins_more_is_markup(text, shown):
    assert markdown_line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a b", "`a b`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a\n\n<b>", "`a <b>`")],
)
def test_code_cannot_end_its_own_fence(text, shown):
    assert markdown_code(text) == shown


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_a_text_is_no_formula(text):
    assert csv_field(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, 0, None, "a=b", "sleep", ""])
def test_numbers_and_other_texts_stay(value):
    assert csv_field(value) == value
