"""What the server does, live. Line for line comparable with its twin in `tornado_impl`."""

import contextlib

from aiohttp import web

from compare.contract.events import EVENT_HEADERS
from compare.serving.feed import Feed

from compare.aiohttp_impl.answers import Route, answer


class Events:
    """Send server-sent events until the viewer leaves."""

    def __init__(self, feed: Feed) -> None:
        """Take what is to be watched."""
        self.feed = feed

    async def get(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=EVENT_HEADERS)
        with self.feed.watch() as viewer, contextlib.suppress(ConnectionResetError):
            if request.method == "HEAD":
                return answer(b"", headers=EVENT_HEADERS)
            await response.prepare(request)
            async for sent in viewer:
                await response.write(sent)
        return response


def routes(feed: Feed) -> list[Route]:
    """Return the one route, which watches what `feed` watches."""
    return [web.get("/events", Events(feed).get)]
