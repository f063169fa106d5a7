from pathlib import Path

import pytest

from dscnn.data.entry import fetched


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the files of data set `x` lie; here no test needs the tiny experiment's."""
    monkeypatch.chdir(tmp_path)
    fetched("x").mkdir(parents=True)
    return fetched("x")
