"""The vectors: as Tornado says, read by this kit on each Python that is here, and by Node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2] / "kit" / "vectors"
NAMES = ("signed", "xsrf", "set-cookie", "cookie")


def interpreters() -> list[str]:
    found = [sys.executable]
    for minor in range(9, 15):
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        found += map(str, pyenv) if pyenv else [shutil.which(f"python3.{minor}") or ""]
    return [path for path in dict.fromkeys(found) if path]


def ran(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


def cases() -> list[dict]:
    return [case for name in NAMES for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]]


@pytest.mark.parametrize("python", interpreters())
def test_this_kit_agrees_with_them_on_every_python(python):
    assert ran(python, str(VECTORS / "run.py")).endswith(f" {len(cases())} cases, 0 failed")


def test_node_agrees_with_them():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found: install it to read the vectors in another language")
    assert ran(node, str(VECTORS / "run.mjs")).endswith(" 0 failed")


def test_they_are_as_this_tornado_says():
    assert ran(sys.executable, str(VECTORS / "make.py"), "--check").endswith("cases; as made")
    assert ran(sys.executable, str(VECTORS / "against_tornado.py")).endswith(" 0 failed")


def test_there_are_enough_and_each_refusal_has_its_reason():
    everything = cases()
    assert len(everything) >= 400
    for case in everything:
        if case.get("op") == "decode" and "result" in case and case["result"] is None and case["value"]:
            assert case["reason"] != "readable"
        if "call" in case:
            assert ("header" in case) != ("reason" in case)


def test_a_runner_fails_when_a_case_is_wrong(tmp_path):
    copy = tmp_path / "vectors"
    shutil.copytree(VECTORS, copy)
    shutil.copytree(VECTORS.parent / "tornado_cookies", tmp_path / "tornado_cookies")
    text = (copy / "signed.json").read_text()
    (copy / "signed.json").write_text(text.replace('"result": null', '"result": "eA=="', 1))
    done = subprocess.run([sys.executable, str(copy / "run.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.strip().endswith(" 1 failed")


def test_the_folder_can_be_copied_below_a_package_of_ones_own(tmp_path):
    site = tmp_path / "shop" / "vendored"
    shutil.copytree(VECTORS.parent / "tornado_cookies", site / "cookies")
    (tmp_path / "shop" / "__init__.py").touch()
    (site / "__init__.py").touch()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from shop.vendored.cookies import aiohttp, asgi, tornado, create_signed_value\n"
        "assert 'tornado_cookies' not in sys.modules\n"
        "print(aiohttp.setup.__module__, asgi.TornadoCookies.__module__)"
    )
    assert ran(sys.executable, "-c", code, str(tmp_path)) == (
        "shop.vendored.cookies.aiohttp shop.vendored.cookies.asgi"
    )
