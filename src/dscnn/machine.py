"""Stage machine: what computes here, so that timings are taken anew on another machine.

The file is in neither Git nor DVC's cache: a new clone writes its own, and stage benchmark runs again if it differs.
"""

from dscnn import device, files, layout, params
from dscnn.stage import run


def main() -> None:
    """Write device, processor, threads, precision and versions."""
    settings = params.load()
    device.configure(settings.train)
    found = device.provenance(settings.train)
    files.write_json(layout.MACHINE, found)
    print(f"{found['device']}, {found['processor']}, {found['threads']} threads, {found['precision']}")


if __name__ == "__main__":
    run(main)
