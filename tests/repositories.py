"""Run git in the repositories that tests make, as an author of their own.

tests/repositories.py - v0.1.0
"""

import shutil
import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    """Return what git prints in the folder."""
    command = ["git", *_WHO, "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def clone_as_it_is(project: Path, folder: Path) -> None:
    """Clone with one more commit of what is not committed yet: a clone alone has the last commit, not the code here."""
    git(folder.parent, "clone", "-q", str(project), folder.name)
    changes = ["git", "-C", str(project), "diff", "--binary", "HEAD"]
    if patch := subprocess.run(changes, capture_output=True, check=True, timeout=60).stdout:
        subprocess.run(["git", "-C", str(folder), "apply"], input=patch, check=True, timeout=60)
    for name in git(project, "ls-files", "-z", "--others", "--exclude-standard").split("\0"):
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / name, folder / name)
    if git(folder, "status", "--porcelain"):
        git(folder, "add", "--all")
        git(folder, "commit", "-q", "--no-verify", "-m", "as it is")
