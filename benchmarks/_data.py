"""Find the public data sets that measurements need and that the project does not own.

benchmarks/_data.py - v0.1.0

One folder for all: scifact/ (BEIR's layout), stsb/, throughput/, wnut17/, blns/. SEEDBED_TEST_DATA names another one.

```mermaid
flowchart LR
    DATA --> ROOT
```
"""

import os
from pathlib import Path

from tools.project_files import ROOT

DATA = Path(os.environ.get("SEEDBED_TEST_DATA") or ROOT.parent / "shared" / "data")
