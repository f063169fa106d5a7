import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from dscnn.cluster import checkpoint
from dscnn.cluster.checkpoint import Travelling
from processes import until


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A scheduler, in this process."""
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def at(request: pytest.FixtureRequest) -> list[str]:
    return checkpoint.place(request.node.name, "0123")


def write(folder: Path, content: bytes, written: float = 1000.0, name: str = "a.npz") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (written, written))
    return path


def test_a_checkpoint_reaches_the_next_machine(client: Client, at: list[str], tmp_path: Path) -> None:
    """While the training runs: nothing has to end for it. It has the name and time that it had there."""
    with Travelling(client, tmp_path / "one", at, tmp_path / "done"):
        write(tmp_path / "one", b"\x00\xff epoch 1", 2000.0)
        until(lambda: bool(client.get_metadata(at, None)))
        with Travelling(client, tmp_path / "two", at, tmp_path / "done"):
            (found,) = (tmp_path / "two").iterdir()
            assert (found.name, found.read_bytes(), found.stat().st_mtime) == ("a.npz", b"\x00\xff epoch 1", 2000.0)


def test_the_last_one_is_sent_at_the_end(client: Client, at: list[str], tmp_path: Path) -> None:
    """Also when the stage failed, as on a full disk."""
    with suppress(RuntimeError), Travelling(client, tmp_path / "one", at, tmp_path / "done"):
        write(tmp_path / "one", b"epoch 1", 2000.0)
        write(tmp_path / "one", b"epoch 2", 2001.0)
        raise RuntimeError("no space left")
    assert client.get_metadata(at)["content"] == b"epoch 2"


def test_the_end_of_a_training_is_sent_at_once(client: Client, at: list[str], tmp_path: Path) -> None:
    """However long it takes to send; others are sent in a share of the time."""
    with Travelling(client, tmp_path / "one", at, tmp_path / "done") as sender:
        sender.took = 60.0
        write(tmp_path / "one", b"epoch 1", 2000.0)
        time.sleep(5 * checkpoint.PAUSE)
        assert client.get_metadata(at, None) is None
        (tmp_path / "done").touch()
        until(lambda: bool(client.get_metadata(at, None)))


def test_a_newer_one_here_stays(client: Client, at: list[str], tmp_path: Path) -> None:
    """Its worker was lost before it was sent."""
    with Travelling(client, tmp_path / "one", at, tmp_path / "done"):
        write(tmp_path / "one", b"epoch 1", 2000.0)
    here = write(tmp_path / "two", b"epoch 2", 2001.0)
    with Travelling(client, tmp_path / "two", at, tmp_path / "done"):
        assert here.read_bytes() == b"epoch 2"
    older = write(tmp_path / "three", b"epoch 0", 1999.0)
    with Travelling(client, tmp_path / "three", at, tmp_path / "done"):
        assert older.read_bytes() == b"epoch 1"


def test_that_of_another_experiment_is_not_sent(client: Client, at: list[str], tmp_path: Path) -> None:
    """It lay there before."""
    write(tmp_path / "one", b"of before", 2000.0)
    with Travelling(client, tmp_path / "one", at, tmp_path / "done"):
        pass
    assert client.get_metadata(at, None) is None


def test_a_name_leads_nowhere_else(client: Client, at: list[str], tmp_path: Path) -> None:
    client.set_metadata(at, {"name": "../../escaped.npz", "written": 2000.0, "content": b"x"})
    with Travelling(client, tmp_path / "here/one", at, tmp_path / "done"):
        pass
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.npz")] == ["here/one/escaped.npz"]


def test_a_scheduler_that_is_gone_costs_no_training(at: list[str], tmp_path: Path) -> None:
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        client.scheduler.set_metadata = client.scheduler.get_metadata = refused
        with Travelling(client, tmp_path / "one", at, tmp_path / "done") as sender:
            write(tmp_path / "one", b"epoch 1", 2000.0)
        assert sender.took == 0
    assert not sender.is_alive()


async def refused(**_: object) -> None:
    raise OSError("Timed out trying to connect")
