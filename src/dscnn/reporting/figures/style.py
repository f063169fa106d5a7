"""How every figure looks, and how architectures are told apart: the same look for each in all figures."""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import NamedTuple

import matplotlib
from matplotlib import font_manager
from matplotlib.ticker import EngFormatter, Formatter, FuncFormatter

from dscnn.reporting.tables.costs import UNEXPLAINED

# Okabe and Ito's palette, told apart by colour-blind people; marks and hatches tell apart in grey print
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#888888"]
MARKS = ["o", "s", "^", "D", "v", "P", "X", "*"]
HATCHES = ["", "//", "..", "xx", "\\\\", "--", "++", "oo"]

# Tol's muted palette and two of his other colours, for what is no architecture
OPERATIONS = [
    "#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77", "#CC6677", "#882255", "#AA4499", "#EE7733",
    "#77AADD",
]  # fmt: skip
REMAINDERS = {UNEXPLAINED: "#CCCCCC", "all else": "#888888"}
LESS, MORE = "#44AA99", "#CC6677"  # time saved, time spent

INK, PAPER = "#1b1b1b", "#fefefe"  # of text and lines, and behind them; a page puts its own in their place
PATTERN = re.compile(r'<pattern id="(.+?)"(.+?</pattern>)', re.DOTALL)
MORE_LETTERS = {"Noto Sans CJK TC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang TC", "Microsoft JhengHei"}
FONTS = "'DejaVu Sans', Verdana, Geneva, sans-serif"  # of the widths that the figures are laid out for


def _installed() -> list[str]:
    """Return the fonts of `MORE_LETTERS` that this machine has, for classes with other names than Latin ones."""
    return sorted(MORE_LETTERS & {*font_manager.get_font_names()})


def applied() -> AbstractContextManager[None]:
    """Draw what is drawn inside in this style."""
    return matplotlib.rc_context(
        {
            "axes.edgecolor": INK,
            "axes.facecolor": PAPER,
            "axes.labelcolor": INK,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.facecolor": PAPER,
            "font.family": ["DejaVu Sans", *_installed()],
            "font.size": 10,
            "grid.alpha": 0.3,
            "hatch.color": PAPER,
            "legend.facecolor": PAPER,
            "legend.labelcolor": INK,
            "svg.fonttype": "none",
            "svg.hashsalt": "dscnn",
            "text.color": INK,
            "text.parse_math": False,  # a class may be named with $
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def in_units(unit: str, places: int | None = None) -> Formatter:
    """Return a formatter of values of `unit` with prefixes: k, M; no one says 1 ks, so seconds have none above."""
    formatted = EngFormatter(unit=unit, places=places, sep=" ")
    plain = unit == "s"
    return FuncFormatter(lambda value, _: f"{value:,.0f} s" if plain and abs(value) >= 1000 else formatted(value))


class Look(NamedTuple):
    """How an architecture is drawn."""

    colour: str
    mark: str
    hatch: str


Looks = dict[str, Look]


def looks(architectures: Iterable[str]) -> Looks:
    """Return the look of each architecture, by its place in the experiment."""
    return {
        name: Look(*(each[i % len(each)] for each in (COLOURS, MARKS, HATCHES)))
        for i, name in enumerate(dict.fromkeys(architectures))
    }


def inline(svg: str, name: str) -> str:
    """Return matplotlib's `svg` as an element for a page: ids of its own, ink and paper those of the page.

    `name` makes the ids different from those of other figures on the page.
    """
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", element)
    element = element.replace("'DejaVu Sans'", FONTS)
    return element.replace(INK, "var(--ink)").replace(PAPER, "var(--paper)")


def shared(drawings: Iterable[str]) -> tuple[list[str], str]:
    """Return a page's drawings without their hatch patterns, and one element with each pattern once for them all.

    matplotlib repeats in each drawing the patterns that it uses, thousands of characters each.
    """
    patterns: dict[str, str] = {}
    without = []
    for drawing in drawings:
        for own, content in PATTERN.findall(drawing):
            name = patterns.setdefault(content, f"hatch-{len(patterns)}")
            drawing = drawing.replace(f"url(#{own})", f"url(#{name})")
        without.append(PATTERN.sub("", drawing))
    defined = "".join(f'<pattern id="{name}"{content}' for content, name in patterns.items())
    return without, f'<svg class="hatches" width="0" height="0" aria-hidden="true"><defs>{defined}</defs></svg>'
