"""The demo page and its files. Line for line comparable with its twin in `tornado_impl`."""

from aiohttp import web
from aiohttp.typedefs import Handler

from compare.aiohttp_impl.answers import answer
from compare.serving.pages import Page, pages


def _handler(page: Page) -> Handler:
    """Make the handler of one file."""

    async def get(_request: web.Request) -> web.Response:
        return answer(page.body, headers=page.headers)

    return get


def routes() -> list[web.RouteDef]:
    """Read the files and return one route for each."""
    return [web.get(page.path, _handler(page)) for page in pages()]
