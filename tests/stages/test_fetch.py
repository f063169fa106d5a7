import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core import files
from dscnn.core.stage import Problem
from dscnn.data import addresses
from dscnn.data.catalogue import Dataset
from dscnn.data.download import MIRROR
from dscnn.data.entry import fetched
from dscnn.stages import fetch, prepare


@pytest.fixture(autouse=True)
def _no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own mirror is not asked."""
    monkeypatch.delenv(MIRROR, raising=False)


def test_a_mirror_is_asked_first(
    folder: Path, archives: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mirror has a folder for each data set, and what it lacks comes from the addresses of datasets.yaml."""
    (source,) = (Path(address.removeprefix("file://")) for address in archives["addresses"])
    mirror = folder / "mirror" / "stripes"
    mirror.mkdir(parents=True)
    for name in ("train-images.gz", "train-labels.gz"):
        (mirror / name).write_bytes((source / name).read_bytes())
    asked: list[str] = []
    real = addresses.opened
    monkeypatch.setattr(addresses, "opened", lambda *words: (asked.append(words[0]), real(*words))[1])
    monkeypatch.setenv(MIRROR, str(folder / "mirror"))
    fetch.main("stripes")
    home = archives["addresses"][0]
    assert asked == [
        *(f"{mirror}/{name}" for name in ("train-images.gz", "train-labels.gz")),
        *(
            f"{place}/{name}"
            for name in ("test-images.gz", "test-labels.gz")
            for place in (mirror, mirror.parent, home)
        ),
    ]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{mirror}/test-images.gz: No such file or directory: {mirror}/test-images.gz"
    assert len(said) == 4, "each miss of the mirror, at once"


def test_a_mirror_may_be_the_folder_of_the_files(
    folder: Path, archives: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No other place is asked then, and nothing is said of one."""
    (address,) = archives["addresses"]
    tiny.write_yaml(folder / "datasets.yaml", tiny.datasets(archives | {"addresses": ["/nowhere"]}))
    monkeypatch.setenv(MIRROR, address.removeprefix("file://"))
    fetch.main("stripes")
    assert capsys.readouterr().err == ""
    assert len(list(fetched("stripes").iterdir())) == 4


def test_a_mirror_that_is_not_there_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before any address is asked; an address of another kind cannot be looked at before."""
    monkeypatch.setattr(addresses, "opened", None)
    monkeypatch.setenv(MIRROR, str(folder / "no"))
    with pytest.raises(Problem, match=rf"^DSCNN_MIRROR: {folder}/no is no folder; unset it"):
        fetch.main("stripes")
    assert fetch.mirrored("https://host/x/", "mnist") == ["https://host/x/mnist", "https://host/x/"]


@pytest.mark.parametrize("inside", ["stripes", "."])
def test_a_mirror_may_be_a_folder_of_a_package(
    folder: Path, archives: dict[str, Any], monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """As the table of docs/data.md has it."""
    (source,) = (Path(address.removeprefix("file://")) for address in archives["addresses"])
    shutil.copytree(source, folder / "packages/photos_of_ours/all" / inside, dirs_exist_ok=True)
    (folder / "packages/photos_of_ours/__init__.py").touch()
    monkeypatch.syspath_prepend(folder / "packages")
    tiny.write_yaml(folder / "datasets.yaml", tiny.datasets(archives | {"addresses": ["/nowhere"]}))
    monkeypatch.setenv(MIRROR, "package:photos_of_ours/all/")
    fetch.main("stripes")
    assert len(list(fetched("stripes").iterdir())) == 4


def test_a_folder_of_images_has_nothing_to_fetch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note says where the images come from; a mirror that is not there does not matter."""
    monkeypatch.setenv(MIRROR, str(folder / "no"))
    tiny.write_yaml(folder / "datasets.yaml", {"own": tiny.own_images(folder / "photos")})
    fetch.main("own")
    (note,) = fetched("own").iterdir()
    assert "stage pack" in note.read_text()


@pytest.mark.usefixtures("folder")
def test_every_file_is_fetched(entry: Dataset) -> None:
    """All four files arrive with the bytes that datasets.yaml names."""
    fetch.main("stripes")
    for _, file in entry.files:
        assert files.sha256(fetched("stripes") / file.name) == file.sha256


def test_an_entry_writes_to_its_own_folders_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/data.md says of an entry from somebody else: the home and the folder of temporary files stay empty."""
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        (folder / name).mkdir()
        monkeypatch.setenv(name, str(folder / name))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert tempfile.gettempdir() == str(folder / "TMPDIR")
    before = {*folder.rglob("*")}
    fetch.main("stripes")
    prepare.main("stripes")
    made = [path.relative_to(folder) for path in {*folder.rglob("*")} - before if path.is_file()]
    allowed = (Path("data"), Path("metrics/prepare"), Path("plots"), Path(".state/downloads"))
    assert len(made) >= 8
    assert [path for path in made if not any(path.is_relative_to(top) for top in allowed)] == []
