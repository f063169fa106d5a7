"""Stage params: check params.yaml, datasets.yaml and references/ before any other stage runs."""

from dscnn.core import files
from dscnn.core.stage import run
from dscnn.experiment import checks, datasets, params, references


def main() -> None:
    """Check the whole experiment; raises `Problem` with a line for each error."""
    settings = params.load()
    checks.check(settings, datasets.load())
    for name in settings.references:
        references.load(name)
    arms = len(settings.datasets) * len(settings.widths) * len(settings.architectures) * len(settings.seeds)
    print(f"{params.PATH}: {arms} arms ({len(settings.architectures)} architectures, {len(settings.seeds)} seeds)")
    files.write_text(params.CHECKED, "checked\n")


if __name__ == "__main__":
    run(main)
