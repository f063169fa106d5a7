from pathlib import Path

import pytest

from dscnn.core.stage import Problem
from dscnn.experiment.params import CHECKED
from dscnn.stages import params


def test_main_leaves_its_mark_only_when_all_is_well(folder: Path) -> None:
    """The mark is what the other stages wait for; every file of the experiment is checked."""
    params.main()
    assert CHECKED.read_text() == "checked\n"
    for name in ("params.yaml", "datasets.yaml", "references/other.yaml"):
        CHECKED.unlink()
        good = (folder / name).read_text()
        (folder / name).write_text("seeds: 5")
        with pytest.raises(Problem, match=name):
            params.main()
        assert not CHECKED.exists()
        (folder / name).write_text(good)
        params.main()
