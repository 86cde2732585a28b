import pytest
from matplotlib.colors import to_rgb

from compare.contract import Paradigm, Server
from compare.report.figures import dots, sheets
from compare.report.figures.sheets import Words
from compare.report.headline import Strip

WORDS = Words("How many?", "This many.", "run x")
NATIVE = Strip("native", Paradigm.NATIVE, (8000.0, 8100.0, 8900.0), 8100.0, told="8,100/s")
STOPPED = Strip("callback", Paradigm.CALLBACK, (4302.0,), 0.0, 2, told="2 of 3 stopped, else 4,302/s")
INVALID = Strip("executor", Paradigm.EXECUTOR, (2500.0,), 2500.0, valid=False, told="invalid")
LONG = Strip(
    "executor, 1,000 threads", Paradigm.EXECUTOR, (25.0,), 25.0, 9, told="9 of 10 stopped, else 25,000/s"
)


@pytest.fixture
def panel(monkeypatch, tmp_path):
    """Draws strips and returns the panel of their one server."""
    kept = []

    def draw(*strips, ceiling_rps=10_000.0):
        monkeypatch.setattr(sheets, "save", lambda figure, *_: kept.append(figure) or [])
        dots.draw("d", WORDS, {Server.AIOHTTP: strips}, "answers per second", ceiling_rps, tmp_path)
        return kept[-1].axes[0]

    return draw


def marks(axes, shape):
    return [line for line in axes.lines if line.get_marker() == shape]


def test_a_mark_stands_for_each_round_at_its_rate_on_an_axis_from_0(panel):
    axes = panel(NATIVE, STOPPED)
    (line,) = marks(axes, "o")
    assert list(line.get_xdata()) == list(NATIVE.rates_rps)
    assert set(line.get_ydata()) == {0}
    assert (line.get_transform().transform([(8000, 0)]) == axes.transData.transform([(8000, 0)])).all()
    assert axes.get_xlim()[0] == 0
    assert axes.get_xscale() == "linear"


def test_servers_that_stopped_are_a_cross_at_0_with_their_count_and_the_bar_counts_them(panel):
    axes = panel(NATIVE, STOPPED)
    (cross,) = marks(axes, "x")
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (0, 1)
    assert STOPPED.told in [text.get_text() for text in axes.texts]
    assert [bar.get_width() for bar in axes.patches] == [8100, 0]
    assert "Cross" in dots.note({Server.AIOHTTP: [STOPPED]})
    assert not marks(panel(NATIVE), "x")
    assert "Cross" not in dots.note({Server.AIOHTTP: [NATIVE]})


def test_an_invalid_row_is_hollow_without_a_bar(panel):
    axes = panel(NATIVE, INVALID)
    (line,) = marks(axes, "v")
    assert to_rgb(line.get_markerfacecolor()) == (1, 1, 1)
    assert len(axes.patches) == 1
    assert "Hollow" in dots.note({Server.AIOHTTP: [INVALID]})


def test_the_ceiling_is_dashed_where_there_is_one(panel):
    axes = panel(NATIVE)
    assert [line.get_xdata()[0] for line in axes.lines if line.is_dashed()] == [10_000]
    assert not any(line.is_dashed() for line in panel(NATIVE, ceiling_rps=0.0).lines)


def test_all_that_is_written_is_on_the_sheet(panel):
    axes = panel(NATIVE, LONG)
    page = axes.figure.bbox
    axes.figure.draw_without_rendering()
    for box in (text.get_window_extent() for text in axes.texts):
        assert page.x0 < box.x0
        assert box.x1 < page.x1


def test_no_round_is_no_file(tmp_path):
    nothing = Strip("native", Paradigm.NATIVE)
    assert dots.draw("d", WORDS, {Server.AIOHTTP: [nothing]}, "answers", None, tmp_path) == []
    assert dots.draw("d", WORDS, {}, "answers", None, tmp_path) == []
    assert list(tmp_path.iterdir()) == []
