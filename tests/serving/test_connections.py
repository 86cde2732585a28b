"""Which connections are hung up on, and when: a clock that the test turns, real sockets."""

import socket

import pytest

from compare.serving.connections import Connections


class Pairs(Connections[socket.socket]):
    """Sockets as connections, of which a test says what their framework would."""

    def __init__(self, clock):
        super().__init__(patience_s=75, clock=clock)
        self.unsent, self.deaf, self.heads, self.hung_up = set(), set(), {}, []

    def socket_of(self, connection):
        return connection

    def has_unsent(self, connection):
        return connection in self.unsent

    def is_deaf(self, connection):
        return connection in self.deaf

    def awaited(self, connection):
        return self.heads.get(connection)

    def hang_up(self, connection):
        self.hung_up.append(connection)


class Head:
    """What a framework waits for."""


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def pairs(now):
    pairs = Pairs(lambda: now[0])
    yield pairs
    pairs.close()


@pytest.fixture
def ends():
    left, right = socket.socketpair()
    with left, right:
        yield left, right


def test_only_a_client_that_left_while_nobody_listened_is_hung_up_on(pairs, ends, now):
    server, client = ends
    pairs.add(server)
    client.send(b"G")
    client.shutdown(socket.SHUT_WR)
    pairs.sweep()
    assert pairs.hung_up == [], "its framework will hear it"
    pairs.deaf.add(server)
    pairs.sweep()
    assert pairs.hung_up == [], "not yet time for another look"
    now[0] += 1
    pairs.sweep()
    assert pairs.hung_up == [server]


def test_a_client_that_stays_is_kept(pairs, ends, now):
    server, client = ends
    pairs.add(server)
    pairs.deaf.add(server)
    client.send(b"G")
    now[0] += 1
    pairs.sweep()
    assert pairs.hung_up == []


def test_what_is_unread_for_all_the_patience_is_cut_off_and_each_pause_starts_it_anew(pairs, ends, now):
    server, _ = ends
    pairs.add(server)
    for unsent in (True, True, False, True):
        (pairs.unsent.add if unsent else pairs.unsent.discard)(server)
        pairs.sweep()
        now[0] += 40
    assert pairs.hung_up == []
    now[0] += 40
    pairs.sweep()
    assert pairs.hung_up == [server]


def test_a_descriptor_used_again_belongs_to_the_new_connection(pairs, ends, now):
    server, _ = ends
    pairs.add(server)
    file = server.fileno()
    server.close()
    other, client = socket.socketpair()
    with client, other:
        assert other.fileno() == file
        pairs.add(other)
        pairs.discard(server)
        assert list(pairs) == [other]
        pairs.deaf.add(other)
        client.close()
        pairs.sweep()
        assert pairs.hung_up == [other]
        pairs.discard(other)
        pairs.discard(other)
        assert list(pairs) == []


def test_an_idle_connection_ends_after_the_patience_and_each_request_starts_it_anew(pairs, ends, now):
    server, _ = ends
    pairs.add(server)
    first, second = Head(), Head()
    for head in (first, None, second, second):
        pairs.heads[server] = head
        pairs.sweep()
        now[0] += 70
    pairs.sweep()
    assert pairs.hung_up == [server]


def test_an_idle_connection_on_which_a_request_lies_unread_is_kept(pairs, ends, now):
    server, client = ends
    pairs.add(server)
    pairs.heads[server] = Head()
    pairs.sweep()
    client.send(b"G")
    now[0] += 80
    pairs.sweep()
    assert pairs.hung_up == [], "the loop was late, not the client"
    assert server.recv(1) == b"G"
    now[0] += 5
    pairs.sweep()
    assert pairs.hung_up == [server], "half a head does not buy more time"
