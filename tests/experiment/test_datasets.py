from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.experiment import datasets


@pytest.mark.usefixtures("folder")
def test_an_entry_is_found_by_its_name() -> None:
    """Or those that there are named."""
    assert datasets.entry("stripes").classes == ("low", "middle", "high")
    with pytest.raises(Problem, match=r"'dots' is not in datasets\.yaml, which has stripes"):
        datasets.entry("dots")


@pytest.mark.usefixtures("folder")
def test_a_missing_file_is_a_problem() -> None:
    """With the way to get it back."""
    datasets.PATH.unlink()
    with pytest.raises(Problem, match=r"git checkout datasets\.yaml"):
        datasets.load()


@pytest.mark.parametrize("name", ["my photos", "../x", ""])
def test_a_name_is_fit_for_a_folder(name: str) -> None:
    """It becomes one, and part of a stage's name."""
    with pytest.raises(Problem, match="should match pattern"):
        datasets.check({name: {"format": "idx"}})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shape": [8, 8, 2]}, "stripes.shape[2]: should be 1 or 3, not 2"),
        ({"shape": [8, 8]}, "stripes.shape[2]: missing"),
        ({"classes": ["a", "b\x1b[31m"]}, "stripes.classes[1]: 'b\\x1b[31m' has characters that cannot be printed"),
        ({"classes": ["a", "b\ud800"]}, "stripes.classes[1]: 'b\\ud800' has characters that cannot be printed"),
        ({"classes": ["a", ""]}, "stripes.classes[1]: '' is no name of a class"),
        ({"classes": ["a", "a"]}, "stripes.classes: 'a' is repeated"),
        ({"format": "png"}, "stripes: format 'png' should be one of 'cifar_binary'"),
        ({"addresses": []}, "stripes.addresses: should have at least 1 entry"),
        ({"images": {"train": 10**12, "test": 1}}, "stripes.images.train: should be less than or equal to 100000000"),
        ({"colour": 1}, "stripes: unknown key 'colour'"),
    ],
)
def test_an_error_is_named_with_key_value_and_what_is_allowed(
    archives: dict[str, Any], changed: dict[str, Any], said: str
) -> None:
    """A line each."""
    with pytest.raises(Problem) as problem:
        datasets.check({"stripes": tiny.datasets(archives)["stripes"] | changed})
    first, line = str(problem.value).splitlines()
    assert (first, line[: len(said) + 2]) == ("datasets.yaml:", f"  {said}")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("sha256", "abc", "sha256: should match"),
        ("name", "../x", "name: should match"),
        ("bytes", 0, "bytes: should be"),
    ],
)
def test_a_file_is_described_in_full(archives: dict[str, Any], key: str, value: object, said: str) -> None:
    """Name, size and checksum."""
    source = tiny.datasets(archives)
    source["stripes"]["files"]["test_images"][key] = value
    with pytest.raises(Problem, match=f"stripes.files.test_images.{said}"):
        datasets.check(source)


def test_two_files_never_have_one_name(archives: dict[str, Any]) -> None:
    """One would be written over the other."""
    source = tiny.datasets(archives)
    files = source["stripes"]["files"]
    files["test_images"]["name"] = files["train_images"]["name"]
    with pytest.raises(Problem, match=r"stripes\.files: two of the four files have one name: "):
        datasets.check(source)


@pytest.mark.parametrize(("entry", "said"), [(7, "should be a mapping of keys"), ({}, "format is missing")])
def test_an_entry_is_a_mapping_with_a_format(entry: object, said: str) -> None:
    """Which decides the rest."""
    with pytest.raises(Problem, match=f"stripes: {said}"):
        datasets.check({"stripes": entry})
