"""`compare demo` writes one file that plays in a browser without a server."""

import re

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from compare.commands import demo

pytest_plugins = ["browser"]


@pytest.mark.browser
def test_the_exported_page_plays_by_itself(browser, tmp_path):
    target = tmp_path / "page.html"
    told = CliRunner().invoke(
        demo.command, ["--export", str(target), "--requests", "3", "--wait", "0.35"], standalone_mode=False
    )
    assert told.return_value == 0, told.output
    assert f"Wrote {target}" in told.stdout
    assert target.stat().st_size < 200_000
    page, wrong = browser.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(target.as_uri())
    expect(page.locator("#server")).to_have_text("recorded from aiohttp")
    expect(page.locator("#results")).to_contain_text(
        re.compile(r"callback: 3 answers in .*blocking: 3 answers in ")
    )
    expect(page.locator("#code-file")).to_contain_text("compare/paradigms/waits.py:")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_hidden()
    expect(page.locator("#latency")).to_contain_text("ms")
    page.close()
    assert wrong == []


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(demo.recorded, "record", lambda *_: {"events": []})
    told = CliRunner().invoke(demo.command, ["--export", str(tmp_path / "no" / "page.html")])
    assert told.exit_code == 1
    assert told.output == f"Error: Cannot write {tmp_path}/no/page.html: No such file or directory.\n"
