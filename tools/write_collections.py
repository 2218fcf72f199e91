"""Write m2m/collections and the table in m2m/README.md from what the stores declare.

tools/write_collections.py - v0.1.0

Run as: python tools/write_collections.py; a test fails when the files are not what this writes.

```mermaid
flowchart LR
    main --> rendered --> declarations
```
"""

import json
from pathlib import Path

from seedbed.stores.declaration import Declaration, declarations

M2M = Path(__file__).parents[1] / "m2m"
BEGIN, END = "<!-- collections: written by tools/write_collections.py -->", "<!-- /collections -->"
_JSON_TYPES = {"str": "string", "int": "integer", "scalar": ["string", "integer", "number", "boolean"]}


def rendered(readme: str) -> dict[Path, str]:
    """Return the text of every generated file, the README with its table replaced."""
    files = {M2M / "collections" / f"{name}.json": _schema(name, one) for name, one in declarations().items()}
    before, _, rest = readme.partition(BEGIN)
    table = "\n\n".join(_section(name, one) for name, one in declarations().items())
    files[M2M / "README.md"] = f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
    return files


def main() -> None:
    """Write the files."""
    for path, text in rendered((M2M / "README.md").read_text("utf-8")).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def _schema(name: str, one: Declaration) -> str:
    def properties(fields: str) -> dict[str, object]:
        declared = getattr(one, fields).items()
        return {key: {"type": _JSON_TYPES[field.type], "description": field.meaning} for key, field in declared}

    about = one.model_dump(exclude={"payload", "patterns"})
    payload = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties("payload"),
        "patternProperties": properties("patterns"),
        "additionalProperties": False,
    }
    return json.dumps({"name": name, **about, "payload": payload}, indent=2) + "\n"


def _section(name: str, one: Declaration) -> str:
    about = one.model_dump(exclude={"payload", "patterns"})
    lines = [f"### `{name}`", "", "| | |", "|---|---|"]
    lines += [f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in about.items()]
    lines += ["", "| payload field | type | meaning |", "|---|---|---|"]
    fields = [*one.payload.items(), *(("meta_*", field) for field in one.patterns.values())]
    return "\n".join([*lines, *(f"| `{key}` | {field.type} | {_cell(field.meaning)} |" for key, field in fields)])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{key} {each}" for key, each in value.items() if each is not None)
    return str(value).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    main()
