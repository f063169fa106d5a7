"""What else the machine does while something is timed: other processes, and what the host takes."""

import time
from typing import TypedDict

import psutil

IDLE = ("idle", "iowait", "steal", "guest", "guest_nice")  # guest time is in user time already


class Reading(TypedDict):
    """Processors in the mean; the second is None where the system does not tell, as on macOS."""

    other_processors: float
    stolen_processors: float | None


class Load:
    """Watches from its making on."""

    def __init__(self) -> None:
        self.before = _clocks()

    def reading(self) -> Reading:
        """Return the processors that other processes have used in the mean, and those that the host has withheld.

        The second is what the kernel counts as stolen: 0 on a machine of one's own, or where the host hides it.
        """
        past = {name: seconds - self.before[name] for name, seconds in _clocks().items()}
        return {
            "other_processors": round(max(past["busy"] - past["own"], 0) / past["clock"], 3),
            "stolen_processors": round(past["stolen"] / past["clock"], 3) if "stolen" in past else None,
        }


def _clocks() -> dict[str, float]:
    """Return seconds: of the clock, of all processors busy, of this process, of all processors stolen if known."""
    times = psutil.cpu_times()._asdict()
    busy = sum(seconds for name, seconds in times.items() if name not in IDLE)
    stolen = {"stolen": times["steal"]} if "steal" in times else {}
    return {"clock": time.monotonic(), "busy": busy, "own": time.process_time()} | stolen
