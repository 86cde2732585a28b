import itertools
import math
from dataclasses import replace

import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from compare.contract import Paradigm
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import End
from compare.report.figures.sheets import Grid, Words
from compare.report.series import Line, Point

FOOTER = "run 20250101-concurrency · a CPU with a long name, 2 CPUs · Linux 6.1 · CPython 3.11 · " * 2
WORDS = Words("How many?", "With a 100 ms wait, this many. " * 6, FOOTER, "Band: range.")


def line(label, paradigm, ys, **how):
    return Line(label, paradigm, tuple(Point(10.0**x, y, y, y, **how) for x, y in enumerate(ys)))


def panel(lines):
    figure, (axes,) = sheets.sheet(WORDS, Grid())
    drawing.log_axis(axes, "x", "requests in flight", [1, 10, 100])
    drawing.log_axis(axes, "y", "answers per second")
    drawing.share_y([axes], lines)
    drawing.plot(axes, lines)
    figure.draw_without_rendering()
    return figure, axes


def boxes(axes):
    return [Text.get_window_extent(text) for text in axes.texts if text.get_text()]  # without the leader line


def test_names_of_lines_that_end_in_one_point_do_not_collide():
    lines = [line(paradigm, paradigm, [10 + 9 * n, 100, 1000]) for n, paradigm in enumerate(Paradigm)]
    with sheets.look():
        _, axes = panel(lines)
        found = boxes(axes)
    assert len(found) == len(Paradigm)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(found, 2))


def test_everything_written_is_on_the_sheet():
    lines = [line("executor, default pool", Paradigm.EXECUTOR, [10, 60, 60])]
    with sheets.look():
        figure, axes = panel(lines)
        page = figure.bbox
        written = [*boxes(axes), *(text.get_window_extent() for text in figure.texts)]
    for box in written:
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1


def marks(axes):
    return [artist for artist in axes.lines if artist.get_marker() != "None"]


def on_paper(axes, artist):
    return artist.get_transform().transform(artist.get_xydata())


def test_every_mark_stands_at_its_x_and_y_whatever_else_is_there():
    ys = [2, 3, 4]
    lines = [line(paradigm, paradigm, ys) for paradigm in Paradigm]
    with sheets.look():
        _, axes = panel(lines)
        wanted = axes.transData.transform([(10.0**x, y) for x, y in enumerate(ys)])
        found = [on_paper(axes, artist)[0] for artist in marks(axes)]
        courses = [on_paper(axes, artist) for artist in axes.lines if len(artist.get_xdata()) == 3]
    assert len(found) == len(courses) * 3 == len(Paradigm) * 3
    assert found == [pytest.approx(at) for _ in Paradigm for at in wanted]
    assert all(course == pytest.approx(wanted) for course in courses)


def test_lines_that_all_coincide_share_one_name_and_others_keep_theirs():
    same = [line(one, one, [2, 2, 2]) for one in list(Paradigm)[:5]]
    with sheets.look():
        _, axes = panel(same)
        assert [text.get_text() for text in axes.texts] == ["all five"]
        _, axes = panel([*same, line("native", Paradigm.NATIVE, [2, 2, 9])])
        assert [text.get_text() for text in axes.texts] == ["all but native", "native"]
        _, axes = panel([*same, *(line(one, Paradigm.NATIVE, [2, 2, 9 + n]) for n, one in enumerate("ab"))])
        assert len(axes.texts) == 7


def test_an_invalid_point_is_hollow_and_no_line_runs_to_it():
    good, bad = line("native", Paradigm.NATIVE, [10, 20]), Point(100, 30, 30, 30, valid=False)
    with sheets.look():
        _, axes = panel([replace(good, points=(*good.points, bad))])
        faces = [mark.get_markerfacecolor() for mark in marks(axes)]
        (course,) = (artist for artist in axes.lines if len(artist.get_xdata()) == 3)
    assert [face == "white" for face in faces] == [False, False, True]
    assert [math.isnan(y) for y in course.get_ydata()] == [False, False, True]


def test_a_censored_point_stands_at_the_top_edge_however_low_its_window_ended():
    pool = line("executor", Paradigm.EXECUTOR, [1, 2, 5], at_least=True)
    with sheets.look():
        _, axes = panel([line("native", Paradigm.NATIVE, [10, 20, 30]), pool])
        top = axes.get_ylim()[1]
        found = [mark for mark in marks(axes) if mark.get_marker() == "^"]
        names = {text.get_text(): text.xy[1] for text in axes.texts}
    assert [mark.get_ydata()[0] for mark in found] == [top] * 3
    assert [mark.get_xdata()[0] for mark in found] == [1, 10, 100]
    assert names == {"native": 30, "executor": top}
    assert axes.get_ylim()[0] > 5, "the axis has no room for where a window ended"


def test_a_line_without_points_is_not_named():
    with sheets.look():
        _, axes = panel([Line("native", Paradigm.NATIVE, ()), line("callback", Paradigm.CALLBACK, [1, 2, 3])])
    assert [text.get_text() for text in axes.texts] == ["callback"]


def test_log_axes_say_so():
    with sheets.look():
        _, axes = panel([line("native", Paradigm.NATIVE, [1, 2, 3])])
    assert axes.get_xlabel().endswith("log scale")
    assert axes.get_ylabel().endswith("log scale")


def test_an_axis_of_less_than_a_decade_has_more_than_one_number():
    with sheets.look():
        for ys in ([101, 102, 110], [100, 300, 900]):
            _, axes = panel([line("native", Paradigm.NATIVE, ys)])
            low, high = axes.get_ylim()
            assert len([tick for tick in axes.get_yticks() if low <= tick <= high]) >= 3


def test_text_is_darker_than_its_line():
    assert sum(to_rgb(drawing.darker("#E69F00"))) < sum(to_rgb("#E69F00"))


def test_axes_without_a_figure_are_refused():
    with sheets.look():
        _, (axes,) = sheets.sheet(WORDS, Grid())
        axes.remove()
    with pytest.raises(ValueError, match="no figure"):
        drawing.label_ends(axes, [End(1, 1, "x", "#000000")])
