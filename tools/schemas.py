"""Write what is generated from Settings and other models, or check that it is as committed.

tools/schemas.py - v0.1.0

```mermaid
flowchart LR
    main --> generated
    generated --> schema_of & settings_page & env_example & openapi
    generated --> record_schemas & agent_pages & Manifest & Catalogue
    generated --> cli_page & api_page & log_events_page & errors_page & extras_page
    settings_page --> fields_of & variable_of
```
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from seedbed.api.app import create_app
from seedbed.backup.manifest import Manifest
from seedbed.serving.catalogue import Catalogue
from seedbed.settings import Settings
from seedbed.settings_sources import allowed_values, fields_of, variable_of
from tools import agent_pages, record_schemas
from tools.project_files import ROOT
from tools.record_schemas import DIALECT
from tools.reference.api import api_page
from tools.reference.cli import cli_page
from tools.reference.errors import errors_page
from tools.reference.extras import extras_page
from tools.reference.log_events import log_events_page
from tools.reference.markdown import table
from tools.stamps import version_of

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


def schema_of(model: type[BaseModel]) -> str:
    """Return the JSON Schema of a model, as a file."""
    return as_file({"$schema": DIALECT, **model.model_json_schema()})


def as_file(document: object) -> str:
    """Return a document as it is written."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def openapi() -> str:
    """Return the description of the HTTP API."""
    with tempfile.TemporaryDirectory() as folder:
        described = create_app(Settings(home=Path(folder), environment="dev")).openapi()
    described["info"]["version"] = version_of((ROOT / "pyproject.toml").read_text("utf-8"))  # may not be installed yet
    return as_file(described)


def settings_page() -> str:
    """Return the reference page: one table per section."""
    fields = fields_of(Settings)
    lines = [_INTRODUCTION]
    for section, paths in groupby(fields, _section_of):
        rows = []
        for path in paths:
            default = _default_of(fields[path])
            shown = "" if default is None else f"`{default}`" if str(default) else '`""`'
            meaning = fields[path].description or ""
            rows.append((f"`{variable_of(path)}`", allowed_values(fields[path]), shown, meaning))
        lines += [f"## {section or 'All'}\n", table(["variable", "takes", "default", "meaning"], rows)]
    return "\n".join(lines)


def env_example() -> str:
    """Return the env file to start from: every setting, commented out, with its default."""
    lines = [
        "# Copy this file to .env (or .env.staging, .env.prod), take the # away and change the value.",
        "# `seedbed settings` shows the outcome. Compose interpolates, we do not: put '…' around what has a $.",
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


@cache
def generated() -> dict[str, str]:
    """Return every generated file by its path below the root."""
    described = openapi()
    return {
        "m2m/backup-manifest.schema.json": schema_of(Manifest),
        "m2m/collections.schema.json": as_file(record_schemas.collections_schema()),
        "m2m/experiment.schema.json": as_file(record_schemas.experiment_schema()),
        "m2m/log-event.schema.json": as_file(record_schemas.log_event_schema()),
        "m2m/model-config.schema.json": schema_of(Catalogue),
        "m2m/openapi.json": described,
        "m2m/settings.schema.json": schema_of(Settings),
        "m2m/llms.txt": agent_pages.llms_txt(),
        "m2m/README.md": agent_pages.m2m_readme(),
        "AGENTS.md": agent_pages.agents(),
        "docs/reference/api.md": api_page(json.loads(described)),
        "docs/reference/cli.md": cli_page(),
        "docs/reference/errors.md": errors_page(),
        "docs/reference/extras.md": extras_page((ROOT / "pyproject.toml").read_text("utf-8")),
        "docs/reference/log-events.md": log_events_page(),
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
