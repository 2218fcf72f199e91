"""Measure the server of language models that the settings name.

src/seedbed/wiring_load.py - v0.1.0

```mermaid
flowchart LR
    measure_llm --> open_chat
    measure_llm --> answered --> level --> LoadReport
```
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.hardware import measure
from seedbed.settings import Settings
from seedbed.wiring_chat import open_chat

if TYPE_CHECKING:
    from seedbed.progress import Progress
    from seedbed.serving.load_report import LoadReport


def measure_llm(
    settings: Settings,
    prompts: Sequence[str],
    levels: Sequence[int],
    *,
    described: str,
    num_requests: int,
    max_tokens: int,
    limits_ms: tuple[float, float],
    model: str | None = None,
    backend: str | None = None,
    progress: "Progress | None" = None,
) -> "tuple[LoadReport, Path]":
    """Ask `num_requests` questions at each level of concurrency; return the numbers and the file of their chart.

    Raises: as `open_chat`; WorldError when nothing was answered at a level.
    """
    from itertools import cycle, islice

    from seedbed.serving.adapters.load_chart import draw_load
    from seedbed.serving.conversation import Message, Question
    from seedbed.serving.load import answered
    from seedbed.serving.load_report import LoadReport, level

    with open_chat(settings, model, backend) as chat:
        endless = cycle(prompts)

        def questions(number: int) -> list[Question]:
            return [
                Question(
                    messages=(Message(role="user", content=text),),
                    model=chat.model.name,
                    max_tokens=max_tokens,
                    temperature=0,
                )
                for text in islice(endless, number)
            ]

        answered(chat.server, questions(1), 1)  # the server may have to load the model
        measured = []
        for concurrency in levels:
            done, seconds = answered(chat.server, questions(max(num_requests, concurrency)), concurrency, progress)
            measured.append(level(done, seconds, concurrency, limits_ms))
        report = LoadReport(
            backend=chat.backend,
            model=chat.model.name,
            digest=chat.model.digest,
            prompts=described,
            max_tokens=max_tokens,
            ttft_limit_ms=limits_ms[0],
            itl_limit_ms=limits_ms[1],
            machine=measure().in_a_line(),
            levels=tuple(measured),
        )
    chart = settings.home / "reports" / f"llm-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.png"
    draw_load(report, chart)
    return report, chart
