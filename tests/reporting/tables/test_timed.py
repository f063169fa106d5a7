import pandas as pd
import pytest

from dscnn.reporting.tables import timed
from frames import ENVIRONMENT

QUIET, BUSY = 0.02, 0.9


def arms(*rows: tuple[str, float, str]) -> pd.DataFrame:
    """Return arms of one width: architecture, what other processes used, processor."""
    return pd.DataFrame(
        [
            {
                "dataset": "d",
                "width": "1",
                **ENVIRONMENT,
                "architecture": name,
                "other_processors": used,
                "processor": cpu,
            }
            for name, used, cpu in rows
        ]
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("A", QUIET, "x"), ("B", QUIET, "x")], [True, True]),
        ([("A", QUIET, "x"), ("A", BUSY, "x"), ("B", QUIET, "x")], [True, False, True]),
        ([("A", QUIET, "x"), ("A", BUSY, "x"), ("B", BUSY, "x")], [True, True, True]),
        ([("A", QUIET, "x"), ("A", QUIET, "y"), ("B", QUIET, "y")], [False, True, True]),
        ([("A", QUIET, "x"), ("A", QUIET, "y"), ("B", QUIET, "x"), ("B", QUIET, "y")], [True, False, True, False]),
        ([("A", QUIET, "x"), ("B", QUIET, "y")], [True, True]),
        ([("A", BUSY, "x"), ("A", QUIET, "y"), ("B", BUSY, "x"), ("B", QUIET, "y")], [False, True, False, True]),
    ],
    ids=["all", "one beside", "nothing else", "one kind", "the first of two kinds", "no common kind", "both"],
)
def test_a_time_counts_if_it_can_be_compared(rows: list[tuple[str, float, str]], expected: list[bool]) -> None:
    """Beside others only where nothing else is there; of one kind of machine, if every architecture ran on one."""
    assert timed.counted(arms(*rows)).tolist() == expected


def test_each_width_is_decided_by_itself() -> None:
    """At one width all ran beside others, at the other one arm; the index stays as it is."""
    first = arms(("A", BUSY, "x"), ("B", BUSY, "x"))
    second = arms(("A", QUIET, "x"), ("B", QUIET, "x"), ("B", BUSY, "x")).assign(width="2")
    both = pd.concat([first, second], ignore_index=True).iloc[[4, 0, 2, 1, 3]]
    assert timed.counted(both).tolist() == [False, True, True, True, True]
    assert timed.counted(both).index.tolist() == [4, 0, 2, 1, 3]
