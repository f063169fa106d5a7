"""Stage references@R: the train times of references/R.yaml against the roofline of such a machine."""

from dscnn.core import device, files, paths
from dscnn.core.stage import run
from dscnn.costs.references import explained
from dscnn.experiment import references


def main(reference: str) -> None:
    """Explain what `reference` published."""
    device.without_gpu()
    path = paths.metrics("references", reference)
    files.write_json(path, explained(references.load(reference)))
    print(f"{path}: {reference} explained")


if __name__ == "__main__":
    run(main)
