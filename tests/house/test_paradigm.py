"""A paradigm is one record of the registry, its wait, and words: every other table is made from the record."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.analysis.units import counted
from compare.contract import Paradigm
from compare.paradigms.waits import WAITS

ROOT = Path(__file__).parents[2]
LANGUAGES = ("compare/web/en.js", "compare/web/zh.js")
KEYS = r'(?m)^\s*"?(\w+)"?: *[\[{"]'


@dataclass(frozen=True)
class Place:
    """A table that cannot be made from the registry: where it is, what a paradigm has there, and how to read its names.

    `table` matches the whole table, `name` each paradigm in it.
    """

    file: str
    has: str
    table: str
    name: str = KEYS

    def names(self) -> list[str]:
        """Return the paradigms that are there, in their order."""
        found = re.search(self.table, (ROOT / self.file).read_text(), flags=re.DOTALL)
        assert found is not None, self
        return [name.lower() for name in re.findall(self.name, found[0]) if name != "handler"]


# What is code or prose, and so is written by hand for each.
PLACES = (
    Place("compare/paradigms/waits.py", "its wait", r"WAITS: .*?\n}", r"Paradigm\.(\w+): \w+"),
    Place("compare/web/code.js", "the lines at which it waits", r"WAITS = .*?\n}"),
    *(Place(file, "its words", r"(?<=paradigms: {).*?\n  }") for file in LANGUAGES),
    Place("docs/openapi.json", "its name", r'"Paradigm": {.*?\]', r'(?m)^ +"(\w+)",?$'),
    Place("README.md", "its row", r"## The \w+ ways to wait.*?\n\n[^|]", r"(?m)^\| `(\w+)`"),
)
# The same of those whose handlers are driven by hand: the page walks through their steps.
STEPS = (
    *(Place(file, "its steps", r"\n  steps: {.*?\n  }", r"(?m)^    (\w+): \[") for file in LANGUAGES),
    Place("compare/web/steps.js", "the light at its steps", r"LIGHT = .*?};", r"(\w+): \["),
    Place("compare/web/index.html", "the button that walks through it", r".*", r'data-steps="(\w+)"'),
)
COUNTING = ("README.md", "docs/package.md", "compare/web/en.js", "compare/web/zh.js")
NUMBERS, CHINESE = [counted(number) for number in range(2, 10)], "二三四五六七八九"
SAID = re.compile(rf"(?i)\b({'|'.join(NUMBERS)}) ways|([{CHINESE}])种等待方式")


def lacking(paradigms: Sequence[str], trampolines: Sequence[str]) -> list[str]:
    """Return a sentence for each thing that a paradigm lacks outside the registry."""
    told = [
        f"{place.file} lacks {place.has}: {name}."
        for places, names in ((PLACES, paradigms), (STEPS, trampolines))
        for place in places
        for name in names
        if name not in place.names()
    ]
    number = len(paradigms)
    for file in COUNTING:
        said = {(en or zh).lower() for en, zh in SAID.findall((ROOT / file).read_text())}
        assert said, file
        wrong = said - {counted(number), CHINESE[number - 2]}
        told += [f"{file} counts the ways of waiting as {one}, not {number}." for one in wrong]
    return told


TRAMPOLINES = [one for one in Paradigm if one.trampoline]


def test_no_paradigm_lacks_anything():
    assert lacking(list(Paradigm), TRAMPOLINES) == []


def test_every_table_has_the_order_of_the_registry_and_nothing_else():
    assert list(WAITS) == list(Paradigm)
    for places, names in ((PLACES, list(Paradigm)), (STEPS, TRAMPOLINES)):
        for place in places:
            assert place.names() == names, place.file


def test_a_made_up_paradigm_is_missed_where_code_and_prose_are_written_by_hand_and_there_alone():
    assert lacking([*Paradigm, "patient"], [*TRAMPOLINES, "patient"]) == [
        "compare/paradigms/waits.py lacks its wait: patient.",
        "compare/web/code.js lacks the lines at which it waits: patient.",
        "compare/web/en.js lacks its words: patient.",
        "compare/web/zh.js lacks its words: patient.",
        "docs/openapi.json lacks its name: patient.",
        "README.md lacks its row: patient.",
        "compare/web/en.js lacks its steps: patient.",
        "compare/web/zh.js lacks its steps: patient.",
        "compare/web/steps.js lacks the light at its steps: patient.",
        "compare/web/index.html lacks the button that walks through it: patient.",
        "README.md counts the ways of waiting as six, not 7.",
        "docs/package.md counts the ways of waiting as six, not 7.",
        "compare/web/en.js counts the ways of waiting as six, not 7.",
        "compare/web/zh.js counts the ways of waiting as 六, not 7.",
    ]


def test_each_has_a_colour_and_a_mark_of_its_own():
    assert len({one.colour for one in Paradigm}) == len({one.mark for one in Paradigm}) == len(Paradigm)


RECORD = '    PATIENT = "patient", WaitThread.POOL, "#123456", "*", False\n'
WAIT = "    Paradigm.PATIENT: executor,\n"
# In a process of its own, where the copy is the package: what follows from these two lines.
USED = """
import json
from urllib.request import urlopen

from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import summarise
from compare.contract import Paradigm, Server
from compare.experiments import catalogue
from compare.experiments.options import Options, Preset
from compare.harness import simulated
from compare.harness.servers import serve
from compare.records import Contestant
from compare.report import exports, words

ask = Options(preset=Preset.QUICK, paradigms=(Paradigm.PATIENT,), concurrency=(100,), rounds=1)
cells = catalogue.EXPERIMENTS["concurrency"].plan(ask)
rows = summarise(simulated.run(cells, simulated.measurer(), rounds=1))
lines = words.lines(rows, lambda row: row.of(THROUGHPUT), lambda row: row.in_flight)
told = {
    "lines": [(line.label, line.colour) for line in lines],
    "csv": exports.csv_text(rows).count("patient") == len(rows),
}
for server in Server:
    with serve(Contestant(server, Paradigm.PATIENT)) as running:
        for path in ("/io/patient?delay=0", "/source/patient", "/static/paradigms.js"):
            with urlopen(running.base_url + path) as answer:
                told[f"{server} {path}"] = b"patient" in answer.read()
print(json.dumps(told))
"""


def test_a_made_up_paradigm_is_served_measured_drawn_and_told_by_its_record_and_its_wait(tmp_path):
    """Both lines go into a copy of the package."""
    shutil.copytree(ROOT / "compare", tmp_path / "compare", ignore=shutil.ignore_patterns("__pycache__"))
    for file, after, line in (
        ("contract/paradigm.py", r"    NATIVE = .*\n", RECORD),
        ("paradigms/waits.py", r"    Paradigm.NATIVE: .*\n", WAIT),
    ):
        path = tmp_path / "compare" / file
        text, put = re.subn(after, lambda found, line=line: found[0] + line, path.read_text())
        assert put == 1
        path.write_text(text)
    environ = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", USED],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("lines") == [["patient, default pool", "#123456"], ["patient, n threads", "#123456"]]
    assert len(told) == 7
    assert all(told.values()), told
