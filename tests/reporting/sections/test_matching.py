from typing import Any

import pandas as pd

from dscnn.experiment import params
from dscnn.reporting.sections import matching

REFERENCE: dict[str, Any] = {
    "architectures": {
        "First": {"kinds": ["conv", "conv"], "published": {"accuracy": 0.86}},
        "Second": {"kinds": ["conv", "separable"], "published": {"accuracy": 0.84}},
        "Third": {"kinds": ["separable", "separable"], "published": {"accuracy": 0.81}},
    }
}


def test_networks_are_matched_by_their_kinds(source: dict[str, Any]) -> None:
    """Whatever their names are; others are not matched, and of two published ones of a kind the first counts."""
    kinds = {"Third": ["conv", "conv"], "X": ["depthwise", "conv"], "Y": ["separable", "separable"]}
    settings = params.check(source | {"architectures": kinds})
    assert matching.matched(REFERENCE, settings) == {"Third": "First", "Y": "Third"}
    twice = REFERENCE["architectures"] | {"Again": REFERENCE["architectures"]["First"]}
    assert matching.matched(REFERENCE | {"architectures": twice}, settings)["Third"] == "First"


def test_a_pair_has_what_was_published_of_both() -> None:
    """Pairs of two names of one published network, or with one that was not published, are left out."""
    rows = [("A", "B"), ("A", "Again"), ("A", "Other"), ("Other", "B"), ("B", "A")]
    same = {"A": "First", "B": "Second", "Again": "First"}
    found = list(matching.pairs(REFERENCE, same, pd.DataFrame(rows, columns=["base", "architecture"])))
    assert found == [
        (matching.Pair("A", "B", {"accuracy": 0.86}, {"accuracy": 0.84}), {"base": "A", "architecture": "B"}),
        (matching.Pair("B", "A", {"accuracy": 0.84}, {"accuracy": 0.86}), {"base": "B", "architecture": "A"}),
    ]
