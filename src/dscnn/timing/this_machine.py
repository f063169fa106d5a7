"""What every stage that takes times does first, and what a person sees of it meanwhile."""

import sys
from typing import Any

from dscnn.core import device, files
from dscnn.core.device import Compute
from dscnn.core.stage import Problem
from dscnn.timing.timer import Rounds


def configured(compute: Compute) -> dict[str, object]:
    """Set up TensorFlow and return the provenance; raises `Problem` if stage machine looked at another machine."""
    device.configure(compute)
    environment = device.provenance(compute)
    if files.read_json(device.MACHINE) != environment:
        raise _other()
    return environment


def noted() -> dict[str, object]:
    """Return what stage machine noted; raises `Problem` if that was of another machine or other software.

    For a stage that computes otherwise than params.yaml says, so that of its own provenance not all can be compared.
    """
    found: dict[str, object] = files.read_json(device.MACHINE)
    own = device.installation()
    if {name: found.get(name) for name in own} != own:
        raise _other()
    return found


def record(convention: str, environment: dict[str, object], timed: Rounds, **facts: object) -> dict[str, Any]:
    """Return what every record of times begins with."""
    rounds = {"rounds": timed.rounds, "round_seconds": timed.round_seconds}
    return {"convention": convention, "environment": environment} | facts | rounds


def _other() -> Problem:
    return Problem(
        f"{device.MACHINE} is of another machine or another installation than this one:"
        " 'dvc repro --force --single-item machine' writes it anew"
    )


def say(what: str) -> None:
    """Show on a terminal what is being timed, in place of what was there."""
    if sys.stderr.isatty():
        print(f"\r{what:<90}", end="", file=sys.stderr, flush=True)
