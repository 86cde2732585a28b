"""The examples run, and docs/your-own-io.md shows them as they are."""

import ast
import asyncio
import re
import sys
from pathlib import Path

import pytest

from compare.work.loading import check_faces, load

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "your-own-io.md"
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name != "__init__.py")


async def test_the_dns_example_asks_a_name_server_by_both_faces(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    work = load("examples.dns_lookup:DnsLookup")
    monkeypatch.setattr("examples.slow_name_server.DELAY_S", 0.0)
    server = sys.modules["examples.slow_name_server"].SlowNameServer
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(server, local_addr=("127.0.0.1", 0))
    monkeypatch.setattr("examples.dns_lookup.SERVER", transport.get_extra_info("sockname"))
    try:
        await check_faces(work)
        assert await work.native(0.0) == b"rcode 3"
    finally:
        transport.close()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_shows_the_examples_as_they_are(example):
    assert f"```python\n{example.read_text()}```" in PAGE.read_text()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_20_lines_of_code(example):
    tree = ast.parse(example.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[1:] if ast.get_docstring(node) else node.body
    assert len([line for line in ast.unparse(tree).splitlines() if line.strip()]) <= 20


def test_the_page_links_to_files_that_exist():
    for link in re.findall(r"\]\(([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / link).exists(), link
