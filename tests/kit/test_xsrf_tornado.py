"""Tornado's own tests of XSRF and of cross-origin requests, on aiohttp and on Starlette, through the kit."""

import pytest
from on_the_kit import Through
from tornado.test import web_test

CASES = (
    web_test.XSRFTest,
    web_test.XSRFCookieNameTest,
    web_test.XSRFCookieKwargsTest,
    web_test.CrossOriginProtectionTest,
    web_test.CrossOriginProtectionDisabledTest,
    web_test.CrossOriginProtectionCheckTrustedOriginTest,
    web_test.CrossOriginProtectionBeforePrepareTest,
    web_test.CrossOriginProtectionWithXSRFCookiesTest,
)
# What is not there is 404, without a token too: in ASGI, by checks at the routes.
OF_ERRORS = (web_test.ErrorHandlerXSRFTest, web_test.ErrorHandlerCrossOriginTest)


def through(case: type, framework: str) -> type:
    # The name ends as pytest wants it; the test methods are Tornado's, by inheritance.
    return type(
        f"Test{framework.title()}{case.__name__}",
        (Through, case),
        {"framework": framework, "__module__": __name__},
    )


MADE = [through(case, framework) for framework in ("aiohttp", "starlette") for case in CASES]
MADE += [through(case, framework) for framework in ("aiohttp", "starlette_routes") for case in OF_ERRORS]
globals().update({case.__name__: case for case in MADE})


@pytest.mark.parametrize("case", MADE, ids=lambda case: case.__name__)
def test_every_test_method_is_tornados_own(case):
    theirs = {name for name in dir(case.__mro__[2]) if name.startswith("test_")}
    assert theirs
    assert all(getattr(case, name).__module__ == "tornado.test.web_test" for name in theirs)
    assert not any(name.startswith("test_") for name in vars(case) | vars(Through))
