"""What else the machine does while something is timed: other processes, and what the host takes."""

import time

import psutil

IDLE = ("idle", "iowait", "steal", "guest", "guest_nice")  # guest time is in user time already


class Load:
    """Watches from its making on."""

    def __init__(self) -> None:
        self.before = _clocks()

    def reading(self) -> dict[str, float]:
        """Return the processors that other processes have used in the mean, and those that the host has withheld.

        The second is what the kernel counts as stolen; 0 on a machine of one's own, and where the host does not tell.
        """
        elapsed, busy, own, stolen = (after - before for after, before in zip(_clocks(), self.before, strict=True))
        return {
            "other_processors": round(max(busy - own, 0) / elapsed, 3),
            "stolen_processors": round(stolen / elapsed, 3),
        }


def _clocks() -> tuple[float, float, float, float]:
    """Return seconds: of the clock, of all processors busy, of this process, of all processors stolen."""
    times = psutil.cpu_times()._asdict()
    busy = sum(seconds for name, seconds in times.items() if name not in IDLE)
    return time.monotonic(), busy, time.process_time(), times.get("steal", 0.0)
