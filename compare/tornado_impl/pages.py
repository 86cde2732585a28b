"""The demo page and its files. Line for line comparable with its twin in `aiohttp_impl`."""

import re

from compare.contract import Server
from compare.serving import source
from compare.serving.pages import Page, pages

from compare.tornado_impl.answers import Handler, Route
from compare.tornado_impl.long_io import LongIO


class File(Handler):
    """Answer with one file."""

    def initialize(self, page: Page) -> None:
        """Take the file."""
        self.page = page

    def get(self) -> None:
        self.answer(self.page.body, headers=self.page.headers)

    head = get


def routes(beside: str) -> list[Route]:
    """Read the files and the handlers' source and return one route for each; `beside` is where the twin is."""
    served = [*pages(beside), *source.pages(Server.TORNADO, LongIO.get)]
    return [(re.escape(page.path), File, {"page": page}) for page in served]
