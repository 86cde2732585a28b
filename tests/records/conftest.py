"""A run that was kept."""

import pytest
from made import rounds, run

from compare.records import save


@pytest.fixture
def kept(tmp_path):
    made = run(rounds(3), planned=5)
    save(made, tmp_path)
    return made, tmp_path
