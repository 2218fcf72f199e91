"""Do a NER job of the API as a Prefect flow.

pipelines/recognize_entities.py - v0.1.0

Its one parameter is the id of the job: the texts lie in the home folder, which worker and API share.

```mermaid
flowchart LR
    recognize_entities --> Jobs
    recognize_entities --> recognizer
```
"""

import sys

from prefect import flow, runtime

from seedbed.logging_config import configure
from seedbed.ner.jobs import Jobs
from seedbed.settings import load_settings
from seedbed.wiring_ner import recognizer


@flow(name="recognize-entities", log_prints=True)
def recognize_entities(job: str) -> str:
    """Answer every item of a job, and say how many had no answer; a job that is done stays as it is."""
    settings = load_settings()
    if runtime.deployment.id:  # in a worker's process nobody else has set the logging up
        configure(settings.log, service="worker", stream=sys.stderr)
    jobs = Jobs(settings.home)
    asked = jobs.get(job)
    num_refused = jobs.work(asked, recognizer(settings.ner, settings.home, settings.tracking))
    return f"{asked.num_items} items, {num_refused} of them without an answer"
