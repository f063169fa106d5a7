import subprocess
from pathlib import Path

import pytest

from dscnn.core import processor


@pytest.fixture
def cpuinfo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file in the place of /proc/cpuinfo."""
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: A fast one\nflags\t\t: fpu amx_bf16\n\nmodel name\t: Another\n")
    monkeypatch.setattr(processor, "Path", lambda _: path)
    return path


def test_linux_describes_its_first_processor(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not there is empty."""
    monkeypatch.setattr(processor.sys, "platform", "linux")
    assert processor.name() == "A fast one"
    assert processor.flags() == ["fpu", "amx_bf16"]
    assert processor.cpuinfo("stepping") == ""


ARM = """\
processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd sve bf16
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x1
CPU part\t: 0xd40
CPU revision\t: 1

processor\t: 1
Features\t: fp
CPU part\t: 0xd0c
"""


def test_linux_gives_an_arm_processor_numbers_instead_of_a_name(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They tell models apart; a number that is not there is left out, and a name counts for more."""
    monkeypatch.setattr(processor.sys, "platform", "linux")
    monkeypatch.setattr(processor.platform, "machine", lambda: "aarch64")
    cpuinfo.write_text(ARM)
    assert processor.name() == "aarch64, implementer 0x41, part 0xd40, variant 0x1"
    assert processor.flags() == ["fp", "asimd", "sve", "bf16"]
    assert processor.cpuinfo("CPU architecture") == "8", "whose line has no tab"
    cpuinfo.write_text("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n")
    assert processor.name() == "aarch64, implementer 0x41, part 0xd0c"
    cpuinfo.write_text(f"model name\t: An ARM: v8\n{ARM}")
    assert processor.name() == "An ARM: v8"


def test_without_the_file_the_name_is_that_of_the_architecture(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no flags then."""
    cpuinfo.unlink()
    monkeypatch.setattr(processor.sys, "platform", "linux")
    monkeypatch.setattr(processor.platform, "machine", lambda: "riscv64")
    assert processor.name() == "riscv64"
    assert processor.flags() == []


def test_macos_is_asked_for_the_name(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own command, whatever a file says that only Linux has; what goes wrong with that is an error."""
    asked: list[list[str]] = []

    def run(words: list[str], check: bool, **_: object) -> subprocess.CompletedProcess[str]:
        assert check
        asked.append(words)
        return subprocess.CompletedProcess(words, 0, "Apple M4 Pro\n", "")

    monkeypatch.setattr(processor.sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert processor.name() == "Apple M4 Pro"
    assert asked == [["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]]


@pytest.mark.parametrize(
    ("limit", "cores"), [("max 100000", 3), ("200000 100000", 2), ("150000 100000", 2), ("900000 100000", 3), ("", 3)]
)
def test_a_container_has_the_cores_whose_time_it_is_given(
    limit: str, cores: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As by `docker run --cpus=2` on a larger machine; a part of a processor counts as one."""
    monkeypatch.setattr(processor.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setattr(processor, "CGROUP", tmp_path)
    assert processor.cores() == 3
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert processor.cores() == cores


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [
        ("200000", "100000", 2), ("150000", "100000", 2), ("900000", "100000", 3), ("-1", "100000", 3),
        ("200000", "0", 3), ("200000", "", 3), ("many", "100000", 3), ("200000", None, 3),
    ],
)  # fmt: skip
def test_so_it_has_under_cgroup_v1(
    quota: str, period: str | None, cores: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Quota and period are in a file each; a quota of -1 is none, and what makes no sense limits nothing."""
    monkeypatch.setattr(processor.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setattr(processor, "CGROUP", tmp_path)
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text(f"{quota}\n")
    if period is not None:
        (tmp_path / "cpu/cpu.cfs_period_us").write_text(f"{period}\n")
    assert processor.cores() == cores


def test_cores_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are fewer than the machine has, if the process is held to some; not every system can tell."""
    monkeypatch.setattr(processor, "CGROUP", Path("/nowhere"))
    monkeypatch.setattr(processor.os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert processor.cores() == 3
    monkeypatch.delattr(processor.os, "sched_getaffinity")
    monkeypatch.setattr(processor.os, "cpu_count", lambda: 7)
    assert processor.cores() == 7
