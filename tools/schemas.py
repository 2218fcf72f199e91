"""Write what is generated from Settings and other models, or check that it is as committed.

tools/schemas.py - v0.1.0

```mermaid
flowchart LR
    main --> generated
    generated --> settings_schema & settings_page & env_example & manifest_schema & catalogue_schema & openapi
    settings_page --> fields_of & variable_of
```
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pydantic.fields import FieldInfo

from seedbed.api.app import create_app
from seedbed.backup.manifest import Manifest
from seedbed.serving.catalogue import Catalogue
from seedbed.settings import Settings
from seedbed.settings_sources import allowed_values, fields_of, variable_of
from tools.project_files import ROOT

_INTRODUCTION = """\
# Settings

Every setting has a default that works. It is changed by an environment variable, by a line in the env file, or by a
file in the secrets directory; the first of these that has it wins. `seedbed settings` shows what is in effect, and
where it comes from.

- `ENVIRONMENT=dev|staging|prod` picks the env file in the project folder: `.env`, `.env.staging` or `.env.prod`.
- `SEEDBED_SECRETS_DIR` names a folder with one file per secret, named like its variable; without it `secrets/` in the
  project and `/run/secrets` are read where they exist.
- A variable that starts with `SEEDBED_` and sets nothing is refused, with the nearest name.
- Outside `dev`, secrets that are empty or well-known defaults are refused, and so is sending one over plain HTTP to
  another machine.

This page is made by `python -m tools.schemas --write`.
"""


def settings_schema() -> str:
    """Return the JSON Schema of Settings."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def manifest_schema() -> str:
    """Return the JSON Schema of a backup's manifest."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def catalogue_schema() -> str:
    """Return the JSON Schema of the catalogue of language models."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Catalogue.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def openapi() -> str:
    """Return the description of the HTTP API."""
    with tempfile.TemporaryDirectory() as folder:
        described = create_app(Settings(home=Path(folder), environment="dev")).openapi()
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def settings_page() -> str:
    """Return the reference page: one table per section."""
    fields = fields_of(Settings)
    lines = [_INTRODUCTION]
    for section, paths in groupby(fields, _section_of):
        lines += [f"## {section or 'All'}\n", "| variable | takes | default | meaning |", "|---|---|---|---|"]
        for path in paths:
            default = _default_of(fields[path])
            shown = "" if default is None else f"`{default}`" if str(default) else '`""`'
            meaning = (fields[path].description or "").replace("|", "\\|").replace("<", "&lt;")
            lines.append(f"| `{variable_of(path)}` | {allowed_values(fields[path])} | {shown} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def env_example() -> str:
    """Return the env file to start from: every setting, commented out, with its default."""
    lines = [
        "# Copy this file to .env (or .env.staging, .env.prod), take the # away and change the value.",
        "# `seedbed settings` shows the outcome. Values are taken as written, nothing is interpolated.",
    ]
    fields = fields_of(Settings)
    for section, paths in groupby((path for path in fields if path != "environment"), _section_of):
        lines += ["", f"# {section or 'all'}"]
        for path in paths:
            default = _default_of(fields[path])
            lines.append(f"#{variable_of(path)}={'' if default is None else default}")
    return "\n".join(lines) + "\n"


def _default_of(field: FieldInfo) -> object:
    return "[]" if field.default == () else field.default


def _section_of(path: str) -> str:
    return path.rpartition(".")[0]


def generated() -> dict[str, str]:
    """Return every generated file by its path below the root."""
    return {
        "m2m/backup-manifest.schema.json": manifest_schema(),
        "m2m/model-config.schema.json": catalogue_schema(),
        "m2m/openapi.json": openapi(),
        "m2m/settings.schema.json": settings_schema(),
        "docs/reference/settings.md": settings_page(),
        ".env.example": env_example(),
    }


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """With --write, write the files; with --check, return 1 when one of them differs."""
    if list(arguments) not in (["--write"], ["--check"]):
        sys.stderr.write("schemas: say --write or --check. Example: python -m tools.schemas --write\n")
        return 2
    stale = []
    for name, text in generated().items():
        path = root / name
        if arguments[0] == "--write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"schemas: {', '.join(stale)} no longer match the code; run: python -m tools.schemas --write")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
