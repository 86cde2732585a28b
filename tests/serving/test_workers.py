"""A worker and its supervisor's socket: a crowd does not fill it, and nobody minds when it is full."""

import asyncio
import marshal
import socket

import msgspec
import pytest

from compare.contract import LoopLag
from compare.serving.flights import Flights
from compare.serving.workers import Control, Given
from compare.work.loading import load


@pytest.fixture
def supervisor():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours:
        yield ours, theirs


@pytest.fixture
async def control(supervisor):
    flights = Flights(load("sleep"), 0, 65)
    control = Control(lambda: flights.stats(LoopLag(0, 0, 0)), Given(0, -1, supervisor[1].detach()))
    control.begin()
    yield control
    asyncio.get_running_loop().remove_reader(control._socket)
    control._socket.close()


async def asked(supervisor: socket.socket) -> int:
    """Wait for a worker's question, and return its number."""
    return marshal.loads(await asyncio.get_running_loop().sock_recv(supervisor, 65536))["ask"]


async def test_who_asks_for_all_workers_while_another_does_shares_the_answer(supervisor, control):
    ours, _ = supervisor
    for number in (1, 2):
        crowd = [asyncio.create_task(control.everyone()) for _ in range(50)]
        assert await asked(ours) == number
        crowd.pop(0).cancel()  # whoever leaves takes nobody's answer along
        row = {"worker": 0, **msgspec.to_builtins(control._stats())}
        ours.send(marshal.dumps({"all": number, "workers": [row]}))
        assert {id(answer) for answer in await asyncio.gather(*crowd)} == {id(await crowd[0])}
        with pytest.raises(BlockingIOError):
            ours.recv(1)


async def test_a_supervisor_that_reads_nothing_is_no_fault_of_its_worker(supervisor, control):
    ours, _ = supervisor
    for number in range(2000):
        ours.send(marshal.dumps({"how": number}))
        control._read(control._socket)
