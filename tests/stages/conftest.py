import pytest

from dscnn.core import device


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage configures nothing: TensorFlow's threads cannot be set once it has computed, as in another test."""
    monkeypatch.setattr(device, "configure", lambda compute: None)
