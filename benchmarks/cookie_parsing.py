"""How many times as fast the project reads Cookie headers as Tornado and aiohttp, and whether hostile ones stay linear.

Headers: 4 KB of 60 cookies, as a browser sends them. Rivals: what a handler really waits for (`request.cookies` in
both), and the bare parsers inside. All take turns in one process; each round gives one ratio to each rival, and the
median of the rounds is printed. Hostile shapes: the time for ten times the input, over the time for the input.
Run: ``python -m benchmarks.cookie_parsing``.
"""

import random
import statistics
import string
import timeit
from collections.abc import Callable

from aiohttp._cookie_helpers import parse_cookie_header
from tornado import httputil

from tornado_cookies.cookies import Encoded, parse

ROUNDS = 7
CALLS = 300
COOKIES = 60
HEADER_BYTES = 4096
SHORT_BYTES = 6_553  # ten times as many are 64 KiB, the most either server takes

Job = Callable[[], object]
Shape = Callable[[int], bytes]


def repeated(unit: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    """A header of about n bytes: the unit over and over, between what stands before and after."""
    return lambda n: before + unit * (n // len(unit)) + after


HOSTILE: dict[str, Shape] = {
    "one long name without =": repeated(b"a"),
    "semicolons": repeated(b";"),
    "spaced semicolons": repeated(b" ; "),
    "equals signs": repeated(b"="),
    "nameless cookies": repeated(b"=;"),
    "spaces before a missing =": repeated(b" ", b"a", b"b"),
    "leading spaces": repeated(b" \t", b"", b"a=1"),
    "spaces inside a value": repeated(b" ", b"a=b", b"c"),
    "names with spaces inside": repeated(b"a b c ;"),
    "quote of backslashes": repeated(b"\\", b'a="', b'"'),
    "quote of octal escapes": repeated(b"\\073", b'a="', b'"'),
    "quote of broken escapes": repeated(b"\\07", b'a="', b'"'),
    "quotes never closed": repeated(b'a="\\073;'),
    "not UTF-8": repeated(b"a=\xc3\xa9\xff;"),
    "ever new names": lambda n: b";".join(b"n%d=" % number for number in range(n // 8)),
}


def header(*, quoted: bool) -> str:
    """60 cookies in 4 KB, one value in six in double quotes if asked for."""
    rng = random.Random(3)
    length = HEADER_BYTES // COOKIES - len("cookie_00=; ")
    values = [
        "".join(rng.choices(string.ascii_letters + string.digits + "-_.%", k=length)) for _ in range(COOKIES)
    ]
    if quoted:
        values[::6] = [f'"{value[:-4]}=="' for value in values[::6]]
    return "; ".join(f"cookie_{number:02}={value}" for number, value in enumerate(values))


def tornado_request(line: str) -> Job:
    """What `self.request.cookies` costs a handler, its Morsels read as text, without the request around it."""
    headers = httputil.HTTPHeaders({"Cookie": line})
    start_line = httputil.RequestStartLine("GET", "/", "HTTP/1.0")
    request = httputil.HTTPServerRequest(headers=headers, start_line=start_line)

    def read() -> dict[str, str]:
        vars(request).pop("_cookies", None)  # parsed once per request, so make it forget
        return {name: morsel.value for name, morsel in request.cookies.items()}

    return read


def aiohttp_request(line: str) -> dict[str, str]:
    """What `request.cookies` costs a handler, without the request around it."""
    return {name: morsel.value for name, morsel in parse_cookie_header(line)}


def jobs(line: str) -> dict[str, Job]:
    """The contestants: what is compared first, then its rivals."""
    raw = [line.encode()]
    return {
        "compare": lambda: parse(raw),
        "compare, from text": lambda: parse(Encoded([line], "utf-8")),
        "tornado request.cookies": tornado_request(line),
        "tornado parse_cookie": lambda: httputil.parse_cookie(line),
        "aiohttp request.cookies": lambda: aiohttp_request(line),
        "aiohttp parse_cookie_header": lambda: parse_cookie_header(line),
    }


def rounds(contestants: dict[str, Job]) -> dict[str, list[float]]:
    """Microseconds per call, a round at a time, in turns, every other round backwards."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(ROUNDS):
        for name in list(contestants)[:: 1 if number % 2 else -1]:
            times[name].append(timeit.timeit(contestants[name], number=CALLS) / CALLS * 1e6)
    return times


def compare_parsers(title: str, line: str) -> None:
    """Print one table: time per header and ratio of each rival to the project's parser."""
    print(f"{title}: {len(line)} bytes, {COOKIES} cookies\n  {'us':>8}  ratio to compare")
    times = rounds(jobs(line))
    for name, own in times.items():
        ratio = statistics.median(theirs / ours for theirs, ours in zip(own, times["compare"], strict=True))
        print(f"  {statistics.median(own):8.1f}  {ratio:6.2f}  {name}")


def growth(shape: Shape) -> float:
    """The time for a header ten times as long, over the time for the short one; the median of the rounds."""
    short, long = [shape(SHORT_BYTES)], [shape(SHORT_BYTES * 10)]
    ratios = []
    for _ in range(ROUNDS):
        brief = min(timeit.repeat(lambda: parse(short), number=20, repeat=3)) / 20
        ratios.append(min(timeit.repeat(lambda: parse(long), number=2, repeat=3)) / 2 / brief)
    return statistics.median(ratios)


def main() -> None:
    """Print the tables."""
    compare_parsers("as a browser sends them", header(quoted=False))
    compare_parsers("one in six quoted", header(quoted=True))
    print("hostile: time for ten times the input (must stay under 12)")
    for name, shape in HOSTILE.items():
        print(f"  {growth(shape):6.2f}  {name}")


if __name__ == "__main__":
    main()
