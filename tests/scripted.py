"""A server that answers as a test says, and what a load of streams made of it."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

import numpy as np

from compare.loadgen.generator import measure
from compare.loadgen.ledger import COLUMNS
from compare.loadgen.protocol import Order, StreamOrder


class Talk(asyncio.Protocol):
    """One connection of a server; each request comes in one piece."""

    def __init__(self, server):
        self.server = server
        self.answering, self.gone = 0, False

    def connection_made(self, transport):
        self.transport = transport
        self.server.talks.append(self)

    def data_received(self, data):
        assert data.endswith(b"\r\n\r\n")
        self.answering += data.count(b"\r\n\r\n")
        self.server.requests += 1
        self.server.most_at_once = max(
            self.server.most_at_once, sum(talk.answering for talk in self.server.talks)
        )
        self.server.answer(self)

    def say(self, data, *, close=False):
        self.answering -= 1
        self.transport.write(data)
        if close:
            self.transport.close()

    def reset(self):
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def connection_lost(self, exc):
        self.answering, self.gone = 0, True


class Server:
    """Answers each request by `answer(talk)`; counts what it saw."""

    def __init__(self, answer):
        self.answer, self.requests, self.most_at_once, self.port, self.talks = answer, 0, 0, 0, []


def saying(data, wait_s=0.0):
    def answer(talk):
        if wait_s:
            asyncio.get_running_loop().call_later(wait_s, say, talk)
        else:
            say(talk)

    def say(talk):
        talk.say(data, close=b"close" in data)

    return answer


@asynccontextmanager
async def serving(answer):
    server = Server(answer)
    listening = await asyncio.get_running_loop().create_server(lambda: Talk(server), "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        quiet = 0
        while (
            quiet < 3
        ):  # turns of the loop: a connection accepted at the last moment is made by a task of the loop's
            busy = len(asyncio.all_tasks()) > 1 or not all(talk.gone for talk in server.talks)
            quiet = 0 if busy else quiet + 1
            for talk in server.talks:
                talk.transport.abort()
            await asyncio.sleep(0)
        listening.close()


def stream(port, connections=4, **options):
    options.setdefault("opened_first", connections)
    request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
    return StreamOrder(socket.AF_INET, ("127.0.0.1", port), request, connections, **options)


class Rows:
    """The stamps of one stream, 0 = start of the window."""

    def __init__(self, ledger, outcome, stream):
        parts = {
            name: np.frombuffer(p, code) for (name, code), p in zip(COLUMNS, ledger.parts(), strict=True)
        }
        start = outcome.window[0]
        self.intended, self.sent, self.done = (
            parts[name] - start for name in ("intended_s", "sent_s", "done_s")
        )
        self.status, self.outcome, self.stream = parts["status"], outcome, stream
        self.window = outcome.window[1] - start
        self.mine = (self.intended >= 0) & (self.intended < self.window)

    def kinds(self):
        return set(self.status[self.mine].tolist())


async def rows(*streams, warmup_s=0.02, duration_s=0.2, timeout_s=60.0):
    outcome, ledgers = await measure(Order(streams, warmup_s, duration_s, timeout_s))
    made = [Rows(ledger, outcome, one) for ledger, one in zip(ledgers, outcome.streams, strict=True)]
    return made if len(made) > 1 else made[0]
