import sys

import pytest

from compare.late import Late


@pytest.fixture
def unused(monkeypatch):
    """The name of a module of the standard library as if nothing had imported it yet."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    return "colorsys"


def test_a_module_is_imported_when_something_of_it_is_first_asked_for(unused):
    late = Late(unused)
    assert unused not in sys.modules
    assert late.rgb_to_hsv(0, 0, 1)[2] == 1
    assert unused in sys.modules


def test_what_a_module_lacks_is_an_attribute_error_that_names_it(unused):
    with pytest.raises(AttributeError, match=r"colorsys.*nothing"):
        _ = Late(unused).nothing
