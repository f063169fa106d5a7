"""What tests/lock_in_c changes of DVC: the time that dvc.lock takes, not what is in it."""

import subprocess
import sys

from pipeline import ENVIRONMENT, PLAIN, Experiment

AGAIN = """
from dvc.utils.serialize import modify_yaml
with modify_yaml("dvc.lock") as data:
    data["stages"]["new"] = {"cmd": "src/stage new", "params": {"params.yaml": {"widths": [0.00001, 1], "own": None}}}
"""


def python(experiment: Experiment, code: str) -> str:
    done = experiment.command(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dvc_writes_the_same_bytes(real: Experiment) -> None:
    """A stage more in a dvc.lock of DVC's own, by the one and by the other."""
    path = real.folder / "dvc.lock"
    before, written = path.read_bytes(), []
    for writer in (Experiment(real.folder, PLAIN), real):
        path.write_bytes(before)
        python(writer, AGAIN)
        written.append(path.read_bytes())
    assert written[0].startswith(before)
    assert written[0] != before
    assert written[0] == written[1]


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
