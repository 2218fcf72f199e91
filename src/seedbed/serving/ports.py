"""Say what can be asked of a server of language models.

src/seedbed/serving/ports.py - v0.1.0

```mermaid
classDiagram
    ChatServer ..> Question : takes
    ChatServer ..> Piece : yields
    ChatServer ..> ServedModel : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from seedbed.serving.conversation import Piece, Question


class ServedModel(NamedTuple):
    """A model that a server has."""

    name: str
    digest: str | None
    """Of the weights; None where the server does not tell."""
    details: dict[str, Any]


class ChatServer(ABC):
    """A server that goes on with conversations."""

    @abstractmethod
    def models(self) -> Sequence[ServedModel]:
        """Return what it serves, in its order.

        Raises:
            UserError: it does not take the key.
            WorldError: it does not answer, or is no such server.
        """

    @abstractmethod
    def stream(self, question: Question) -> Generator[Piece]:
        """Yield an answer piece by piece; closing the generator ends the work of the server.

        Raises:
            MissingError: it does not have the model.
            UserError: it refuses the question: too long, for example.
            WorldError: it does not answer, or breaks off; what came before has been yielded.
        """

    @abstractmethod
    def can_score_prompts(self, model: str) -> bool:
        """Tell whether it gives the log-probability of each token of a prompt, which many silently do not.

        Raises: as `models`.
        """

    @abstractmethod
    def close(self) -> None:
        """Close its connections."""
