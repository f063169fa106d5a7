"""Stage prepare@D: verified files to train, validation and test arrays, uint8 and channels last."""

import io

from dscnn.core import files, paths, splits
from dscnn.core.stage import Problem, run
from dscnn.data import catalogue, contact_sheet, facts, split
from dscnn.data.formats.archives import ArchiveProblem
from dscnn.experiment import datasets, params


def main(dataset: str) -> None:
    """Write the three splits of `dataset`, what is in them and a contact sheet."""
    settings, entry = params.load(), datasets.entry(dataset)
    try:
        published = catalogue.read(dataset, entry)
    except ArchiveProblem as problem:
        # `folders` is looked at for this name alone, so dvc.yaml does not track it
        raise Problem(f"{settings.folders.get(dataset, problem.path)}: {problem.said}") from problem
    parts = split.splits(dataset, published, entry, settings.validation, settings.validation_seed)
    for name, part in parts.items():
        splits.save(dataset, name, part)
    files.write_json(paths.metrics("prepare", dataset), facts.facts(parts, entry.classes))
    picture = io.BytesIO()
    contact_sheet.contact_sheet(*parts["train"], entry.classes).save(picture, "png")
    with files.whole(paths.figure(f"samples_{dataset}")) as file:
        file.write(picture.getvalue())
    print(f"{dataset}: " + ", ".join(f"{len(part.labels)} {name}" for name, part in parts.items()))


if __name__ == "__main__":
    run(main)
