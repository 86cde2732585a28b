"""The tables of planted faults follow the code: what `benchmarks.mutations` would replace is there, exactly once."""

import re
from pathlib import Path

import pytest

from benchmarks.faults import TARGETS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", TARGETS)
def test_each_fault_replaces_text_that_occurs_exactly_once_in_its_file(name):
    counts = {
        (target.source, old): source.count(old)
        for target in TARGETS[name]
        for source in [target.text(ROOT)]
        for old, new in target.faults
        if source.count(old) != 1 or old == new or bool(old) != bool(source)
    }
    assert counts == {}


@pytest.mark.parametrize("name", TARGETS)
def test_the_tests_that_must_notice_exist(name):
    for test in (test for target in TARGETS[name] for test in target.tests):
        file, _, function = test.partition("::")
        assert (ROOT / file).exists(), test
        assert not function or re.search(rf"(?m)^(async )?def {function}\(", (ROOT / file).read_text()), test
