"""Name the exit code of a measurement that could not be made.

benchmarks/_verdict.py - v0.1.0

0 says the bar is met, anything else that it is missed; what was not measured must count as neither.

```mermaid
flowchart LR
    NOT_MEASURED
```
"""

NOT_MEASURED = 77
"""The data that a measurement needs is not here; the code that test drivers take for "skipped"."""
