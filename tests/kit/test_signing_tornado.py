"""Tornado's own test classes for signed values, with the project's functions in the place of Tornado's."""

import pytest
from tornado import web
from tornado.test import web_test

from tornado_cookies import signing

FUNCTIONS = ("create_signed_value", "decode_signed_value", "get_signature_key_version")
REAL = {name: getattr(web, name) for name in FUNCTIONS}


@pytest.fixture(autouse=True)
def ours(monkeypatch):
    for name in FUNCTIONS:
        monkeypatch.setattr(web, name, getattr(signing, name))
        monkeypatch.setattr(web_test, name, getattr(signing, name))


class TestV1(web_test.SecureCookieV1Test):
    pass


class TestV2(web_test.SecureCookieV2Test):
    pass


class TestSignedValue(web_test.SignedValueTest):
    pass


class TestTheProjectIsWhatIsTested(web_test.TestCase):
    def test_handlers_and_test_module_call_the_project(self):
        for name in FUNCTIONS:
            for module in (web, web_test):
                assert getattr(module, name) is getattr(signing, name)
                assert getattr(module, name) is not REAL[name]

    def test_a_handler_signs_through_the_project(self):
        handler = web_test.CookieTestRequestHandler(cookie_secret={0: "a", 1: "b"}, key_version=1)
        handler.set_signed_cookie("foo", "bar")
        handler._cookies["garbage"] = "garbage"
        assert handler.get_signed_cookie("foo") == b"bar"
        assert handler.get_signed_cookie_key_version("foo") == 1
        # Tornado's own function raises AssertionError here
        assert handler.get_signed_cookie("garbage") is None
