"""What tests/lock_in_c changes of DVC: the time that dvc.lock takes, not what is in it."""

import json
import subprocess
import sys

from pipeline import ENVIRONMENT, PLAIN, Experiment

READ = "from dvc.utils.serialize import {0}; import json, sys; print(json.dumps({0}(open('dvc.lock').read(), '')))"
AGAIN = """
from dvc.utils.serialize import modify_yaml
with modify_yaml("dvc.lock") as data:
    data["stages"]["new"] = {"cmd": "src/stage new", "params": {"params.yaml": {"widths": [0.00001, 1], "own": None}}}
"""


def python(experiment: Experiment, code: str) -> str:
    done = experiment.command(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dvc_writes_the_same_content(real: Experiment) -> None:
    """A stage more in a dvc.lock of DVC's own: the same values in the same order, whoever wrote and whoever reads."""
    path, plain = real.folder / "dvc.lock", Experiment(real.folder, PLAIN)
    before = path.read_bytes()
    contents = []
    for writer in (plain, real):
        path.write_bytes(before)
        python(writer, AGAIN)
        contents += [
            python(reader, READ.format(parser))
            for reader in (plain, real)
            for parser in ("parse_yaml", "parse_yaml_for_update")
        ]
    assert len(json.loads(contents[0])["stages"]) == before.count(b"\n    cmd: ") + 1
    assert len(set(contents)) == 1


def test_it_reads_by_libyaml(real: Experiment) -> None:
    """And only for those who have the folder in PYTHONPATH: the first run of all, real.folder's, had not."""
    code = "from dvc.utils.serialize import _yaml; print(_yaml.parse_yaml_for_update is _yaml.parse_yaml)"
    assert python(real, code) == "True\n"
    assert python(Experiment(real.folder, PLAIN), code) == "False\n"


def test_a_python_without_dvc_imports_nothing_for_it() -> None:
    """It starts as often as a stage does."""
    code = "import sys; print([name for name in sys.modules if name.startswith(('dvc', 'ruamel'))])"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
