"""A page as a browser reads it: what in it would run code, and its texts by their element."""

from collections import defaultdict
from html.parser import HTMLParser


class Page(HTMLParser):
    """Attributes that run code, and the texts inside elements of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.texts: dict[str, list[str]] = defaultdict(list)
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.runs += [key for key, value in attrs if key.startswith("on") or "javascript:" in (value or "")]

    def handle_data(self, data: str) -> None:
        self.texts[self._inside].append(data)


def read(text: str) -> Page:
    page = Page()
    page.feed(text)
    return page
