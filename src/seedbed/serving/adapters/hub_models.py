"""Fetch the pinned commit of a model from Hugging Face, where vLLM will find it.

src/seedbed/serving/adapters/hub_models.py - v0.1.0

```mermaid
flowchart LR
    fetch_commit --> _reporting
    fetch_commit --> UserError & WorldError
```
"""

import io
from typing import Any

from tqdm import tqdm

from seedbed.errors import UserError, WorldError
from seedbed.progress import Progress

_NEEDED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]


def fetch_commit(repository: str, revision: str, progress: Progress, endpoint: str | None = None) -> None:
    """Bring all files that vLLM loads into the hub's cache (HF_HOME); what is there already is not fetched again.

    Raises:
        UserError: there is no such repository or commit, or its license has to be accepted first.
        WorldError: it cannot be fetched.
    """
    from httpx2 import HTTPError  # what the hub's client lets through when a connection breaks
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    what = f"{repository} at {revision[:12]}"
    try:
        snapshot_download(
            repository,
            revision=revision,
            allow_patterns=_NEEDED,
            tqdm_class=_reporting(progress),
            endpoint=endpoint,
        )
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:  # what is gated counts as not found
        raise UserError(
            f"{what} is not on Hugging Face, or not for you ({_line(error)}); "
            "accept its license there, then: hf auth login"
        ) from error
    except (HTTPError, OSError) as error:
        raise WorldError(f"{what} cannot be fetched: {_line(error)}. Next: seedbed llm pull, it goes on") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _reporting(progress: Progress) -> type[Any]:
    class Bar(tqdm):  # type: ignore[misc] # it has no types
        """Reports the bytes that are on disk; draws nothing."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options, file=io.StringIO())

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            if self.unit == "B" and str(self.desc).startswith("Reconstruct"):
                progress(int(self.n), int(self.total or 0) or None, "bytes")
            return shown

    return Bar
