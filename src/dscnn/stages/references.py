"""Stage references: networks that others published, counted; their train times, by the roofline of such hardware."""

from dscnn.core import device, files, paths
from dscnn.core.stage import run
from dscnn.costs.references import explained
from dscnn.experiment import params, references


def main() -> None:
    """Explain each of the `references` of params.yaml."""
    names = params.load().references
    device.without_gpu()
    files.write_json(paths.metrics("references"), {name: explained(references.load(name)) for name in names})
    print(f"explained: {', '.join(names) or 'none, since params.yaml names none'}")


if __name__ == "__main__":
    run(main)
