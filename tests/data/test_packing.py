import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dscnn.core.stage import Problem
from dscnn.data.packing import pack


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three files, one hidden, one behind a link to a folder."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/2.png").write_text("two")
    (tmp_path / "photos/cat").mkdir(parents=True)
    (tmp_path / "photos/cat/3.png").write_text("three")
    (tmp_path / "photos/cat/1.png").write_text("one")
    (tmp_path / "photos/cat/.hidden").write_text("x")
    (tmp_path / "photos/dog").symlink_to(tmp_path / "elsewhere")
    return tmp_path / "photos"


def test_names_and_contents_are_packed(photos: Path, tmp_path: Path) -> None:
    """Files are packed in the order of their paths, hidden ones are left out, and links are followed."""
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


def test_a_link_in_a_circle_is_a_problem(photos: Path, tmp_path: Path) -> None:
    """A link to a folder above is refused, because following it would never end."""
    (photos / "cat/again").symlink_to(photos)
    with pytest.raises(Problem, match="links back"):
        pack(photos, tmp_path / "images.tar")
    assert not (tmp_path / "images.tar").exists()


def test_links_that_cross_are_a_problem(photos: Path, tmp_path: Path) -> None:
    """Two links that lead into each other are refused, though neither leads upwards by itself."""
    (photos / "cat/d").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/c").symlink_to(photos / "cat")
    with pytest.raises(Problem, match="links back"):
        pack(photos, tmp_path / "images.tar")


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
