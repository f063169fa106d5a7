"""What tests/browser.py says of a page is so, and a missing browser is never silent."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

import browser
from tiny import PROJECT

HTML = """<!DOCTYPE html><title>small</title><style>@media print {{ p {{ display: none }} }}</style>
<body style="margin: 0"><p style="width: {width}px">some words</p>
<details><summary>more</summary>hidden</details>{rest}"""


def written(folder: Path, width: int = 50, rest: str = "") -> Path:
    (folder / "small.html").write_text(HTML.format(width=width, rest=rest))
    return folder / "small.html"


def test_a_good_page_has_nothing_against_it(page: browser.Page, tmp_path: Path) -> None:
    """It asks for itself alone."""
    path = written(tmp_path)
    page.open(path, 400)
    assert page.value("innerWidth") == 400
    assert page.requests() == [path.as_uri()]
    assert (page.messages(), page.outside(), page.wider_than_window()) == ([], [], False)


def test_what_is_wrong_is_seen(page: browser.Page, tmp_path: Path) -> None:
    """A request that leaves the machine, an error of a script, something wider than the window."""
    rest = "<script src='http://localhost:1/missing.js'></script><script>console.warn('ay'); broken()</script>"
    page.open(written(tmp_path, 500, rest), 400)
    assert page.outside() == ["http://localhost:1/missing.js"]
    said = page.messages()
    assert len(said) == 3
    assert "ERR_CONNECTION_REFUSED" in said[0] or "ERR_UNSAFE_PORT" in said[0]
    assert '"ay"' in said[1]
    assert "broken is not defined" in said[2]
    assert page.wider_than_window()
    page.open(written(tmp_path), 400)
    assert (page.messages(), page.outside()) == ([], [])


def test_only_what_the_browser_asks_for_itself_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first page is made of two kinds of documents, which a page of ours cannot have."""
    documents = ["chrome://new-tab-page/", "chrome-untrusted://new-tab-page/one-google-bar", "file:///small.html"]
    sent = [{"documentURL": each, "request": {"url": f"https://{place}/"}} for place, each in enumerate(documents)]
    events = [{"method": "Network.requestWillBeSent", "params": each} for each in sent]
    page = browser.Page(cast(Chrome, None))
    monkeypatch.setattr(page, "logged", lambda _: [{"message": json.dumps({"message": each})} for each in events])
    assert page.outside() == ["https://2/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colour_scheme_is_the_one_asked_for(page: browser.Page, tmp_path: Path, scheme: browser.Scheme) -> None:
    """And paper is another medium."""
    page.open(written(tmp_path), scheme=scheme)
    assert page.value(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    assert page.value("document.querySelector('p').offsetHeight") > 0
    page.emulate(scheme, "print")
    assert page.value("document.querySelector('p').offsetHeight") == 0


def test_keys_go_to_what_has_the_focus(page: browser.Page, tmp_path: Path) -> None:
    """The first thing that can have it, opened by Enter, closed by the space bar."""
    page.open(written(tmp_path))
    page.press(Keys.TAB, Keys.ENTER)
    assert page.focused() == "<summary>more</summary>"
    assert page.value("document.querySelector('details').open")
    page.press(Keys.SPACE)
    page.until("!document.querySelector('details').open")


def test_pictures_and_print_are_files(page: browser.Page, tmp_path: Path) -> None:
    """As their first bytes say."""
    page.open(written(tmp_path))
    assert page.picture(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("place", ["", "1"], ids=["here", "integration"])
def test_a_missing_browser_is_said(tmp_path: Path, place: str) -> None:
    """With the tests that did not run, and what to install; in continuous integration they fail."""
    words = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", f"{__file__}::{NAMED}"]
    environment = os.environ | {"PATH": str(tmp_path), "CI": place}
    done = subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert "apt-get install chromium chromium-driver" in done.stdout
    if place:
        assert (done.returncode, "tests that did not run" in done.stdout) == (1, False)
    else:
        assert done.returncode == 0
        assert f"tests that did not run: 1; {browser.MISSING}\n  tests/test_browser.py::{NAMED}\n" in done.stdout


NAMED = test_pictures_and_print_are_files.__name__
