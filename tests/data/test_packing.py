import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dscnn.core.stage import Problem
from dscnn.data.packing import pack, unfit


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four files, one hidden, one a link to a file elsewhere; the folder itself is a link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/2.png").write_text("two")
    (tmp_path / "real/cat").mkdir(parents=True)
    (tmp_path / "real/dog").mkdir()
    (tmp_path / "photos").symlink_to(tmp_path / "real")
    (tmp_path / "photos/cat/3.png").write_text("three")
    (tmp_path / "photos/cat/1.png").write_text("one")
    (tmp_path / "photos/cat/.hidden").write_text("x")
    (tmp_path / "photos/dog/2.png").symlink_to(tmp_path / "elsewhere/2.png")
    return tmp_path / "photos"


def test_names_and_contents_are_packed(photos: Path, tmp_path: Path) -> None:
    """Files are packed in the order of their paths, hidden ones are left out, and links to files are followed."""
    assert pack(photos, tmp_path / "images.tar") == 3
    with tarfile.open(tmp_path / "images.tar") as archive:
        found = {info.name: archive.extractfile(info).read() for info in archive}
    assert list(found.items()) == [("cat/1.png", b"one"), ("cat/3.png", b"three"), ("dog/2.png", b"two")]


def test_the_same_images_give_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    """The archive depends on the bytes of the images, but not on their dates and rights."""
    target = tmp_path / "images.tar"
    pack(photos, target)
    before = target.read_bytes()
    os.utime(photos / "cat/1.png", (0, 0))
    (photos / "cat/1.png").chmod(0o600)
    pack(photos, target)
    assert target.read_bytes() == before
    (photos / "cat/1.png").write_text("One")
    pack(photos, target)
    assert target.read_bytes() != before


@pytest.mark.parametrize("target", ["elsewhere", "photos", "photos/dog"])
def test_a_link_to_a_folder_is_a_problem(photos: Path, tmp_path: Path, target: str) -> None:
    """DVC does not follow it, so that another image behind it would change nothing; and it may lead back."""
    (photos / "cat/more").symlink_to(tmp_path / target)
    with pytest.raises(
        Problem, match=r"photos/cat/more: a link to a folder, whose changes DVC does not see: name that"
    ):
        pack(photos, tmp_path / "images.tar")
    assert not (tmp_path / "images.tar").exists()


def test_a_hidden_link_is_left_out(photos: Path, tmp_path: Path) -> None:
    """What is behind it is not packed, so its changes do not matter."""
    (photos / "cat/.more").symlink_to(tmp_path / "elsewhere")
    assert [*unfit(photos)] == []
    assert pack(photos, tmp_path / "images.tar") == 3


@pytest.mark.parametrize(("name", "said"), [("nowhere", "no such folder"), ("photos/cat/1.png", "not a folder")])
def test_a_folder_that_is_none_is_a_problem(photos: Path, tmp_path: Path, name: str, said: str) -> None:
    """The error names the key of params.yaml that holds the folder."""
    with pytest.raises(Problem, match=f"{said}; set its path in `folders`"):
        pack(tmp_path / name, tmp_path / "images.tar")


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to("/dev/zero")]
)
def test_what_is_no_file_is_a_problem(photos: Path, tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A pipe would be waited for without end."""
    make(photos / "cat/4.png")
    with pytest.raises(Problem, match=r"cat/4\.png: neither a file nor a folder"):
        pack(photos, tmp_path / "images.tar")
