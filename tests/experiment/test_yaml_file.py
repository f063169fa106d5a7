from pathlib import Path

import pytest
from pydantic import TypeAdapter

from dscnn.core.schema import Natural
from dscnn.core.stage import Problem
from dscnn.experiment import yaml_file

NUMBERS: TypeAdapter[dict[str, Natural]] = TypeAdapter(dict[str, Natural])


def test_a_file_is_read_as_yaml_1_2(tmp_path: Path) -> None:
    """As DVC does: yes is a word, 1e-3 a number."""
    path = tmp_path / "x.yaml"
    path.write_text("answer: yes\nrate: 1e-3\n")
    assert yaml_file.read(path, "") == {"answer": "yes", "rate": 0.001}


def test_a_missing_file_is_a_problem_with_its_remedy(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(Problem, match=r"x\.yaml is missing: write it$"):
        yaml_file.read(tmp_path / "x.yaml", "write it")


@pytest.mark.parametrize(
    "text", ["seeds: [1", "seeds: [1]\nseeds: [2]", "seeds: \xff"], ids=["short", "twice", "bytes"]
)
def test_a_broken_file_is_a_problem(tmp_path: Path, text: str) -> None:
    """Cut short, a key twice, not text."""
    path = tmp_path / "x.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(Problem, match="not YAML"):
        yaml_file.read(path, "")


def test_a_key_twice_is_said_with_its_line(tmp_path: Path) -> None:
    """And without the library's advice to programmers."""
    path = tmp_path / "x.yaml"
    path.write_text("seeds: [1]\ntrain:\n  epochs: 1\n  epochs: 2\n")
    with pytest.raises(Problem) as problem:
        yaml_file.read(path, "")
    assert f'{path} is not YAML: found duplicate key "epochs"\n' in str(problem.value)
    assert "line 4, column 3" in str(problem.value)
    assert "http" not in str(problem.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_a_problem(tmp_path: Path, encoding: str) -> None:
    """DVC takes UTF-8 alone; what names the file says so."""
    path = tmp_path / "x.yaml"
    path.write_bytes("name: \xe9t\xe9\n".encode(encoding))
    with pytest.raises(Problem, match=r"x\.yaml is not YAML as DVC takes it, in UTF-8 \(.*\): save it as UTF-8$"):
        yaml_file.read(path, "")
    path.write_bytes("\ufeffname: \xe9t\xe9\n".encode())
    assert yaml_file.read(path, "") == {"name": "\xe9t\xe9"}


@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_content_of_another_type_is_a_problem(content: object) -> None:
    """An empty file, a list, a word."""
    with pytest.raises(Problem, match=r"^x\.yaml:\n  should be a mapping"):
        yaml_file.check(content, NUMBERS, Path("x.yaml"), "")


def test_faults_are_lines_under_the_files_name() -> None:
    """A line each, key first."""
    with pytest.raises(Problem) as problem:
        yaml_file.check({"a": -1, "b": 1, "c": "x"}, NUMBERS, Path("x.yaml"), "")
    assert [line.partition(":")[0] for line in str(problem.value).splitlines()] == ["x.yaml", "  a", "  c"]
