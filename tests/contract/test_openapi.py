"""docs/openapi.json says what both servers answer: its names are the contract's, its answers are given."""

import json
from pathlib import Path

import pytest

from compare.contract import ErrorCode, Paradigm, Server
from compare.contract.cookie_bodies import Wanted

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method != "parameters" and path != "/events"  # a stream without an end
]
COOKIE = {"value": "b"}


def test_its_names_are_those_of_the_contract():
    assert SCHEMAS["Error"]["properties"]["error"]["properties"]["code"]["enum"] == list(ErrorCode)
    assert SCHEMAS["Paradigm"]["enum"] == list(Paradigm)
    assert SCHEMAS["Server"]["enum"] == list(Server)
    assert list(SCHEMAS["Wanted"]["properties"]) == list(Wanted.__struct_fields__)


async def asked(server, path, method, query="", *, good):
    url = path.replace("{paradigm}", "native" if good else "no").replace("{name}", "a" if good else "%20")
    body = {"json": COOKIE if good else {}} if method == "put" else {}
    return await server.request(method.upper(), url + query, **body)


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
async def test_what_is_answered_is_documented(server, path, method, good):
    answer = await asked(server, path, method, "" if good else "?delay=x&path=%01", good=good)
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert str(answer.status) in responses
    documented = responses[str(answer.status)]
    if "$ref" in documented:
        documented = DOCUMENT["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    if "content" not in documented:
        assert await answer.read() == b""
        return
    (kind,) = documented["content"]
    assert answer.headers["Content-Type"] == kind
    schema = documented["content"][kind]["schema"]
    schema = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "json" in kind:
        told = await answer.json()
        assert set(schema.get("required", [])) <= set(told)
        assert set(told) <= set(schema.get("properties", told))


async def test_what_succeeds_is_documented_as_that(server):
    for path, method in OPERATIONS:
        if path != "/form" or method == "get":
            assert (await asked(server, path, method, good=True)).status in {200, 204}, path
