import matplotlib as mpl
import pytest

from compare.report.figures import sheets
from compare.report.figures.sheets import Grid, Words, grid_for

FOOTER = "run 20250101-concurrency · a CPU with a long name, 2 CPUs · Linux 6.1 · CPython 3.11 · " * 2
WORDS = Words("How many?", "With a 100 ms wait, this many. " * 6, FOOTER, "Band: range.")


REAL_DPI = sheets.DPI


def drawn():
    figure, (axes,) = sheets.sheet(WORDS, Grid())
    axes.plot([1, 2, 3], [10, 100, 900])
    axes.set(xlabel="requests in flight", ylabel="answers per second")
    figure.draw_without_rendering()
    return figure, axes


def test_title_verdict_panel_and_footer_do_not_overlap():
    with sheets.look():
        figure, axes = drawn()
        title, verdict, foot = (text.get_window_extent() for text in figure.texts)
        inner = axes.get_tightbbox()
    assert title.y0 > verdict.y1
    assert verdict.y0 > inner.y1
    assert inner.y0 > foot.y1


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        with sheets.look():
            figure, _ = drawn()
            made.append([path.read_bytes() for path in sheets.save(figure, folder, "same")])
    assert made[0] == made[1]


def test_the_png_has_twice_the_pixels_of_a_screen_and_the_svg_no_date(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "DPI", REAL_DPI)
    with sheets.look():
        figure, _ = drawn()
        png, svg = sheets.save(figure, tmp_path, "x")
    width, height = figure.get_size_inches()
    header = png.read_bytes()[16:24]
    pixels = int.from_bytes(header[:4]), int.from_bytes(header[4:])
    assert pixels == pytest.approx((width * 192, height * 192), abs=1)
    assert "dc:date" not in svg.read_text()


def test_the_look_changes_nothing_outside():
    before = dict(mpl.rcParams)
    with sheets.look():
        assert mpl.rcParams["axes.grid"] is True
    assert dict(mpl.rcParams) == before


def test_short_names_leave_their_room_to_the_panels_and_the_sheet_keeps_its_size():
    short, long = grid_for(["native", "generator"], 2), grid_for(["native", "executor, default pool"], 2)
    assert short.width > long.width > 4
    assert short.width + short.label == pytest.approx(long.width + long.label)


@pytest.mark.parametrize("name", ["native", "executor, default pool", "ceiling: threads / wait"])
def test_the_names_of_lines_stand_within_their_room(name):
    grid = grid_for([name, "x"], 1)
    with sheets.look():
        figure, (axes,) = sheets.sheet(WORDS, grid)
        text = axes.text(sheets.LABEL_AT, 0.5, name, transform=axes.transAxes, size=sheets.LABEL_SIZE)
        figure.draw_without_rendering()
        room = figure.bbox.x1 - text.get_window_extent().x1
    assert 0.1 < room / figure.dpi < 0.4
