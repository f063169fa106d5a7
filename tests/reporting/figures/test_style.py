from itertools import pairwise

from dscnn.reporting.figures import style


def test_neighbours_differ_in_colour_and_hatch() -> None:
    """They are told apart by colour, and in grey print by the hatch."""
    for (one, a), (other, b) in pairwise(zip(style.COLOURS, style.HATCHES, strict=True)):
        assert one != other
        assert a != b
