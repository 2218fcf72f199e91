"""Hold what is asked when a project is made.

src/seedbed/template/answers.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Answers
```
"""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

type Part = Literal["api", "containers", "dvc", "llm", "ner"]
type License = Literal["Apache-2.0", "MIT", "none"]

PARTS: tuple[Part, ...] = get_args(Part.__value__)
"""What a project can do without."""
LICENSES: tuple[License, ...] = get_args(License.__value__)


class Answers(BaseModel):
    """Everything that makes one project differ from another; it is kept in the project."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As packages are named: lower case, `-` between words."""
    package: str
    """What is imported."""
    description: str
    author: str
    license: License = "Apache-2.0"
    without: tuple[Part, ...] = ()
    adopted: bool = False
    """The project was there before, and has its own build, tests and environment."""

    def has(self, part: Part) -> bool:
        """Tell whether the project has a part."""
        return part not in self.without
