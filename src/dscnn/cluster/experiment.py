"""The experiment as a worker gets it: an archive of the files that its stages read."""

import os
import subprocess
import tempfile
from pathlib import Path

from dscnn.cluster import lock
from dscnn.core.stage import Problem

# of the working tree as it is, committed or not; what Git ignores stays here
FILES = [".dvc", ".dvcignore", ".gitignore", "data", "datasets.yaml", "dvc.yaml", "metrics/.gitignore", "models",
         "params.yaml", "references", "requirements.lock", "src"]  # fmt: skip
UPSTREAM = ("params", "fetch", "pack", "prepare")  # the stages before the arms


def archive() -> bytes:
    """Return a tar archive of the experiment: the same bytes for the same files.

    Its dvc.lock has the stages before the arms alone, so results that arrive do not change it.
    """
    with tempfile.TemporaryDirectory() as folder:
        index, upstream = Path(folder, "index"), Path(folder, "dvc.lock")
        dated = {"GIT_AUTHOR_DATE": "@0 +0000", "GIT_COMMITTER_DATE": "@0 +0000"}
        person = {f"GIT_{role}_{what}": "dscnn" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = os.environ | dated | person | {"GIT_INDEX_FILE": str(index)}

        def git(*words: str) -> bytes:
            done = subprocess.run(["git", *words], env=environment, capture_output=True, check=False)
            if done.returncode:
                raise Problem(f"git {words[0]}: {done.stderr.decode(errors='replace').strip()}")
            return done.stdout

        known = {name: own for name, own in lock.entries().items() if name.partition("@")[0] in UPSTREAM}
        lock.write(upstream, known)
        git("add", "--", *(name for name in FILES if Path(name).exists()))
        blob = git("hash-object", "-w", "--", str(upstream)).decode().strip()
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},{lock.PATH}")
        tree = git("write-tree").decode().strip()
        commit = git("commit-tree", tree, "-m", "experiment").decode().strip()
        return git("archive", "--format=tar", commit)
