"""Let a text that a model fails on fail alone.

src/seedbed/ner/isolation.py - v0.1.0

```mermaid
flowchart LR
    recognized_each --> Recognized & WorldError
```
"""

import logging
from collections.abc import Callable, Sequence

from seedbed.errors import WorldError
from seedbed.ner.entity import Recognized

logger = logging.getLogger(__name__)

type Answer = Recognized | Exception
type Recognize = Callable[[Sequence[str]], list[Recognized]]


def recognized_each(recognize: Recognize, texts: Sequence[str]) -> list[Answer]:
    """Return what is in each text; when a batch fails it is halved until the text that fails is alone."""
    try:
        found = recognize(texts)
        if len(found) != len(texts):
            raise RuntimeError(f"{len(found)} answers to {len(texts)} texts")
    except WorldError as error:
        return [error] * len(texts)
    except Exception as error:
        if len(texts) == 1:
            logger.exception("text_failed", extra={"num_chars": len(texts[0])})
            return [error]
        half = len(texts) // 2
        return recognized_each(recognize, texts[:half]) + recognized_each(recognize, texts[half:])
    return list(found)
