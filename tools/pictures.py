"""Draw the pictures of the documents: what a person sees of a real demo, its runs and the API's page.

tools/pictures.py - v0.1.0

`python -m tools.pictures` takes minutes (a demo, a model to train) and a Chromium. Nothing is retouched.

```mermaid
flowchart LR
    main --> draw_transcript & draw_runs & draw_page
    draw_runs & draw_page --> browser
```
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.text import Text

from seedbed.errors import WorldError
from tools.project_files import ROOT

FOLDER = ROOT / "docs" / "pictures"
SEEDBED = str(Path(sys.executable).with_name("seedbed"))
_COLUMNS = 100
_PORT = 8765
_PATIENCE_S = 1800.0
_SIZE = {"width": 1000, "height": 900}
_MAX_BYTES = 200_000


def said(words: Sequence[str], home: Path) -> str:
    """Return what a command prints."""
    environment = {**os.environ, "SEEDBED_HOME": str(home), "COLUMNS": str(_COLUMNS)}
    return subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout


def draw_transcript(home: Path) -> None:
    """Run the demo and draw its terminal."""
    printed = said([sys.executable, "-m", "pipelines.demo"], home)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, highlight=False)
        console.print(Text("$ make demo\n" + printed.rstrip()))
    svg = console.export_svg(title="make demo", unique_id="demo")
    without_fonts = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # they come from a server elsewhere
    (FOLDER / "demo.svg").write_text("\n".join(line.rstrip() for line in without_fonts.splitlines()) + "\n", "utf-8")


@contextmanager
def browser() -> Iterator[Page]:
    """Open a page of a headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium.new_page(viewport=_SIZE, color_scheme="light")  # type: ignore[arg-type]
        chromium.close()


def draw_runs(home: Path) -> None:
    """Photograph the report of a run, and the comparison with one that cut shorter chunks."""
    runs = [json.loads(said([SEEDBED, "runs", "--json", "--limit", "1", "--experiment", "retrieval"], home))]
    said([SEEDBED, "run", "retrieval", "--seed", "7", "--set", "chunk.tokens=64", "--json"], home)
    runs += [json.loads(said([SEEDBED, "runs", "--json", "--limit", "1", "--experiment", "retrieval"], home))]
    first, second = (each["runs"][0]["run_id"][:8] for each in runs)
    said([SEEDBED, "report", first, "--to", str(home / "report.html")], home)
    said([SEEDBED, "compare", first, second, "--to", str(home / "compare.html")], home)
    with browser() as page:
        for name in ("report", "compare"):
            page.goto((home / f"{name}.html").as_uri())
            page.screenshot(path=FOLDER / f"{name}.png")


def draw_page(home: Path) -> None:
    """Photograph the API's page after somebody has used all of it."""
    environment = {**os.environ, "SEEDBED_HOME": str(home)}
    words = [SEEDBED, "serve", "api", "--port", str(_PORT)]
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{_PORT}/"
            wait_for(f"{address}health")
            scopes = [f"--scope={scope}" for scope in ("ner", "search", "experiments:read")]
            token = said([SEEDBED, "token", *scopes], home)
            with browser() as page:
                page.goto(f"{address}#token={token.strip()}")
                page.locator("#entities button").first.click()
                page.locator("#marked").wait_for(timeout=120_000)
                page.locator("#query").fill("parse a date from a string")
                page.locator("#query").press("Enter")
                page.locator("#hits li").first.wait_for(timeout=120_000)
                page.locator("#runs button").first.click()
                page.locator("#runs-list li").first.wait_for(timeout=120_000)
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=FOLDER / "page.png")
        finally:
            server.terminate()


def wait_for(address: str) -> Any:
    """Return what answers at the address, once it does.

    Raises:
        WorldError: it never does.
    """
    began = time.monotonic()
    while time.monotonic() - began < _PATIENCE_S:
        try:
            return httpx.get(address).raise_for_status()
        except httpx.HTTPError:
            time.sleep(1)
    raise WorldError(f"{address} did not answer within {_PATIENCE_S:g} s; see what `seedbed serve api` says")


def main() -> int:
    """Draw everything in a fresh home folder; return 1 when a picture is too large."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="seedbed-") as folder:
        home = Path(folder) / ".seedbed"
        for draw in (draw_transcript, draw_runs, draw_page):
            draw(home)
    large = [path.name for path in FOLDER.iterdir() if path.stat().st_size > _MAX_BYTES]
    print(
        f"pictures: {', '.join(sorted(path.name for path in FOLDER.iterdir()))}",
        *(f"too large: {large}",) * bool(large),
    )
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
