import re
from html.parser import HTMLParser

import pytest
from drawn import made
from msgspec.structs import replace

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
    sentences = {"concurrency": concurrency.say(summaries)}
    (path,) = report.write(run, summaries, sentences, files, folder)
    return run, summaries, sentences, files, path.read_text(encoding="utf-8")


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


def test_verdicts_come_first_then_doubts_figures_rows_machine_and_how_to_read(it):
    order = ["Verdicts", "Doubts", "Figures", "Every row", "Machine", "How to read this"]
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", it[-1]) == order
    for sentence in it[2]["concurrency"]:
        assert sentence.replace("'", "&#x27;") in it[-1]


def test_every_row_is_in_the_table_with_every_column(it):
    body = it[-1][it[-1].index("<tbody>") : it[-1].index("</tbody>")]
    assert body.count("<tr") == len(it[1])
    assert body.count("<td") == len(it[1]) * len(table.columns())


def test_a_figure_is_told_to_those_who_cannot_see_it(it):
    assert it[-1].count('role="img" aria-label="concurrency') == sum(f.suffix == ".svg" for f in it[3])


def test_the_page_adapts_to_a_phone_and_to_the_dark(it):
    assert 'name="viewport"' in it[-1]
    assert "prefers-color-scheme: dark" in it[-1]


def page_of(it, summaries=None, run=None, sentences=None):
    return report.html(run or it[0], it[1] if summaries is None else summaries, sentences or {}, [])


def test_every_warning_is_a_doubt_with_the_rows_it_concerns(it):
    bad = replace(it[1][0], warnings=(Warning.GENERATOR_BUSY,), valid=False)
    page = page_of(it, [bad, *it[1][1:]])
    assert "The load generator used more than 70 % of its core: 1 row" in page
    assert '<tr class="invalid">' in page
    assert "invalid</td>" in page


def test_a_failure_is_a_doubt_with_its_reason(it):
    failed = replace(it[1][0], rounds=(), failure="The server did not start.", valid=False)
    assert "The server did not start: 1 row" in page_of(it, [failed])


def test_without_warnings_it_says_so(it):
    assert "None: no row gave a warning." in page_of(it, [replace(it[1][0], warnings=())])


def test_a_stopped_run_says_how_much_of_it_is_there(it):
    half = replace(it[0], measurements=it[0].measurements[:3], planned=8)
    assert "The run was stopped: 3 of 8 cells are measured." in page_of(it, run=half)


def test_an_empty_run_is_a_page_too(it):
    page = page_of(it, [])
    assert "Nothing was measured." in page
    assert "Nothing was drawn." in page


def test_text_from_a_run_is_never_markup(it):
    run = replace(it[0], name="<script>alert(1)</script>", command='x" onclick="y')
    page = page_of(it, run=run, sentences={"<b>": ["a < b & c"]})
    assert "<script>alert" not in page
    assert "<h3>&lt;b&gt;</h3>" in page
    assert "a &lt; b &amp; c" in page


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
        report.write(it[0], it[1], {}, [tmp_path / "missing.svg"], tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
