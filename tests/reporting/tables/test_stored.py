from ruamel.yaml import YAML

from dscnn.reporting.tables import stored
from frames import TABLES
from tiny import PROJECT


def test_the_list_is_that_of_dvc_yaml() -> None:
    """Stage compare writes these files, and the report is made of them."""
    stage = YAML(typ="safe").load(PROJECT / "dvc.yaml")["stages"]["compare"]
    listed = [next(iter(entry)) for entry in stage["outs"]]
    assert set(listed) == {str(path) for path in map(stored.table, stored.NAMES)}
    assert set(stored.NAMES) == set(TABLES), "tests/frames.py has them by hand"
