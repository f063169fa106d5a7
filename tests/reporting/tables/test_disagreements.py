import pandas as pd

from dscnn.core.paths import Arm
from dscnn.reporting.tables import disagreements

NAMES = {"d": ["cat", "dog", "fox"]}


def predictions(**seeds: str) -> dict[Arm, pd.DataFrame]:
    """Return what the seeds of each architecture predict for images of classes 0, 1, 2, 0; e.g. A1="0120"."""
    return {
        Arm("d", "1", name[0], name[1]): pd.DataFrame(
            {"label": [0, 1, 2, 0], "predicted": [int(each) for each in said]}
        )
        for name, said in seeds.items()
    }


def test_a_sheet_by_hand() -> None:
    """Image 1 is right in both seeds of A and in none of B, image 2 in one, which is no majority; B has image 3."""
    table = disagreements.table(predictions(A1="0121", A2="0101", B1="0000", B2="0200"), NAMES)
    assert table.to_dict("records") == [
        {
            "dataset": "d", "width": "1", "architecture": "B", "base": "A", "only": only, "image": image,
            "label": label, "predicted": predicted, "right": right, "of_right": 2, "wrong": wrong, "of_wrong": 2,
        }
        for only, image, label, predicted, right, wrong in (
            ("A", 1, "dog", "cat", 2, 0), ("B", 3, "cat", "dog", 2, 0)
        )
    ]  # fmt: skip


def test_shares_of_seeds_count_where_one_has_fewer() -> None:
    """The only seed of A has image 0 right, as one of three of B; image 1, as two of three, which are no minority."""
    table = disagreements.table(predictions(A1="0120", B1="0120", B2="1120", B3="1020"), NAMES)
    assert table[["only", "image", "right", "of_right", "wrong", "of_wrong"]].to_numpy().tolist() == [
        ["A", 0, 1, 1, 1, 3]
    ]


def test_at_most_six_of_a_side_and_none_where_all_agree() -> None:
    """The first images of the split come first among equals; a single architecture has no table rows."""
    many = {
        Arm("d", "1", name, "1"): pd.DataFrame({"label": [0] * 20, "predicted": [said] * 20})
        for name, said in (("A", 0), ("B", 2))
    }
    table = disagreements.table(many, NAMES)
    assert table["image"].tolist() == [0, 1, 2, 3, 4, 5]
    assert set(table["only"]) == {"A"}
    same = predictions(A1="0120", B1="0120")
    assert disagreements.table(same, NAMES).empty
    assert disagreements.table(predictions(A1="0000"), NAMES).empty
