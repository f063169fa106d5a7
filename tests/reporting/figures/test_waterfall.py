import matplotlib.pyplot as plt
import pandas as pd
import pytest

from dscnn.reporting.figures import style, waterfall


def test_a_waterfall_leads_from_one_step_to_the_other() -> None:
    """Bars begin where the one before ended; the first and the last begin at zero, and a part has a whisker."""
    parts = [
        ("step", -4.0, -6.0, -3.0, 10.0, 6.0),
        ("work", -7.0, -7.0, -7.0, 10.0, 3.0),
        ("more", 3.0, 1.0, 4.0, 3.0, 6.0),
    ]
    table = pd.DataFrame(
        [
            {"base": base, "architecture": name, "part": part}
            | {key: value / 1e3 for key, value in zip(("seconds", "low", "high", "start", "end"), values, strict=True)}
            for base, name in (("A", "B"), ("A", "C"), ("B", "C"))
            for part, *values in parts
        ]
    )
    _, axes = plt.subplots()
    waterfall.waterfall(axes, table, style.looks(["A", "B", "C"]))
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "A",
        "work",
        "more",
        "B",
        "A",
        "work",
        "more",
        "C",
    ]
    bars = [(patch.get_y() + 0.4, patch.get_x(), patch.get_width()) for patch in axes.patches]
    one = [(0, 10), (10, -7), (3, 3), (0, 6)]
    assert [bar[1:] for bar in bars] == [pytest.approx(bar) for bar in one * 2]
    assert [bar[0] for bar in bars] == pytest.approx([0, 1, 2, 3, 5, 6, 7, 8]), "a line is free between the pairs"
    whiskers = [tuple(segment[:, 0]) for each in axes.collections for segment in each.get_segments()]
    assert whiskers == [pytest.approx(ends) for ends in [(3, 3), (4, 7)] * 2], "around the end of the bar"
    assert [text.get_text().strip() for text in axes.texts] == ["10.0", "-7.00", "+3.00", "6.00"] * 2
    plt.close()
