import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dscnn.reporting.tables import equal_cost

SIZES = {"A": {"0.5": 100, "1": 400}, "B": {"0.5": 50, "1": 200, "2": 800}}
ACCURACIES = {
    ("A", "0.5"): [0.70, 0.72, 0.71], ("A", "1"): [0.80, 0.82, 0.83],
    ("B", "0.5"): [0.70, 0.71, 0.72], ("B", "1"): [0.80, 0.81, 0.86], ("B", "2"): [0.90, 0.91, 0.92],
}  # fmt: skip
NETWORKS = pd.DataFrame(
    [
        {"dataset": "d", "architecture": name, "width": width} | dict.fromkeys(equal_cost.COSTS, cost)
        for name, costs in SIZES.items()
        for width, cost in costs.items()
    ]
)
ARMS = pd.DataFrame(
    [
        {"dataset": "d", "architecture": name, "width": width, "seed": seed, "accuracy": accuracy}
        for (name, width), accuracies in ACCURACIES.items()
        for seed, accuracy in enumerate(accuracies)
    ]
)
TABLE = equal_cost.table(NETWORKS, ARMS, 0.01)


def row(base: str, width: str) -> dict[str, object]:
    (found,) = TABLE.query(f"cost == 'macs' and base == '{base}' and base_width == '{width}'").to_dict("records")
    return found


def test_another_architecture_is_interpolated_over_the_logarithm_of_the_cost() -> None:
    """100 lies halfway between B's 50 and 200: each seed's accuracy is the mean of its two; Welch's test is SciPy's."""
    there = (np.array(ACCURACIES["B", "0.5"]) + ACCURACIES["B", "1"]) / 2
    own = ACCURACIES["A", "0.5"]
    found, other = row("A", "0.5"), stats.ttest_ind(there, own, equal_var=False)
    ends = other.confidence_interval(0.95)
    assert (found["architecture"], found["at"], found["seeds"]) == ("B", 100, 3)
    assert found["difference"] == pytest.approx(there.mean() - np.mean(own), rel=1e-3)
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high), rel=1e-3)


def test_p_is_corrected_for_the_comparisons_with_a_base_at_a_cost() -> None:
    """Each of the three lies halfway between two widths of the other; Holm's correction is that of statsmodels."""
    plain = []
    for base, width, name, around in (("A", "0.5", "B", "0.5 1"), ("A", "1", "B", "1 2"), ("B", "1", "A", "0.5 1")):
        there = np.mean([ACCURACIES[name, each] for each in around.split()], axis=0)
        plain.append(stats.ttest_ind(there, ACCURACIES[base, width], equal_var=False).pvalue)
    found = TABLE.query("cost == 'macs'")
    assert found[["base", "base_width"]].to_numpy().tolist() == [["A", "0.5"], ["A", "1"], ["B", "1"]]
    expected = [*multipletests(plain[:2], method="holm")[1], plain[2]]  # two with A, one with B
    assert found["p"].tolist() == pytest.approx(expected, rel=1e-3)


def test_nothing_is_said_outside_the_measured_costs() -> None:
    """A has no network as small as B's smallest or as large as its largest; each cost has the same comparisons."""
    compared = TABLE[["cost", "base", "base_width"]].to_numpy().tolist()
    each = [["A", "0.5"], ["A", "1"], ["B", "1"]]
    assert compared == [[cost, *place] for cost in equal_cost.COSTS for place in each]


def test_a_network_of_the_very_cost_is_not_interpolated() -> None:
    """At the end of the other's costs its own accuracies count."""
    networks = NETWORKS.replace({cost: {800: 400} for cost in equal_cost.COSTS})
    found = equal_cost.table(networks, ARMS, 0.01).query("cost == 'macs' and base_width == '2'").to_dict("records")
    assert [each["difference"] for each in found] == [pytest.approx(0.8167 - 0.91, abs=1e-4)]


def test_a_cost_that_does_not_rise_with_the_width_compares_nothing_with_it() -> None:
    """B's width 1 was measured to be quicker than its 0.5; A's times rise, so B is compared with what A has there."""
    networks = NETWORKS.assign(image_ms=[100.0, 400.0, 200.0, 150.0, 800.0])
    found = equal_cost.table(networks, ARMS, 0.01)
    assert found.query("cost == 'image_ms'")["base"].unique().tolist() == ["B"]
    assert found.query("cost == 'macs'")["base"].unique().tolist() == ["A", "B"]


def test_widths_are_in_order_of_their_numbers() -> None:
    """10 comes after 2, whatever their letters say."""
    named = {"0.5": "2", "1": "10"}
    networks, arms = (
        each[each["width"] != "2"].assign(width=lambda rows: rows["width"].map(named)) for each in (NETWORKS, ARMS)
    )
    found = equal_cost.table(networks, arms, 0.01).query("cost == 'macs'")
    assert found[["base", "base_width"]].to_numpy().tolist() == [["A", "2"], ["B", "10"]]


def test_one_width_compares_nothing() -> None:
    """The table is empty, with its columns; so it is for a single architecture."""
    one = NETWORKS[NETWORKS["width"] == "1"]
    for networks in (one, NETWORKS[NETWORKS["architecture"] == "A"]):
        table = equal_cost.table(networks, ARMS, 0.01)
        assert table.empty
        assert list(table.columns) == equal_cost.COLUMNS


def test_seeds_that_one_of_two_widths_lacks_are_left_out() -> None:
    """Of B's widths 0.5 and 1 around A's 100, only the last two seeds have both; those of width 2 do not matter."""
    lost = {("B", "0.5", 0), ("B", "2", 2), ("A", "0.5", 1)}
    keys = zip(ARMS["architecture"], ARMS["width"], ARMS["seed"], strict=True)
    fewer = ARMS[[key not in lost for key in keys]]
    made = equal_cost.table(NETWORKS, fewer, 0.01)
    (found,) = made.query("cost == 'macs' and base_width == '0.5'").to_dict("records")
    assert found["difference"] == pytest.approx((0.71 + 0.81 + 0.72 + 0.86) / 4 - (0.70 + 0.71) / 2, rel=1e-3)
    assert (found["seeds"], found["base_seeds"]) == (2, 2)
    nobody = ARMS[(ARMS["architecture"] == "A") | ((ARMS["width"] == "0.5") == (ARMS["seed"] == 0))]
    assert "0.5" not in set(equal_cost.table(NETWORKS, nobody, 0.01).query("base == 'A'")["base_width"])


def test_one_seed_has_a_difference_and_no_interval() -> None:
    found = equal_cost.table(NETWORKS, ARMS[ARMS["seed"] == 0], 0.01)
    assert found["difference"].notna().all()
    assert found["low"].isna().all()
    assert set(found["verdict"]) == {"unknown"}
    assert math.isnan(found["p"].iloc[0])


def test_the_pareto_front_by_hand() -> None:
    """B is beaten by A, which is cheaper; C is as cheap as D but worse; E costs most and is best."""
    networks = pd.DataFrame(
        {"architecture": list("ABCDE"), "macs": [1, 2, 3, 3, 9], "accuracy": [0.6, 0.6, 0.7, 0.8, 0.9]}
    )
    assert equal_cost.front(networks, "macs")["architecture"].tolist() == ["A", "D", "E"]
