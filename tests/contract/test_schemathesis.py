"""schemathesis makes requests up from docs/openapi.json, and both servers answer them as it says.

What keeps to the document is accepted, what breaks it is refused, and no answer has a status, type, header or body that
the document does not name. Requests are made up once, always the same ones, and sent to both servers.
"""

import asyncio
import json
import os
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from compare.late import Late

schemathesis, requests = Late("schemathesis"), Late("requests")  # half a second, for these tests alone

EXAMPLES = 60 if os.environ.get("FULL") else 12
PATH = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = {
    (path, method): operation
    for path, item in json.loads(PATH.read_text())["paths"].items()
    for method, operation in item.items()
}
BREAKABLE = [
    place for place, operation in OPERATIONS.items() if operation.keys() & {"parameters", "requestBody"}
]
# Rules of browsers that JSON Schema has no words for, such as "SameSite=None needs Secure", are answered with 400; and
# nobody may watch the server of this test.
EXCLUDED = {
    ("/cookies/{name}", "put"): "positive_data_acceptance",
    ("/signed/{name}", "put"): "positive_data_acceptance",
    ("/cookies/{name}", "delete"): "positive_data_acceptance",
    ("/cookies", "delete"): "positive_data_acceptance",
    ("/events", "get"): "not_a_server_error",
}


class AtOnce:
    """A work that takes no time, so that a wait of a minute is asked for and answered at once."""

    name, limit = "at once", 0

    def blocking(self, _delay_s):
        return b"done"

    async def native(self, _delay_s):
        return b"done"

    async def start(self, capacity):
        pass

    async def stop(self):
        pass


def is_decimal(case):
    """Say whether numbers in the query are spelled as the document asks: JSON Schema knows values, not spellings."""
    return not any(isinstance(one, float) and re.search("e|^-0", str(one)) for one in case.query.values())


@cache
def made_up(path, method, mode):
    """Return the requests of one operation that keep to the document ("positive") or break it ("negative")."""
    operation = schemathesis.openapi.from_path(PATH)[path][method.upper()]
    cases = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)).filter(is_decimal))
    def collect(case):
        cases.append(case)

    collect()
    return cases


@pytest.fixture
async def asked(start):
    """Return a function that sends a request to the server under test and holds its answer to the document."""
    server = await start(AtOnce(), viewers=0)  # a viewer would wait for the end of a stream that has none
    with requests.Session() as session:

        def ask(case):
            answer = case.call(base_url=f"http://{server.host}:{server.port}", session=session)
            excluded = EXCLUDED.get((case.path, case.method.lower()))
            checks = [getattr(schemathesis.checks, excluded)] if excluded else []
            case.validate_response(answer, excluded_checks=checks)

        yield lambda case: asyncio.to_thread(ask, case)


@pytest.mark.longer
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
async def test_what_keeps_to_the_document_is_accepted_and_answered_as_it_says(asked, path, method):
    for case in made_up(path, method, "positive"):
        await asked(case)


@pytest.mark.longer
@pytest.mark.parametrize(("path", "method"), BREAKABLE)
async def test_what_breaks_the_document_is_refused_as_it_says(asked, path, method):
    for case in made_up(path, method, "negative"):
        await asked(case)
