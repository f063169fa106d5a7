import json
from pathlib import Path

from dscnn.core.device import keras
from dscnn.stages import references


def test_main_explains_a_reference(folder: Path) -> None:
    """Keras's earlier settings do not matter; 2 epochs of 100 images are 50 steps of 4."""
    keras.config.set_image_data_format("channels_first")
    references.main("other")
    value = json.loads((folder / "metrics/references/other.json").read_text())
    assert (value["source"], value["steps"]) == ("nobody", 50)
    assert list(value["architectures"]) == ["Regular", "Separable"]
    assert value["architectures"]["Regular"]["published_seconds"] == 2
    assert list(value["architectures"]["Regular"]["machines"]) == ["slow"]
    assert keras.config.image_data_format() == "channels_last"
