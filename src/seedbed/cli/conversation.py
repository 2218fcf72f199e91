"""Hold a conversation with a language model in a terminal.

src/seedbed/cli/conversation.py - v0.1.0

What is kept on disk is written after each answer: a conversation that is broken off is not lost.

```mermaid
flowchart LR
    Talk --> ChatServer
    Talk --> Message & Question
    read_schema --> UserError
```
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from pydantic import TypeAdapter, ValidationError

from seedbed.errors import UserError, WorldError
from seedbed.serving.conversation import Message, Question
from seedbed.serving.ports import ChatServer

_MESSAGES = TypeAdapter(list[Message])


@final
class Talk:
    """What was said so far, and to whom."""

    def __init__(
        self, server: ChatServer, model: str, options: Mapping[str, Any], history: Path | None, system: str | None
    ) -> None:
        """Take what was said before from `history`, if it is there.

        Raises:
            UserError: the file holds something else.
        """
        self._server, self._model, self._options, self._history = server, model, options, history
        self._messages = _read(history) if history else []
        if system is not None:
            self._messages = [Message(role="system", content=system), *_without_system(self._messages)]

    def ask(self, text: str, *, show: bool = True) -> dict[str, Any]:
        """Say something; return the answer and what it took, and show it as it comes.

        Raises: as `ChatServer.stream`; UserError when there is nothing to say.
        """
        if not text.strip():
            raise UserError('there is nothing to say in an empty question. Example: seedbed chat "Say hello."')
        said = [*self._messages, Message(role="user", content=text)]
        question = Question(messages=tuple(said), model=self._model, **self._options)
        started, first_s, parts, facts = time.perf_counter(), None, list[str](), dict[str, Any]()
        for piece in self._server.stream(question):
            if piece.text:
                first_s = first_s or time.perf_counter() - started
                parts.append(piece.text)
                if show:
                    sys.stdout.write(piece.text)
                    sys.stdout.flush()
            named = {name: getattr(piece, name) for name in ("finish_reason", "prompt_tokens", "completion_tokens")}
            facts |= {name: value for name, value in named.items() if value is not None}
        if show:
            sys.stdout.write("\n")
        self._messages = [*said, Message(role="assistant", content="".join(parts))]
        self._keep()
        times = {"first_s": first_s, "seconds": time.perf_counter() - started}
        return {"answer": "".join(parts), **facts, **times}

    def go_on(self, greeting: str) -> None:
        """Ask what is typed, line by line, until a line is empty."""
        is_terminal = sys.stdin.isatty()
        if is_terminal:
            sys.stdout.write(f"{greeting}\n")
        while True:
            if is_terminal:
                sys.stdout.write("> ")
                sys.stdout.flush()
            line = sys.stdin.readline()
            if not line.strip():
                return
            self.ask(line.rstrip("\n"))

    def _keep(self) -> None:
        if self._history is None:
            return
        lines = "".join(f"{message.model_dump_json()}\n" for message in self._messages)
        try:
            self._history.write_text(lines, encoding="utf-8")
        except OSError as error:
            raise WorldError(
                f"--history {str(self._history)!r} cannot be written: {error.strerror}; name another file"
            ) from error


def read_schema(file: Path | None) -> dict[str, Any] | None:
    """Return a JSON Schema; None without a file.

    Raises:
        UserError: it cannot be read, or is none.
    """
    if file is None:
        return None
    try:
        schema = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--schema {str(file)!r} cannot be read: {error}; name a JSON file") from error
    if not isinstance(schema, dict):
        raise UserError(f"--schema {str(file)!r} is no JSON Schema: it holds a {type(schema).__name__}, not an object")
    return schema


def _read(history: Path) -> list[Message]:
    if not history.exists():
        return []
    try:
        lines = history.read_text("utf-8").splitlines()
        return _MESSAGES.validate_python([json.loads(line) for line in lines if line.strip()])
    except (OSError, ValueError, ValidationError) as error:
        raise UserError(
            f"--history {str(history)!r} holds no conversation ({type(error).__name__}); name another file"
        ) from error


def _without_system(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.role != "system"]
