"""Check that whoever was served by the API and the schemas of the last release is still served.

tools/check_api_breaks.py - v0.1.0

Compared with m2m/*.baseline.json and not with a tag: an archive, a fork and a shallow clone have none. `--accept`
makes today's descriptions the baseline: part of a release, or of a break that the changelog tells.

```mermaid
flowchart LR
    main --> breaks & schema_breaks
    breaks & schema_breaks --> Described --> reasons
```
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.api_schemas import Described, reasons
from tools.project_files import ROOT

type Operation = Mapping[str, Any]

READ = ("collections.schema.json", "experiment.schema.json", "log-event.schema.json")
"""What we write and others read: what they knew has to be there still."""
WRITTEN = ("backup-manifest.schema.json", "model-config.schema.json", "settings.schema.json")
"""What others have written, or an older version of ours: it has to be taken still."""
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return a line for everything that worked with the old description and would not with the new one."""
    then, now = Described(old), Described(new)
    found: list[str] = []
    for path, methods in old["paths"].items():
        for method in filter(methods.__contains__, _METHODS):
            where = f"{method.upper()} {path}"
            if method not in new["paths"].get(path, {}):
                found.append(f"{where} is gone")
                continue
            before, after = methods[method], new["paths"][path][method]
            found += [f"{where}: {reason}" for reason in _in_operation(before, after, then, now)]
    return found


def schema_breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the same for schemas by their file names; definitions are compared one by one."""
    found: list[str] = []
    for name in (*READ, *WRITTEN):
        if name not in old:  # it came after the last release
            continue
        then, now = Described(old[name]), Described(new[name])
        for inner in ("", *old[name].get("$defs", ())):
            where = f"{name} {inner}".strip()
            if inner and inner not in new[name].get("$defs", ()):
                found.append(f"{where} is gone")
                continue
            before, after = (each["$defs"][inner] if inner else each for each in (old[name], new[name]))
            if name in READ:
                found += reasons((after, now), (before, then), where, is_answer=True)
            else:
                found += reasons((before, then), (after, now), where)
    return found


def _in_operation(before: Operation, after: Operation, then: Described, now: Described) -> Iterator[str]:
    if lacking := _scopes(after) - _scopes(before):
        yield f"now needs {', '.join(sorted(lacking))}"
    yield from _in_parameters(before, after, then, now)
    yield from _in_body(before.get("requestBody"), after.get("requestBody"), then, now)
    for status, answer in before.get("responses", {}).items():
        if not status.startswith("2"):
            continue
        if status not in after.get("responses", {}):
            yield f"no longer answers {status}"
            continue
        content = after["responses"][status].get("content", {})
        for media_type, described in answer.get("content", {}).items():
            if media_type not in content:
                yield f"{status} is no longer {media_type}"
                continue
            sent, known = content[media_type].get("schema", {}), described.get("schema", {})
            yield from reasons((sent, now), (known, then), f"answer {status}", is_answer=True)


def _scopes(operation: Operation) -> set[str]:
    return {scope for way in operation.get("security", []) for name, scopes in way.items() for scope in [name, *scopes]}


def _in_parameters(before: Operation, after: Operation, then: Described, now: Described) -> Iterator[str]:
    known = {(each["in"], each["name"]): each for each in before.get("parameters", [])}
    taken = {(each["in"], each["name"]): each for each in after.get("parameters", [])}
    for key, parameter in taken.items():
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"parameter {key[1]!r} is now required"
    for key, parameter in known.items():
        if key not in taken:
            yield f"parameter {key[1]!r} is gone"
        else:
            sent, wanted = parameter.get("schema", {}), taken[key].get("schema", {})
            yield from reasons((sent, then), (wanted, now), f"parameter {key[1]!r}")


def _in_body(before: Operation | None, after: Operation | None, then: Described, now: Described) -> Iterator[str]:
    if after is None:
        if before is not None:
            yield "takes no body any more"
        return
    if after.get("required") and not (before or {}).get("required"):
        yield "now needs a body"
    for media_type, described in (before or {}).get("content", {}).items():
        if media_type not in after["content"]:
            yield f"no longer takes {media_type}"
            continue
        sent, wanted = described.get("schema", {}), after["content"][media_type].get("schema", {})
        yield from reasons((sent, then), (wanted, now), "body")


def main(arguments: Sequence[str], folder: Path = ROOT / "m2m") -> int:
    """Print what breaks; return 1 when something does. With --accept, make today's description the baseline."""
    if list(arguments) not in ([], ["--accept"]):
        sys.stderr.write("check_api_breaks: say nothing or --accept. Example: python -m tools.check_api_breaks\n")
        return 2
    api, schemas = folder / "openapi.baseline.json", folder / "schemas.baseline.json"
    today = {name: json.loads((folder / name).read_text("utf-8")) for name in ("openapi.json", *READ, *WRITTEN)}
    if arguments:
        api.write_bytes((folder / "openapi.json").read_bytes())
        known = {name: today[name] for name in (*READ, *WRITTEN)}
        schemas.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", "utf-8")
        return 0
    found = breaks(json.loads(api.read_text("utf-8")), today["openapi.json"])
    found += schema_breaks(json.loads(schemas.read_text("utf-8")), today)
    for line in found:
        print(f"check_api_breaks: {line}")
    if found:
        print("mend it, or say in CHANGELOG.md who breaks and run: python -m tools.check_api_breaks --accept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
