"""Keep Prefect's state of a test session out of the project's own.

pipelines/tests/conftest.py - v0.1.0
"""

import atexit
import os
import shutil
import tempfile

# set before anything imports prefect, which reads its settings once, at import
if "PREFECT_HOME" not in os.environ:
    os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-")
    atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)
