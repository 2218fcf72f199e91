"""List the files of this project, as git sees them.

tools/project_files.py - v0.1.0

```mermaid
flowchart LR
    project_files --> subprocess
```
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def project_files(root: Path = ROOT) -> list[Path]:
    """Return every file that is tracked, or new and not ignored, relative to the root, sorted."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    return sorted(path for name in set(output.split("\0")) - {""} if (root / (path := Path(name))).is_file())
