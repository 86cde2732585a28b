import pytest
from matplotlib.colors import to_rgb

from compare.report.figures import maps, sheets
from compare.report.figures.maps import Side, Square

ACROSS, UP = Side("threads", ("100", "1,000")), Side("interval", ("1 ms", "5 ms", "20 ms"))
RED = "#D55E00"


@pytest.fixture
def panel():
    with sheets.look():
        _, (axes,) = sheets.sheet(sheets.Words("Where?", "There.", "run x"), sheets.Grid())
        yield axes


def test_each_square_stands_at_its_values_with_its_words_and_the_rest_is_blank(panel):
    maps.draw(panel, "aiohttp", ACROSS, UP, [Square(1, 2, "8,100/s", RED, 0.4), Square(0, 0, "same")])
    assert [(text.get_text(), text.get_position()) for text in panel.texts] == [
        ("8,100/s", (1, 2)),
        ("same", (0, 0)),
    ]
    loud, faint = panel.patches
    assert (loud.get_xy(), loud.get_alpha()) == ((0.5, 1.5), 0.4)
    assert [to_rgb(one.get_facecolor()) for one in (loud, faint)] == [to_rgb(RED), to_rgb(sheets.FAINT)]


def test_both_sides_name_what_varies_and_its_values_at_the_middle_of_their_squares(panel):
    maps.draw(panel, "aiohttp", ACROSS, UP, [])
    assert panel.get_title(loc="left") == "aiohttp"
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("threads", "interval")
    assert (list(panel.get_xticks()), list(panel.get_yticks())) == ([0, 1], [0, 1, 2])
    assert [name.get_text() for name in panel.get_xticklabels()] == ["100", "1,000"]
    assert [name.get_text() for name in panel.get_yticklabels()] == ["1 ms", "5 ms", "20 ms"]
    assert (panel.get_xlim(), panel.get_ylim()) == ((-0.5, 1.5), (-0.5, 2.5))


def test_where_servers_stopped_there_is_a_cross_in_the_square_and_its_words_are_bold(panel):
    maps.draw(panel, "aiohttp", ACROSS, UP, [Square(1, 0, "1 of 3 stopped", RED, stopped=True)])
    (cross,) = panel.lines
    assert cross.get_marker() == "x"
    assert (0.5 < cross.get_xdata()[0] < 1.5, -0.5 < cross.get_ydata()[0] < 0.5) == (True, True)
    assert panel.texts[0].get_weight() == "bold"
