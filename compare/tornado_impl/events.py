"""What the server does, live. Line for line comparable with its twin in `aiohttp_impl`."""

import asyncio
import contextlib

from tornado.iostream import StreamClosedError

from compare.contract.events import EVENT_HEADERS
from compare.serving.feed import Feed

from compare.tornado_impl.answers import Handler, Route


class Events(Handler):
    """Send server-sent events until the viewer leaves."""

    def initialize(self, feed: Feed) -> None:
        """Take what is to be watched."""
        self.feed = feed

    async def get(self) -> None:
        with self.feed.watch() as viewer, contextlib.suppress(StreamClosedError):
            self.task = asyncio.current_task()
            if self.request.method == "HEAD":
                self.answer(b"", headers=EVENT_HEADERS)
                return
            for name, value in EVENT_HEADERS.items():
                self.set_header(name, value)
            async for sent in viewer:
                self.write(sent)
                await self.flush()

    head = get


def routes(feed: Feed) -> list[Route]:
    """Return the one route, which watches what `feed` watches."""
    return [("/events", Events, {"feed": feed})]
