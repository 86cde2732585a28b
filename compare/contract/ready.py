"""The ready line: what a server says of itself on stdout once its socket listens."""

import msgspec

from compare.contract.bounds import Loop, Server


class Ready(msgspec.Struct, frozen=True):
    """The one line a server writes to stdout once its socket listens, or once all its workers' or loops' sockets do.

    `gil` and `switch_interval_s` are read after all imports; `pids` are the workers', where a supervisor has them.
    """

    server: Server
    url: str
    pid: int
    work: str
    threads: int
    loop: Loop
    python: str = ""
    gil: bool = True
    switch_interval_s: float = 0.005
    workers: int = 1
    loops: int = 1
    pids: tuple[int, ...] = ()
    ready: bool = True

    def line(self) -> str:
        """The line as written, without its newline."""
        fields = msgspec.structs.asdict(self)
        return msgspec.json.encode({"ready": fields.pop("ready"), **fields}).decode()


def read_ready(line: str | bytes) -> Ready:
    """Parse a ready line; raises ValueError (msgspec.DecodeError is one) when it is another line."""
    return msgspec.json.decode(line, type=Ready)
