from ruamel.yaml import YAML

from dscnn.reporting.report import Tables
from dscnn.reporting.tables import paths
from tiny import PROJECT


def test_the_list_is_that_of_dvc_yaml() -> None:
    """Stage compare writes these files, and the report is made of them."""
    stage = YAML(typ="safe").load(PROJECT / "dvc.yaml")["stages"]["compare"]
    listed = [next(iter(entry)) for entry in stage["outs"]]
    assert set(listed) == {str(path) for path in paths.TABLES}
    assert {path.stem for path in paths.TABLES} == {*Tables._fields, "breakeven", "equal_cost", "equal_time"}
