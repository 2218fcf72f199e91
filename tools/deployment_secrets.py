"""Make the secrets that compose.yml names, one file each, and touch none that is there.

tools/deployment_secrets.py - v0.1.0

Containers run as other users than whoever makes these: the files are readable, the folder around them is not.

```mermaid
flowchart LR
    main --> make --> contents
```
"""

import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.project_files import ROOT

FOLDER = ROOT / "deploy" / "secrets"


def contents(kept: Mapping[str, str], word: Callable[[], str] = lambda: secrets.token_hex(32)) -> dict[str, str]:
    """Return what each file has to say; passwords that are kept stand in the addresses made beside them."""
    database = kept.get("postgres_password", "").strip() or word()
    redis = kept.get("redis_conf", "").strip().removeprefix("requirepass ") or word()
    at_postgres = f"seedbed:{database}@postgres:5432"
    return {
        "api_key": word(),
        "grafana_password": word(),
        "ledger_url": f"postgresql://{at_postgres}/ledger",
        "mlflow_database_url": f"postgresql+psycopg://{at_postgres}/mlflow",
        "postgres_password": database,
        "prefect_database_url": f"postgresql+asyncpg://{at_postgres}/prefect",
        "redis_conf": f"requirepass {redis}",
        "redis_url": f"redis://:{redis}@redis:6379/0",
    }


def make(folder: Path) -> list[str]:
    """Write the files that are missing; return their names."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    kept = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.is_file()}
    missing = {name: text for name, text in contents(kept).items() if name not in kept}
    for name, text in missing.items():
        file = folder / name
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(f"{text}\n", "utf-8")
        file.chmod(0o444)
    return sorted(missing)


def main() -> int:
    """Make them; say which."""
    made = make(FOLDER)
    print(f"secrets: made {', '.join(made)} in {FOLDER}" if made else f"secrets: all of them are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
