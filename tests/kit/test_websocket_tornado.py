"""Tornado's own tests of websockets from other origins, on aiohttp and on Starlette, through the kit."""

import pytest
from sockets_on_the_kit import SocketsThrough
from tornado.test import websocket_test
from tornado.test.websocket_test import WebSocketBaseTestCase, WebSocketOriginTest, WebSocketTest

# Those of `WebSocketTest` that are about origins; the others are about the protocol, which is the frameworks' own.
ABOUT_ORIGINS = {"get_app", *(name for name in vars(WebSocketTest) if name.startswith("test_check_origin_"))}
WebSocketCheckOriginTest = type(
    "WebSocketCheckOriginTest",
    (WebSocketBaseTestCase,),
    {name: vars(WebSocketTest)[name] for name in ABOUT_ORIGINS} | {"__test__": False},
)


def through(case: type, framework: str) -> type:
    # The name ends as pytest wants it; the test methods are Tornado's, by inheritance.
    name = f"Test{framework.title().replace('_', '')}{case.__name__}"
    return type(
        name, (SocketsThrough, case), {"framework": framework, "__module__": __name__, "__test__": True}
    )


MADE = [
    through(case, framework)
    for framework in SocketsThrough.MAKE
    for case in (WebSocketOriginTest, WebSocketCheckOriginTest)
]
globals().update({case.__name__: case for case in MADE})
del WebSocketOriginTest, WebSocketTest, WebSocketBaseTestCase  # pytest would run them on Tornado as well


@pytest.mark.parametrize("case", MADE, ids=lambda case: case.__name__)
def test_every_test_method_is_tornados_own(case):
    theirs = {name for name in dir(case) if name.startswith("test_")}
    assert len(theirs) == (5 if "CheckOrigin" in case.__name__ else 11)
    assert all(getattr(case, name).__module__ == websocket_test.__name__ for name in theirs)
    assert not any(name.startswith("test_") for name in vars(case) | vars(SocketsThrough))
