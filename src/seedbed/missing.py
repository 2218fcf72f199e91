"""Say that what somebody named is not there.

src/seedbed/missing.py - v0.1.0

```mermaid
classDiagram
    UserError <|-- MissingError
```
"""

from seedbed.errors import UserError


class MissingError(UserError):
    """A run, an index, a deployment that is not there: exit code 2, HTTP 404."""
