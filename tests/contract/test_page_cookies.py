"""The cookies on the demo page in a real Chromium: set, signed, tampered with, refused, cleared, and as they travel."""

import re

import pytest
from on_page import press
from playwright.sync_api import expect

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser


def says(page, text):
    expect(page.locator("#exchange")).to_contain_text(text)


def rows(page):
    return page.locator("#jar tr")


def test_a_cookie_is_set_read_tampered_with_and_cleared(demo):
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])
    press(demo, "Set")
    says(demo, "PUT /cookies/flavour → 204")
    expect(rows(demo)).to_have_text(["flavouroatmealyes"])
    press(demo, "Tamper")
    says(demo, "One character changed by script.")
    press(demo, "Read")
    says(demo, "“oat0eal”")
    press(demo, "Clear")
    says(demo, "it is the browser that deleted it")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])
    press(demo, "Read")
    says(demo, "There is none: null.")


def test_a_signed_cookie_survives_no_tampering_and_http_only_allows_none(demo):
    demo.get_by_text("Signed", exact=True).click()
    demo.get_by_label("Value").fill("ünï; “quoted”")
    press(demo, "Set")
    says(demo, "PUT /signed/flavour → 204")
    press(demo, "Read")
    says(demo, "“ünï; “quoted””, signed with key 0")
    press(demo, "Tamper")
    says(demo, "One character changed by script.")
    press(demo, "Read")
    says(demo, "Absent, or not signed by this server: null.")
    demo.get_by_label("HttpOnly").check()
    press(demo, "Set")
    expect(rows(demo)).to_have_text([re.compile(r"^flavour2\|1:0\|.*no$")])
    press(demo, "Tamper")
    says(demo, "No script can see a cookie “flavour”.")


def test_a_refusal_is_told_in_the_servers_words_and_stores_nothing(demo):
    demo.get_by_label("Name").fill("__Host-id")
    press(demo, "Set")
    says(demo, "PUT /cookies/__Host-id → 400")
    says(demo, "requires secure")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])


def test_all_are_cleared_at_once(demo):
    press(demo, "Set")
    expect(rows(demo)).to_have_count(1)
    demo.get_by_label("Name").fill("second")
    demo.get_by_label("Lasts").select_option("7 days")
    press(demo, "Set")
    expect(rows(demo)).to_have_count(2)
    press(demo, "Clear all")
    expect(rows(demo)).to_have_text(["The browser sends no cookie."])


def test_the_lines_that_scripts_cannot_see_are_shown(demo):
    demo.get_by_label("HttpOnly").check()
    press(demo, "Set")
    expect(demo.locator("#lines")).to_have_text("Set-Cookie: flavour=oatmeal; HttpOnly; Path=/")
    says(demo, "PUT /cookies/flavour → 204")
    press(demo, "Read")
    expect(demo.locator("#lines")).to_have_text("Cookie: flavour=oatmeal")


def test_a_tampered_signature_is_marked_once_the_server_refused_it(demo):
    demo.get_by_text("Signed", exact=True).click()
    press(demo, "Set")
    says(demo, "PUT /signed/flavour → 204")
    press(demo, "Read")
    expect(demo.locator("#fields span")).to_have_count(6)
    expect(demo.locator("#fields .slow")).to_have_count(0)
    press(demo, "Tamper")
    expect(demo.locator("#fields .slow")).to_contain_text("signature")


def test_a_form_is_taken_with_its_token_and_a_forged_one_is_refused(demo):
    press(demo, "New page")
    bare = demo.locator("#token-cookie span").last.inner_text()
    mask = demo.locator("#token-field span").first.inner_text()
    assert demo.locator("#token-field span").last.inner_text() == bare
    press(demo, "New page")
    expect(demo.locator("#token-field span").first).not_to_have_text(mask.replace("\n", ""))
    assert demo.locator("#token-field span").last.inner_text() == bare
    press(demo, "Send the form")
    expect(demo.locator("#xsrf-told")).to_have_text(
        "POST /form → 200: the form was taken, with the note “hello”."
    )
    press(demo, "Send a forged one")
    expect(demo.locator("#xsrf-told")).to_have_text(
        "POST /form → 403: xsrf_failed: XSRF cookie does not match POST argument."
    )


def test_a_rotation_of_two_keys_reads_what_either_signed_until_the_old_one_goes(demo):
    told_of = demo.locator("#rotation-told")
    press(demo, "Sign with key 1")
    expect(told_of).to_contain_text("which the server does not have")
    expect(demo.locator("#rotation-fields .slow")).to_contain_text("signature")
    demo.get_by_label("key 1, the new one").check()
    expect(told_of).to_have_text("Signed with key 1: the server reads “bob”.")
    press(demo, "Sign with key 0")
    expect(told_of).to_have_text("Signed with key 0: the server reads “bob”.")
    demo.get_by_label("key 0, the old one").uncheck()
    expect(told_of).to_contain_text("bob is logged out")
