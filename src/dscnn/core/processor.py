"""The processor that this process runs on, as the operating system describes it."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")  # what Linux lets a container use
# microseconds of processors in a period, and the period: in one file under cgroup v2, in two under v1
LIMITS = [["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]]
PARTS = ("implementer", "part", "variant")  # numbers that Linux gives an ARM processor instead of a name


def name() -> str:
    """Return what the system calls the processor; on ARM under Linux its kind and numbers, which tell models apart."""
    if sys.platform == "darwin":
        words = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    if found := cpuinfo("model name"):
        return found
    numbers = {part: cpuinfo(f"CPU {part}") for part in PARTS}
    return ", ".join([platform.machine(), *(f"{part} {number}" for part, number in numbers.items() if number)])


def cores() -> int:
    """Return how many processors this process may use: those it is held to, and as its container allows."""
    held = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for names in LIMITS:
        match limits(names):
            case [quota, period]:
                return min(held, math.ceil(quota / period))
    return held


def limits(names: Sequence[str]) -> list[int]:
    """Return the numbers in the files `names`, which limit a container; none where no such file or no limit is there.

    "max" and -1 are no limit.
    """
    with suppress(OSError, ValueError):
        found = [int(word) for name in names for word in (CGROUP / name).read_text("utf-8").split()]
        if all(number > 0 for number in found):
            return found
    return []


def flags() -> list[str]:
    """Return the instruction sets and other features of the processor; empty where the system does not tell."""
    return cpuinfo("flags").split()


def fast_bfloat16() -> bool:
    """Whether convolutions are faster in bfloat16 than in float32: with a matrix unit for it (AMX), or on AMD's.

    AMD's AVX-512 multiplies bfloat16 at twice the rate of float32; on an Intel with AVX-512's bfloat16 and no matrix
    unit convolutions were slower than in float32 (docs/performance.md).
    """
    found = flags()
    return "amx_bf16" in found or ("avx512_bf16" in found and cpuinfo("vendor_id") == "AuthenticAMD")


def cpuinfo(key: str) -> str:
    """Return what Linux says of its first processor under `key`, or nothing; "flags" are ARM's Features too."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    keys = ("flags", "Features") if key == "flags" else (key,)
    parts = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in parts if name.strip() in keys), "")
