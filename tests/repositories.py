"""Run git in the repositories that tests make, as an author of their own.

tests/repositories.py - v0.1.0
"""

import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    """Return what git prints in the folder."""
    command = ["git", *_WHO, "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
