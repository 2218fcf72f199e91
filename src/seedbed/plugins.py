"""Find corpora, encoders and stores that packages declare, and make them.

src/seedbed/plugins.py - v0.1.0

A package declares them as entry points. Only what is declared is ever imported, and only once it is chosen: no setting
and no parameter of the API can name a module.

```mermaid
classDiagram
    PluginGroup ..> Plugin : finds
    PluginGroup ..> EntryPoint : loads
    PluginGroup ..> UserError : raises
```
"""

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, cast

from pydantic import JsonValue, ValidationError
from pydantic_core import PydanticCustomError, to_json

from seedbed.errors import SeedbedError, UserError, nearest

type Options = dict[str, JsonValue]
"""What a plug-in takes beside the fields of its section; it checks them with a model of its own."""

ABOUT_OPTIONS = "of a plug-in: what it takes beside the fields above, as one JSON object; recorded, so no secrets"

NAME = "[a-z][a-z0-9_-]{1,29}"
"""What a declared name looks like: it becomes part of names of indexes and folders."""


class Plugin(NamedTuple):
    """One class that a package declares."""

    what: str
    """Corpus, encoder or store."""
    name: str
    target: str
    """Where the class is: module:Class."""
    package: str
    version: str

    @property
    def owner(self) -> str:
        """The package that declares it, with its version."""
        return f"{self.package} {self.version}"

    def __str__(self) -> str:
        return f"{self.what} {self.name!r} of {self.owner}"


@dataclass(frozen=True, slots=True)
class PluginGroup:
    """One kind of part, with what is built in."""

    what: str
    group: str
    """The group of entry points."""
    key: str
    """What chooses one: corpus.kind."""
    built_in: tuple[str, ...]

    @property
    def _options(self) -> str:
        return f"SEEDBED_{self.key.partition('.')[0].upper()}__OPTIONS"

    def declared(self) -> dict[str, Plugin]:
        """Return what the installed packages declare, by name; nothing is imported.

        Raises:
            UserError: a name is built in, declared twice, or has a form that no name may have.
        """
        found: dict[str, Plugin] = {}
        for plugin in _scan(self.what, self.group, tuple(sys.path)):
            if plugin.name in self.built_in:
                raise UserError(f"{plugin} has the name of a built-in one; {self._rename(plugin)}")
            if not re.fullmatch(NAME, plugin.name):
                allowed = "2 to 30 of a-z, 0-9, _ and -, the first a letter"
                raise UserError(f"{plugin} has a name that is not allowed: {allowed}; {self._rename(plugin)}")
            if plugin.name in found:
                raise UserError(f"{plugin} is declared by {found[plugin.name].owner} too; {self._rename(plugin)}")
            found[plugin.name] = plugin
        return found

    def find(self, name: str) -> Plugin | None:
        """Return what is declared under the name, None for what is built in.

        Raises:
            UserError: the name is neither.
        """
        if name in self.built_in:
            return None
        declared = self.declared()
        if name not in declared:
            raise UserError(f"{self.what} {name!r} is unknown: {self._allowed(name, declared)}")
        return declared[name]

    def checked(self, name: str) -> str:
        """Return the name; as a validator of pydantic, which puts the setting before what is said here."""
        if name not in self.built_in and name not in (declared := self.declared()):
            raise PydanticCustomError("unknown_part", "{allowed}", {"allowed": self._allowed(name, declared)})
        return name

    def json_schema(self) -> dict[str, Any]:
        """Return what a name may be, whatever is installed here."""
        own = {"type": "string", "pattern": f"^{NAME}$", "format": "or the name of a plug-in"}
        return {"anyOf": [{"type": "string", "enum": list(self.built_in)}, own]}

    def refuse_options(self, name: str, options: Mapping[str, JsonValue]) -> None:
        """Raise UserError when something built in is given the options of a plug-in."""
        if options and name in self.built_in:
            raise UserError(
                f"{self.what} {name!r} is built in and takes no options, given are {sorted(options)}; "
                f"choose a plug-in by {self.key}, or take them away: {self._options}={{}}"
            )

    def make[Port](self, name: str, port: Callable[..., Port], *arguments: object) -> Port:
        """Return what is declared under the name, made with what a built-in one is made with.

        Raises:
            UserError: it does not import, is no complete `port`, cannot be made so, or does not take its options.
        """
        if (plugin := self.find(name)) is None:
            raise LookupError(f"{self.what} {name!r} is built in, and made by wiring")
        made_by = self._load(plugin, cast("type[Port]", port))  # python/mypy#4717: an abstract class is no type[Port]
        try:
            inspect.signature(made_by).bind(*arguments)
        except TypeError as error:
            kinds = ", ".join(type(argument).__name__ for argument in arguments)
            raise UserError(f"{plugin}: {plugin.target} cannot be made with ({kinds}): {error}") from error
        try:
            return made_by(*arguments)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)[:3]
            told = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'options'}: {fault['msg']}" for fault in faults)
            options = to_json(getattr(arguments[0], "options", {})).decode()
            raise UserError(
                f'{plugin} does not take the options {options}: {told}. Example: {self._options}={{"name": "value"}}'
            ) from error

    def _load[Port](self, plugin: Plugin, port: type[Port]) -> type[Port]:
        try:
            found = EntryPoint(plugin.name, plugin.target, self.group).load()
        except SeedbedError:
            raise
        except Exception as error:
            message = str(error).partition("\n")[0]
            raise UserError(f"{plugin} does not import: {plugin.target}: {type(error).__name__}: {message}") from error
        base = f"{port.__module__}.{port.__name__}"
        if not (inspect.isclass(found) and issubclass(found, port)):
            raise UserError(f"{plugin} is no {self.what}: {plugin.target} is no class with {base} as its base")
        if inspect.isabstract(found):
            missing = sorted(getattr(found, "__abstractmethods__", ()))
            raise UserError(f"{plugin} is not complete: {plugin.target} has no {missing}, which {base} asks for")
        return found

    def _allowed(self, name: str, declared: Mapping[str, Plugin]) -> str:
        *others, last = map(repr, self.built_in)
        told = [f"Input should be {', '.join(others)} or {last}"]
        if declared:
            own = (f"{plugin.name!r} ({plugin.owner})" for _, plugin in sorted(declared.items()))
            told.append(f", or of what packages declare: {', '.join(own)}")
        if guess := nearest(name, (*self.built_in, *declared)):
            told.append(f" (did you mean {guess!r}?)")
        told.append(
            f"; one of your own goes into pyproject.toml, [project.entry-points.{self.group!r}], then: make setup"
        )
        return "".join(told)

    def _rename(self, plugin: Plugin) -> str:
        return f"rename it in [project.entry-points.{self.group!r}] of {plugin.package}, and install that again"


@lru_cache(maxsize=8)
def _scan(what: str, group: str, _path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """Return what is declared on the search path; reading what 460 packages declare takes 20 ms."""
    found = entry_points(group=group)
    return tuple(Plugin(what, each.name, each.value, *_owner(each)) for each in found)


def _owner(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist else ("an unknown package", "0")
