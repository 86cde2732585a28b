import re
from html.parser import HTMLParser

import pytest
from drawn import made
from markupsafe import escape
from msgspec.structs import replace

from compare.analysis.outcome import Outcome, reliability
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Paradigm, Server
from compare.experiments import concurrency
from compare.experiments.options import Options, Preset
from compare.report import page as report
from compare.report import table

SMALL = Options(Preset.QUICK, servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE, Paradigm.CALLBACK))
VOID = {"meta", "path", "use", "rect", "br", "link", "img", "line", "circle"}


class Balanced(HTMLParser):
    """Fails on an element that is closed by another's end."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.ids, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[key] for key in ("href", "src", "xlink:href") if key in found]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def it(tmp_path_factory):
    run, summaries = made("concurrency", SMALL)
    folder = tmp_path_factory.mktemp("run")
    files = concurrency.draw(summaries, run, folder)
    told = told_of(run, summaries, concurrency.say(summaries), files)
    (path,) = report.write(run, summaries, [told], folder)
    return run, summaries, told, files, path.read_text(encoding="utf-8")


def told_of(run, summaries, sentences=(), figures=()):
    return report.Told(
        "concurrency",
        concurrency.QUESTION,
        concurrency.answer(summaries, run),
        sentences,
        figures,
        concurrency.strips(summaries, run),
    )


@pytest.fixture(scope="module")
def parsed(it):
    page = Balanced()
    page.feed(it[-1])
    page.close()
    return page


def test_the_page_is_well_formed(parsed):
    assert parsed.open == []


def test_it_needs_no_other_file(parsed, it):
    assert all(link.startswith("#") for link in parsed.links)
    assert "@import" not in it[-1]
    assert not re.search(r"url\((?!#)", it[-1])


def test_every_reference_within_the_page_leads_somewhere(parsed):
    assert {link.removeprefix("#") for link in parsed.links} <= set(parsed.ids)


def test_figures_inline_do_not_share_ids(parsed):
    assert len(parsed.ids) == len(set(parsed.ids))


def test_the_answer_comes_first_then_the_picture_and_all_else_is_folded(it):
    page = it[-1][it[-1].index("<body>") :]
    order = [
        page.index(one) for one in ('class="trust"', "<h1>", 'class="tiles"', 'class="dots"', "<details")
    ]
    assert order == sorted(order)
    assert f"<h1>{it[2].answer}</h1>" in page
    first_fold = page.index("<details")
    for sentence in it[2].sentences:
        assert page.index(escape(sentence)) > first_fold


def test_the_first_picture_has_a_dot_per_round_and_the_number_of_each_row(it):
    every = [strip for strips in it[2].strips.values() for strip in strips]
    assert it[-1].count('class="round"') == sum(len(strip.rates_rps) for strip in every)
    for strip in every:
        assert f">{strip.told}</span>" in it[-1]
    assert it[-1].count('class="ceiling"') == len(every)


def test_a_server_that_stopped_is_a_cross_with_its_count_a_tile_and_the_headline(it):
    died = [one for row in it[1] for one in [collapsed(row)]]
    page = report.html(it[0], died, [told_of(it[0], died)])
    assert page.count('class="cross"') == len(told_of(it[0], died).strips[Server.AIOHTTP])
    assert re.search(r"<h1>\d+ of \d+ servers .*stopped answering", page)
    assert re.search(r"stopped answering</dt><dd><b>(\d+) of \1</b>", page)
    assert 'class="cross"' not in it[-1]


def collapsed(row):
    rounds = tuple(replace(one, outcome=Outcome.COLLAPSED) for one in row.rounds)
    return replace(row, rounds=rounds, reliability=reliability([one.silence for one in rounds]))


def test_what_stopped_in_another_experiment_is_told_on_top_too(it):
    other = replace(collapsed(it[1][0]), experiment="grid")
    page = report.html(
        it[0], [*it[1], other], [told_of(it[0], it[1]), report.Told("grid", "Where?", "There.")]
    )
    rounds = sum(row.reliability.servers for row in it[1]) + 1
    assert f"In all 1 of {rounds} servers stopped answering for good (grid)." in page


def test_a_busy_machine_is_told_in_red_on_top(it):
    noisy = [replace(one, noise=replace(one.noise, noisy=True)) for one in it[0].measurements]
    page = page_of(it, run=replace(it[0], measurements=tuple(noisy)))
    assert '<span class="bad">The machine was busy in 1 of 1 rounds' in page
    assert "<span>Quiet machine</span>" in it[-1]


def test_the_same_run_gives_the_same_bytes(it):
    assert report.html(it[0], it[1], [it[2]]) == it[-1]


def test_every_row_is_in_the_table_with_every_column(it):
    table_ = it[-1][it[-1].index('class="rows"') :]
    body = table_[table_.index("<tbody>") : table_.index("</tbody>")]
    assert body.count("<tr") == len(it[1])
    assert body.count("<td") == len(it[1]) * len(table.columns())


def test_a_figure_is_told_to_those_who_cannot_see_it(it):
    assert it[-1].count('role="img" aria-label="concurrency') == sum(f.suffix == ".svg" for f in it[3]) - 1
    assert f'role="img" aria-label="{it[2].question}' in it[-1]  # the first is drawn by the page


def test_the_page_adapts_to_a_phone_and_to_the_dark(it):
    assert 'name="viewport"' in it[-1]
    assert "prefers-color-scheme: dark" in it[-1]
    figure = it[-1][it[-1].index("<svg") : it[-1].index("</svg>")]
    assert "var(--ink)" in figure
    assert "#ffffff" not in figure


def page_of(it, summaries=None, run=None, told=None):
    summaries, run = it[1] if summaries is None else summaries, run or it[0]
    return report.html(run, summaries, told or [told_of(run, summaries)])


def test_every_warning_is_a_doubt_with_the_rows_it_concerns(it):
    bad = replace(it[1][0], warnings=(Warning.GENERATOR_BUSY,), valid=False)
    page = page_of(it, [bad, *it[1][1:]])
    assert "The load generator used more than 70 % of its core: 1 row" in page
    assert '<tr class="invalid">' in page
    assert "invalid</td>" in page


def test_a_failure_is_a_doubt_with_its_reason(it):
    failed = replace(it[1][0], rounds=(), failure="The server did not start.", valid=False)
    assert "The server did not start: 1 row" in page_of(it, [failed])


def test_without_warnings_there_are_no_doubts(it):
    assert "<summary>Doubts" not in page_of(it, [replace(it[1][0], warnings=())])


def test_a_stopped_run_says_how_much_of_it_is_there(it):
    half = replace(it[0], measurements=it[0].measurements[:3], planned=8)
    page = page_of(it, run=half)
    assert '<span class="bad">The run was stopped: 3 of 8 cells are measured' in page


def test_an_empty_run_is_a_page_too(it):
    assert "Nothing was measured." in report.html(it[0], [], [])


def test_text_from_a_run_is_never_markup(it):
    run = replace(it[0], name="<script>alert(1)</script>", command='x" onclick="y')
    page = page_of(it, run=run, told=[report.Told("concurrency", "<b>?", "a < b.", ["a < b & c"])])
    assert "<script>alert" not in page
    assert "<h2>&lt;b&gt;?</h2>" in page
    assert "a &lt; b &amp; c" in page
    assert "onclick=" not in page.replace("&#34; onclick=&#34;", "")


def test_the_machine_is_told_in_full(it):
    told = dict(report.facts(it[0]))
    assert told["pinned"] == "server to CPU 0, generator to CPU 1"
    assert "2 visible" in told["CPU"]
    assert {"aiohttp", "tornado", "uvloop", "commit", "governor", "kernel", "seed", "command"} <= set(told)
    shared = replace(it[0].environment, server_cpus=(), dirty=True)
    told = dict(report.facts(replace(it[0], environment=shared)))
    assert "share" in told["pinned"]
    assert "uncommitted" in told["commit"]


def test_a_failed_write_leaves_the_old_report(it, tmp_path):
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(FileNotFoundError):
        report.write(it[0], it[1], [told_of(it[0], it[1], (), [tmp_path / "missing.svg"])], tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
