"""A page of files in a real browser without a window, for tests: what is drawn, what is said, what is asked for.

The browser is Chromium or Chrome with the driver of the same version, from the system; nothing is downloaded.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVERS = ("chromedriver",)
MISSING = (
    "no browser: they need Chromium or Chrome and its chromedriver on the PATH,"
    " on Debian and Ubuntu: apt-get install chromium chromium-driver"
)
PATIENCE = 30  # seconds; a machine may be busy
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to start as root with it
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give it 64 MB
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
)
LOCAL = ("file:", "data:", "blob:", "about:")
OWN = ("chrome:", "chrome-untrusted:")  # the browser's own first page, which a slow machine may still be loading
Scheme = Literal["light", "dark"]


def found() -> tuple[str, str] | None:
    """Return the paths of a browser and of its driver, or None if either is missing."""
    browser, driver = (next(filter(None, map(shutil.which, names)), None) for names in (BROWSERS, DRIVERS))
    return (browser, driver) if browser and driver else None


class Page:
    """One tab of the browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.asked: list[str] = []

    def open(self, path: Path, width: int = 1600, height: int = 1000, scheme: Scheme = "light") -> None:
        """Open the file at `path` in a window whose inner size is `width` times `height` CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.emulate(scheme)
        self.logged("browser")
        self.requests()
        self.asked.clear()
        self.driver.get(path.resolve().as_uri())

    def emulate(self, scheme: Scheme = "light", media: Literal["screen", "print"] = "screen") -> None:
        """Show the page in that colour scheme, as on a screen or on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def logged(self, kind: str) -> list[dict[str, Any]]:
        """Return what the browser has logged since the last call."""
        return list(self.driver.get_log(kind))

    def messages(self) -> list[str]:
        """Return the warnings and errors of the console since the last call or `open`."""
        return [entry["message"] for entry in self.logged("browser") if entry["level"] in ("WARNING", "SEVERE")]

    def requests(self) -> list[str]:
        """Return the addresses of all requests since `open`."""
        events = [json.loads(entry["message"])["message"] for entry in self.logged("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        self.asked += [each["request"]["url"] for each in sent if not each["documentURL"].startswith(OWN)]
        return list(self.asked)

    def outside(self) -> list[str]:
        """Return the requests that are not for a file or for something in the page itself."""
        return [address for address in self.requests() if not address.startswith(LOCAL)]

    def value(self, script: str, *arguments: Any) -> Any:
        """Return the value of a JavaScript expression; `arguments` are its `arguments[0]` and so on."""
        return self.driver.execute_script(f"return ({script})", *arguments)

    def until(self, script: str) -> None:
        """Wait until the value of a JavaScript expression is true; raises `TimeoutException` after `PATIENCE`."""
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.value(script))

    def press(self, *keys: str) -> None:
        """Press keys one after the other where the focus is; selenium's `Keys` has those without a character."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> str:
        """Return the HTML of the element that has the focus."""
        return str(self.value("document.activeElement.outerHTML"))

    def wider_than_window(self) -> bool:
        """Return whether the page must be scrolled sideways."""
        return bool(self.value("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def picture(self, path: Path) -> Path:
        """Write a picture of the whole page, as PNG, to `path`."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def pdf(self) -> bytes:
        """Return the page as it is printed, A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", paper)["data"])


@contextmanager
def started(profile: Path) -> Iterator[Page]:
    """Start the browser with `profile`, an empty folder of its own, as its user's data; close it in the end."""
    programs = found()
    assert programs, "no browser; ask found() first"
    browser, driver = programs
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(executable_path=driver))
    try:
        yield Page(running)
    finally:
        running.quit()
