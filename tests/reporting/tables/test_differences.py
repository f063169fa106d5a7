import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dscnn.core.paths import Arm
from dscnn.reporting.tables import differences
from dscnn.reporting.tables.differences import IMAGES, RUNS
from frames import DIFFERENCES, KEY, PAIRED, SEEDS


def row(population: str, table: pd.DataFrame = DIFFERENCES) -> dict[str, object]:
    (found,) = table[table["population"] == population].to_dict("records")
    return found


def right(**counts: list[int]) -> dict[Arm, np.ndarray]:
    """Return arms of which each seed has so many of 1,000 images right, which ones drawn anew."""
    random = np.random.default_rng(0)
    return {
        Arm("d", "1", name, str(seed)): random.permutation(1000) < count
        for name, each in counts.items()
        for seed, count in enumerate(each)
    }


def test_a_pair_is_compared_in_both_populations() -> None:
    """Accuracies .5, .733, .4 and .3, .5, .4 of 30 images; SciPy's Welch test says the same."""
    first, second = np.array([15, 22, 12]) / 30, np.array([9, 15, 12]) / 30
    found, other = row(RUNS), stats.ttest_ind(second, first, equal_var=False)
    ends = other.confidence_interval(0.95)
    for name, value in (
        ("difference", second.mean() - first.mean()),
        ("p", other.pvalue),
        ("low", ends.low),
        ("high", ends.high),
        ("correlation", np.corrcoef(first, second)[0, 1]),
    ):
        assert found[name] == pytest.approx(value, rel=1e-3), name
    assert (found["base"], found["architecture"], found["seeds"]) == ("Regular", "Separable", 3)
    assert (found["verdict"], found["within_margin"]) == ("unknown", False)
    new = row(IMAGES)
    assert new["difference"] == found["difference"]
    assert 0 <= new["images_half_width"] < (new["high"] - new["low"]) / 2


def test_p_is_corrected_for_the_pairs_of_one_data_set_and_width() -> None:
    """Three architectures are three pairs; those of another width are another family."""
    one = right(A=[800, 802, 804], B=[806, 809, 807], C=[850, 853, 849])
    other = {arm._replace(width="2"): each for arm, each in one.items()}
    table = differences.table(one | other, 0.01)
    runs = table[table["population"] == RUNS]
    assert list(zip(runs["base"], runs["architecture"], strict=True)) == [("A", "B"), ("A", "C"), ("B", "C")] * 2
    accuracy = {"A": [0.8, 0.802, 0.804], "B": [0.806, 0.809, 0.807], "C": [0.85, 0.853, 0.849]}
    plain = [
        stats.ttest_ind(accuracy[name], accuracy[base], equal_var=False).pvalue
        for base, name in (("A", "B"), ("A", "C"), ("B", "C"))
    ]
    assert runs["p"].tolist() == pytest.approx([*multipletests(plain, method="holm")[1]] * 2, rel=1e-3)


def test_one_seed_is_about_its_images_alone() -> None:
    """Nothing is known of other runs; on new images these two networks are compared."""
    table = differences.table(right(A=[500], B=[700]), 0.01)
    runs, new = row(RUNS, table), row(IMAGES, table)
    assert math.isnan(runs["low"])
    assert math.isnan(runs["p"])
    assert (runs["verdict"], runs["seeds"]) == ("unknown", 1)
    assert pd.isna(runs["seeds_enough"])
    assert (new["verdict"], new["difference"]) == ("more", 0.2)


def test_a_single_architecture_has_no_rows_but_the_columns() -> None:
    """So a report reads it as any other."""
    table = differences.table(right(A=[500, 501]), 0.01)
    assert table.empty
    assert list(table.columns) == differences.COLUMNS
    assert list(differences.paired_table(right(A=[500, 501])).columns) == differences.PAIRED


def test_each_seed_has_its_pair_by_hand() -> None:
    """The first so many images are right: of seed 1 the first has 15, the second 9, so 6 only the first."""
    assert PAIRED["seed"].tolist() == SEEDS
    assert PAIRED[["only_base", "only_own"]].to_numpy().tolist() == [[6, 0], [7, 0], [0, 0]]
    assert PAIRED["p"].tolist() == pytest.approx([2**-6, 2**-7, 1], rel=1e-3), "2 x 2^-6, less 2^-6"
    assert set(PAIRED["dataset"]) == {KEY[0]}


def test_networks_with_other_seeds_are_compared_by_what_they_have() -> None:
    """Welch's test takes all runs, McNemar's and the correlation those of the seeds that both have."""
    whole = right(A=[700, 720, 715, 690], B=[760, 745, 770, 752])
    lost = {("A", "0"), ("B", "3")}
    own = {arm: each for arm, each in whole.items() if (arm.architecture, arm.seed) not in lost}
    found = row(RUNS, differences.table(own, 0.01))
    first, second = [0.72, 0.715, 0.69], [0.76, 0.745, 0.77]
    assert (found["base_seeds"], found["seeds"]) == (3, 3)
    assert found["p"] == pytest.approx(stats.ttest_ind(second, first, equal_var=False).pvalue, rel=1e-3)
    assert math.isnan(float(str(found["correlation"]))), "two pairs of runs do not tell"
    assert differences.paired_table(own)["seed"].tolist() == ["1", "2"]

    del own[Arm("d", "1", "B", "0")]
    found = row(RUNS, differences.table(own | {Arm("d", "1", "A", "0"): whole[Arm("d", "1", "A", "0")]}, 0.01))
    assert (found["base_seeds"], found["seeds"]) == (4, 2)
    only = {arm: each for arm, each in whole.items() if arm != Arm("d", "1", "A", "0")}
    found = row(RUNS, differences.table(only, 0.01))
    correlation = np.corrcoef([0.72, 0.715, 0.69], [0.745, 0.77, 0.752])[0, 1]
    assert found["correlation"] == pytest.approx(correlation, rel=1e-3)


def test_new_images_are_no_surer_than_these() -> None:
    """They leave more to chance. Two seeds have few degrees of freedom, which well known images would add to."""
    one = right(A=[700, 702], B=[730, 752], C=[715, 716])
    table = differences.table(one, 0.01)
    of = {population: table[table["population"] == population] for population in (RUNS, IMAGES)}
    for name, sign in (("low", -1), ("high", 1), ("p", 1)):
        assert (sign * (of[IMAGES][name].to_numpy() - of[RUNS][name].to_numpy()) >= 0).all(), name


def test_seeds_enough_are_for_the_strictest_of_the_tests() -> None:
    """Three pairs: each test of the first step is at a third of 5 %, so more seeds than for a single pair."""
    one = right(A=[800, 804, 796], B=[801, 805, 799], C=[800, 806, 797])
    three = differences.table(one, 0.01)["seeds_enough"].iloc[0]
    single = differences.table({arm: each for arm, each in one.items() if arm.architecture != "C"}, 0.01)
    assert single["seeds_enough"].iloc[0] < three


def simulated(first: float, second: float, seeds: int, count: int, images: int = 2000) -> list[dict[str, object]]:
    """Return the verdicts on new images of `count` experiments with two networks of these accuracies."""
    random = np.random.default_rng(int(1000 * second) + seeds)
    found = []
    for _ in range(count):
        easy = random.random(images)
        own = {
            Arm("d", "1", name, str(seed)): easy + random.normal(0, 0.1, images) < mean + random.normal(0, 0.002)
            for name, mean in (("A", first), ("B", second))
            for seed in range(seeds)
        }
        found.append(row(IMAGES, differences.table(own, 0.01)))
    return found


@pytest.mark.parametrize("seeds", [1, 3, 20])
def test_words_are_true_95_times_in_100(seeds: int) -> None:
    """Equal networks are hardly ever called different; with 20 seeds they are mostly shown alike."""
    equal = [each["verdict"] for each in simulated(0.8, 0.8, seeds, 150)]
    assert sum(said in ("more", "less") for said in equal) <= 0.05 * 150 + 5, "7.5 expected, sd 2.7"
    better = [each["verdict"] for each in simulated(0.8, 0.83, seeds, 150)]
    assert "less" not in better
    assert sum(said == "alike" for said in better) <= 7
    if seeds == 20:
        assert equal.count("alike") > 100
        assert better.count("more") > 140
