"""The demo page and its files. Line for line comparable with its twin in `tornado_impl`."""

from aiohttp import web

from compare.aiohttp_impl.answers import Route, answer
from compare.serving.pages import Page, pages


class File:
    """Answer with one file."""

    def __init__(self, page: Page) -> None:
        """Take the file."""
        self.page = page

    async def get(self, _request: web.Request) -> web.Response:
        return answer(self.page.body, headers=self.page.headers)


def routes() -> list[Route]:
    """Read the files and return one route for each."""
    return [web.get(page.path, File(page).get) for page in pages()]
