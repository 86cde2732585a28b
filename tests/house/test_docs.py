"""What the documentation points at exists: tests by name, files by link, and snippets word for word in the examples."""

import re
import tomllib
from pathlib import Path

import pytest
from running import SECRET, running, supervised

from benchmarks.faults_mistakes import MISTAKES
from benchmarks.on_the_wire import BEGIN, END, SHAPES, phrase
from compare.contract import Server
from compare.contract.option_table import OPTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*") if path.suffix in {".py", ".conf"})
LANGUAGES = {"python", "nginx"}
FENCED = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")


def named_tests(text: str) -> set[tuple[str, str]]:
    """Every test a page names: as `tests/file.py::name` or as a link of the name to its file."""
    links = re.findall(r"\[`?(test_\w+)`?\]\((?:\.\./)?(tests/[\w/]+\.py)\)", text)
    spelled = re.findall(r"(tests/[\w/]+\.py)::(?:\w+::)?(test_\w+)", text)
    return {(file, name) for name, file in links} | set(spelled)


def page_id(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_test_that_a_page_names_exists(page):
    for file, name in sorted(named_tests(page.read_text())):
        assert (ROOT / file).exists(), file
        assert re.search(rf"(?m)^\s*(async )?def {name}\(", (ROOT / file).read_text()), f"{file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_to_a_file_leads_to_one(page):
    for target in re.findall(r"\]\((?!\w+:)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("package", [ROOT, ROOT / "kit"], ids=page_id)
def test_what_a_package_index_shows_holds_no_picture_that_only_the_repository_has(package):
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert not re.findall(r"!\[[^]]*\]\((?!https:)|<img", (package / project["readme"]).read_text())


def test_each_difference_in_the_tables_of_cookies_names_its_test():
    lines = (ROOT / "docs" / "cookies.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| matter")]
    assert len(rows) > 35
    for row in rows:
        assert named_tests(row.split(" | ")[-1]), row


def stripped(text: str) -> str:
    """The code without indentation and blank lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def test_every_snippet_of_the_migration_guide_is_in_one_example_word_for_word():
    text = (ROOT / "docs" / "migration.md").read_text()
    sources = [stripped(example.read_text()) for example in EXAMPLES]
    fenced = FENCED.findall(text)
    snippets = [snippet for language, snippet in fenced if language in LANGUAGES]
    assert len(snippets) == 6
    for snippet in snippets:
        parts = [stripped(part) for part in re.split(r"(?m)^\.\.\.$", snippet)]
        assert any(all(part in source for part in parts) for source in sources), snippet


def test_every_option_the_guides_name_is_one():
    known = {option.name for option in OPTIONS}
    for page in ("cookies.md", "migration.md"):
        named = set(re.findall(r"`(--[\w-]+)", (ROOT / "docs" / page).read_text()))
        assert named <= known, named - known


def test_the_guides_table_of_the_wire_is_the_scripts():
    made = (ROOT / "docs" / "migration.md").read_text().partition(BEGIN)[2].partition(END)[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in made.splitlines() if line.startswith("| ")][
        1:
    ]
    assert len(rows) >= 17
    assert set(rows) <= set(SHAPES)
    assert f"Of {len(SHAPES)} shapes of request, {len(rows)} are" in made
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 405 No\r\nAllow: GET\r\n\r\n"
    assert phrase("HTTP/1.0", answer, closed=True) == "100, 405 in HTTP/1.0; closed"
    assert phrase("a method that the route does not have", answer, closed=False) == "100, 405, `Allow: GET`"
    assert phrase("HTTP/1.2", b"", closed=True) == "closed without an answer"


@pytest.mark.parametrize(("page", "language"), [("lesson.md", "en"), ("lesson.zh.md", "zh")])
def test_every_button_that_a_lesson_names_is_on_the_page(page, language):
    text = (ROOT / "docs" / page).read_text()
    labels = (ROOT / "compare/web" / f"{language}.js").read_text()
    named = set(re.findall(r"\*\*([^*]+)\*\*", text))
    assert len(named) > 10
    assert [name for name in named if f'"{name}"' not in labels and f"{name}: " not in labels] == []


@pytest.mark.parametrize("file", ["README.md", "docs/deploy.md"])
def test_the_command_that_the_documents_give_for_production_starts(file, tmp_path):
    line = re.search(r"^\$ compare serve (.*?)( +#.*)?$", (ROOT / file).read_text(), re.MULTILINE)[1]
    (tmp_path / "0").write_text(SECRET["COMPARE_COOKIE_SECRET"])
    server, *options = line.replace("keys/0", str(tmp_path / "0")).split()
    with running(Server(server), *options, how=supervised) as process:
        body = process.exchange(b"GET /ping HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n")
        assert body.endswith(b'{"pong":true}')


def test_secrets_that_the_guides_write_are_not_committed_by_add():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    guides = "".join(page.read_text() for page in PAGES)
    made = set(re.findall(r"mkdir [^\n]*?(\w+) &&", guides)) | set(re.findall(r"curl -c (\w+)", guides))
    assert made == {"keys", "jar"}
    assert {f"/{name}" for name in made} <= {line.rstrip("/") for line in ignored}


def mistakes() -> list[str]:
    """The rows of the methodology's table of mistakes."""
    text = (ROOT / "docs" / "methodology.md").read_text().partition("\n## Mistakes of other benchmarks")[2]
    return [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]


def test_each_mistake_of_the_methodology_is_planted_and_its_tests_alone_must_notice():
    """`python -m benchmarks.mutations mistakes` shows that they do."""
    rows = mistakes()
    assert len(rows) > 25
    planted = {tuple(test.split("::")) for target in MISTAKES for test in target.tests}
    assert {len(target.tests) for target in MISTAKES} == {1}
    for row in rows:
        assert named_tests(row), row
    named = set().union(*map(named_tests, rows))
    assert named - planted == set(), "named by the page, and nothing planted for it"
    assert planted - named == set(), "planted, and not named by the page"


@pytest.mark.parametrize(
    "page", ["live.md", "load.md", "lesson.md", "lesson.zh.md", "your-own-io.md", "migration.md"]
)
def test_what_a_guide_has_people_type_needs_no_activated_environment(page):
    text = (ROOT / "docs" / page).read_text()
    blocks = [block for language, block in FENCED.findall(text) if language in {"", "sh", "console"}]
    typed = [line for block in blocks for line in block.splitlines()]
    assert [line for line in typed if re.match(r"(\w+=\S+ )*(compare|python3?|pytest|pip) ", line)] == []


def test_the_readme_says_first_where_all_of_this_runs():
    assert "\nLinux, Python 3.11 or newer.\n" in (ROOT / "README.md").read_text().partition("<!--")[0]
