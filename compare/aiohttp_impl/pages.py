"""The demo page and its files. Line for line comparable with its twin in `tornado_impl`."""

from aiohttp import web

from compare.contract import Server
from compare.serving import source
from compare.serving.pages import Page, pages

from compare.aiohttp_impl.answers import Route, answer
from compare.aiohttp_impl.long_io import LongIO


class File:
    """Answer with one file."""

    def __init__(self, page: Page) -> None:
        """Take the file."""
        self.page = page

    async def get(self, _request: web.Request) -> web.Response:
        return answer(self.page.body, headers=self.page.headers)


def routes(beside: str) -> list[Route]:
    """Read the files and the handlers' source and return one route for each; `beside` is where the twin is."""
    served = [*pages(beside), *source.pages(Server.AIOHTTP, LongIO.get)]
    return [web.get(page.path, File(page).get) for page in served]
