import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core.device import keras
from dscnn.core.paths import Arm
from dscnn.stages import fetch, prepare
from dscnn.training import live
from dscnn.training.history import History
from processes import killed
from tiny import ran

ARM = Arm("stripes", "0.5", "Separable", "1")
EPOCHS = [
    {"epoch": number, "loss": 1 / number, "accuracy": 0.5, "val_loss": 2 / number, "val_accuracy": 0.25}
    for number in (1, 2, 3)
]


KEPT = Path(".state/training/stripes-0.5-Separable-1/0123456789abcdef.npz")


WHERE = live.folder(ARM, KEPT)


def curve(name: str, folder: Path = WHERE) -> list[tuple[int, float]]:
    with (folder / f"plots/metrics/{name}.tsv").open() as file:
        return [(int(row["step"]), float(row[name])) for row in csv.DictReader(file, delimiter="\t")]


def test_each_epoch_is_there_at_once_and_those_before_it_too(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A training that resumes begins with the epochs of its checkpoint; what an earlier one left is gone."""
    history = History(keras.Sequential(), np.ones(9), 1, "last", 0)
    history.epochs = EPOCHS[:2]
    assert Path(".state/live/stripes-0.5-Separable-1/0123456789ab") == WHERE
    (WHERE / "old").mkdir(parents=True)
    made = live.Live(WHERE, history)
    assert curve("val_loss") == [(1, 2.0), (2, 1.0)]
    history.epochs = EPOCHS
    made.on_epoch_end(2)
    assert curve("val_loss") == [(1, 2.0), (2, 1.0), (3, 2 / 3)]
    assert curve("loss") == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert json.loads((WHERE / "metrics.json").read_text())["step"] == 3
    assert {path.name for path in folder.iterdir()} == {".state", "datasets.yaml", "params.yaml", "references"}
    assert not (WHERE / "old").exists()
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("folder")
def test_two_experiments_with_the_same_arm_have_curves_of_their_own() -> None:
    """Which train it at the same time, say with `dvc queue start --jobs 2`."""
    histories = [History(keras.Sequential(), np.ones(9), 1, "last", 0) for _ in range(2)]
    folders = [live.folder(ARM, KEPT.with_stem(name)) for name in ("one", "two")]
    both = [live.Live(where, history) for where, history in zip(folders, histories, strict=True)]
    for history, made, epochs in zip(histories, both, (EPOCHS[:1], EPOCHS[:2]), strict=True):
        history.epochs = epochs
        made.on_epoch_end(0)
    assert [curve("loss", where) for where in folders] == [[(1, 1.0)], [(2, 1 / 2)]]


def test_a_training_that_is_looked_at_ends_in_the_same_bytes(folder: Path, source: dict[str, Any]) -> None:
    """Killed in between or not: the curves are those of the history."""
    source["network"] |= {"filters": [8], "dense": []}
    source["train"]["epochs"] = 4
    tiny.write_yaml(folder / "params.yaml", source)
    fetch.main("stripes")
    prepare.main("stripes")
    assert ran("stages.train", *ARM).returncode == 0
    expected = [path.read_bytes() for path in (ARM.weights, ARM.history, ARM.result)]
    assert not Path(".state/live").exists(), "it is off"
    tiny.write_yaml(folder / "params.yaml", source | {"live": True})
    killed(*ARM)
    done = ran("stages.train", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    assert "resumes after epoch 1," in done.stdout
    assert [path.read_bytes() for path in (ARM.weights, ARM.history, ARM.result)] == expected
    with ARM.history.open() as file:
        losses = [(int(row["epoch"]), float(row["val_loss"])) for row in csv.DictReader(file)]
    (where,) = Path(".state/live", "-".join(ARM)).iterdir()
    assert curve("val_loss", where) == losses
