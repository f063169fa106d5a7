import json
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core.device import keras
from dscnn.stages import references


def explained(folder: Path, *names: str) -> list[Any]:
    """Return what was written, which is of the references `names`."""
    written = json.loads((folder / "metrics/references.json").read_text())
    assert list(written) == list(names)
    return list(written.values())


def test_main_explains_a_reference(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Keras's earlier settings do not matter; 2 epochs of 100 images are 50 steps of 4."""
    keras.config.set_image_data_format("channels_first")
    references.main()
    (value,) = explained(folder, "other")
    assert (value["source"], value["steps"]) == ("nobody", 50)
    assert list(value["architectures"]) == ["Regular", "Separable"]
    assert value["architectures"]["Regular"]["published"]["train_seconds"] == 2
    assert list(value["architectures"]["Regular"]["machines"]) == ["slow"]
    assert keras.config.image_data_format() == "channels_last"
    assert capsys.readouterr().out == "explained: other\n"


def test_several_references_are_in_the_order_of_params_yaml(folder: Path, source: dict[str, Any]) -> None:
    """Each is what it is alone."""
    tiny.write_yaml(folder / "references/another.yaml", tiny.reference() | {"source": "somebody"})
    tiny.write_yaml(folder / "params.yaml", source | {"references": ["other", "another"]})
    references.main()
    first, second = explained(folder, "other", "another")
    assert (first.pop("source"), second.pop("source")) == ("nobody", "somebody")
    assert first == second


def test_no_reference_is_an_empty_file(
    folder: Path, source: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The stages behind it find it."""
    tiny.write_yaml(folder / "params.yaml", source | {"references": []})
    references.main()
    assert explained(folder) == []
    assert capsys.readouterr().out == "explained: none, since params.yaml names none\n"
