import re
from itertools import pairwise

import matplotlib
import pytest

from dscnn.reporting.figures import style


def test_neighbours_differ_in_colour_and_hatch() -> None:
    """They are told apart by colour, and in grey print by the hatch."""
    for (one, a), (other, b) in pairwise(zip(style.COLOURS, style.HATCHES, strict=True)):
        assert one != other
        assert a != b


def test_an_architecture_looks_the_same_in_every_figure() -> None:
    """Its look follows from its place in the experiment, however often it is named; a ninth one has the first's."""
    looks = style.looks(["A", "B", "A", *"CDEFGHI"])
    assert list(looks) == list("ABCDEFGHI")
    assert looks["B"] == ("#E69F00", "s", "//")
    assert looks["I"] == looks["A"]
    assert len({look.colour for look in looks.values()}) == 8


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("paper", [style.PAPER, "#16181b"])
def test_marks_are_seen_on_light_and_dark_paper(paper: str) -> None:
    """No colour of an architecture vanishes; text is ink, so that it needs no colour to be read."""
    for colour in style.COLOURS:
        light, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 1.2, colour


def test_the_style_holds_inside_alone() -> None:
    """Another library's figures in the same process are not changed."""
    before = matplotlib.rcParams["svg.fonttype"]
    with style.applied():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
    assert matplotlib.rcParams["svg.fonttype"] == before == "path"


def test_other_letters_take_another_font_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first, which draws all that it has; without one the first is alone."""
    for there, fonts in ((["Arial", "Noto Sans CJK TC"], ["DejaVu Sans", "Noto Sans CJK TC"]), ([], ["DejaVu Sans"])):
        monkeypatch.setattr(style.font_manager, "get_font_names", lambda there=there: there)
        with style.applied():
            assert matplotlib.rcParams["font.family"] == fonts


def test_a_drawing_becomes_an_element_of_the_page() -> None:
    """Two on one page share no id, and ink and paper are the page's."""
    svg = (
        '<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"><metadata><date>now</date></metadata><g id="a"/>'
        f'<use href="#a" style="fill: {style.INK}; stroke: {style.PAPER}; clip-path: url(#a)"/>'
        "<text style=\"font: 10px 'DejaVu Sans'\">A</text></svg>"
    )
    one, two = (style.inline(svg, name) for name in ("one", "two"))
    assert one.startswith("<svg")
    assert "now" not in one
    assert re.findall(r'id="(.+?)"|href="#(.+?)"|url\(#(.+?)\)', one) == [
        ("one-a", "", ""), ("", "one-a", ""), ("", "", "one-a")
    ]  # fmt: skip
    assert 'id="two-a"' in two
    assert "fill: var(--ink); stroke: var(--paper)" in one
    assert "Verdana" in one


def test_drawings_of_a_page_share_their_hatch_patterns() -> None:
    """The same pattern under two names is there once; another stays another; what is no pattern keeps its name."""
    stripe, dot = (f' width="72">\n<path d="{each}"/></pattern>' for each in "LO")
    drawings, element = style.shared(
        [
            f'<svg><pattern id="a-h1"{stripe}<path fill="url(#a-h1)"/><g clip-path="url(#a-clip)"/></svg>',
            f'<svg><pattern id="b-h1"{stripe}<pattern id="b-h2"{dot}<path fill="url(#b-h2)"/>'
            '<path fill="url(#b-h1)"/></svg>',
            "<svg/>",
        ]
    )
    assert drawings == [
        '<svg><path fill="url(#hatch-0)"/><g clip-path="url(#a-clip)"/></svg>',
        '<svg><path fill="url(#hatch-1)"/><path fill="url(#hatch-0)"/></svg>',
        "<svg/>",
    ]
    assert element.count("<pattern") == 2
    assert f'<pattern id="hatch-0"{stripe}<pattern id="hatch-1"{dot}' in element


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [("s", 1649.4, "1,649 s"), ("s", 999.0, "999 s"), ("s", 0.0008, "800 µs"), ("", 1649.4, "1.6494 k")],
)
def test_seconds_have_no_prefix_for_thousands(unit: str, value: float, said: str) -> None:
    """All else does, and parts of a second."""
    assert style.in_units(unit)(value) == said
