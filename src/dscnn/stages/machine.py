"""Stage machine: what computes here, so that timings are taken anew on another machine.

The file is in neither Git nor DVC's cache: a new clone writes its own, and stage benchmark runs again if it differs.
"""

from dscnn.core import device, files
from dscnn.core.stage import run
from dscnn.experiment import params


def main() -> None:
    """Write device, processor, threads, precision and versions."""
    compute = params.load().compute
    device.configure(compute)
    found = device.provenance(compute)
    files.write_json(device.MACHINE, found)
    print(f"{found['device']}, {found['processor']}, {found['threads']} threads, {found['precision']}")


if __name__ == "__main__":
    run(main)
