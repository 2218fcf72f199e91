"""Make a project, add the harness to one, bring one up to date.

src/seedbed/cli/commands/project.py - v0.1.0

```mermaid
flowchart LR
    register --> new & adopt & update
    new --> ask_answers
    adopt --> ask_answers
```
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from seedbed.template.answers import Answers

_Seedbed = Annotated[
    str,
    typer.Option(
        "--seedbed", metavar="PATH|VERSION", help="Seedbed that the project uses; default: the one that runs."
    ),
]
_Without = Annotated[
    list[str] | None,
    typer.Option(metavar="PART", help="Leave out api, containers, dvc, llm or ner; may be repeated."),
]
_Name = Annotated[str, typer.Option(help="Project name; default: the folder's name.", show_default=False)]
_Package = Annotated[str, typer.Option(help="Import name; default: derived from the name.", show_default=False)]
_Description = Annotated[str, typer.Option(help="One-line description.", show_default=False)]
_Author = Annotated[str, typer.Option(help="Author; default: git's user.name.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; ask nothing.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (new, adopt, update):
        app.command()(command)


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to create; it may exist if empty.", show_default=False)],
    name: _Name = "",
    package: _Package = "",
    description: _Description = "",
    author: _Author = "",
    license_: Annotated[
        str, typer.Option("--license", help="Apache-2.0, MIT or none; default: Apache-2.0.", show_default=False)
    ] = "",
    without: _Without = None,
    seedbed: _Seedbed = "",
    git: Annotated[bool, typer.Option("--git/--no-git", help="Create a repository with a first commit.")] = True,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Create a project that uses this library; in a terminal, ask for whatever is not given.

    Example: seedbed new ../bird-songs --without ner --without containers
    """
    from seedbed.cli.output import print_json, print_pairs
    from seedbed.template.create import create, refuse_taken
    from seedbed.template.library import find_library

    folder = folder.absolute()
    refuse_taken(folder)
    given = {"name": name, "package": package, "description": description, "author": author, "license": license_}
    answers = ask_answers(folder, given, without, ask=not (yes or as_json))
    created = create(folder, answers, find_library(seedbed), git=git)
    if as_json:
        print_json(
            {"path": created.path, "answers": answers.model_dump(mode="json"), "files": created.files}
            | {"seedbed": created.seedbed, "commit": created.commit, "notes": created.notes}
        )
        return
    facts = {
        "folder": created.path,
        "package": answers.package,
        "files": len(created.files),
        "seedbed": created.seedbed,
    }
    print_pairs(answers.name, facts | ({"commit": created.commit} if created.commit else {}))
    for note in created.notes:
        typer.echo(f"seedbed: {note}", err=True)
    typer.echo(f"Next: cd {folder} && make demo")


def adopt(
    folder: Annotated[Path, typer.Argument(help="Project folder.", show_default=False)],
    name: _Name = "",
    package: _Package = "",
    description: _Description = "",
    author: _Author = "",
    without: _Without = None,
    seedbed: _Seedbed = "",
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Add settings, tracking and an example to an existing project; existing files are neither changed nor moved.

    Example: seedbed adopt .
    """
    from seedbed.cli.output import print_json
    from seedbed.template.adopt import adopt as add
    from seedbed.template.adopt import described
    from seedbed.template.library import find_library

    folder = folder.absolute()
    given = described(folder) | {
        key: value
        for key, value in {"name": name, "package": package, "description": description, "author": author}.items()
        if value
    }
    answers = ask_answers(folder, given | {"license": "none"}, without, ask=not (yes or as_json), adopted=True)
    done = add(folder, answers, find_library(seedbed))
    if as_json:
        facts = {"path": done.path, "seedbed": done.seedbed, "written": done.written, "kept": done.kept}
        print_json(facts | {"by_hand": done.by_hand})
        return
    for path in done.written:
        typer.echo(f"written  {path}")
    for path in done.kept:
        typer.echo(f"kept     {path}  (was there)")
    for path, lines in done.by_hand.items():
        typer.echo(f"by hand  {path}: add\n" + "".join(f"             {line}\n" for line in lines), nl=False)
    typer.echo("Next: install seedbed as your project installs things, then: seedbed run retrieval --seed 7")


def update(
    folder: Annotated[Path, typer.Argument(help="Project folder.")] = Path(),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when there is an update.")] = False,
    seedbed: _Seedbed = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Merge changes of the skeleton into a project, on a separate branch; your edits are kept.

    Exit code 1: files are in conflict, or, with --check, there is an update.

    Example: seedbed update --check
    """
    from dataclasses import asdict

    from seedbed.cli.output import print_json
    from seedbed.template.library import find_library
    from seedbed.template.update import differences
    from seedbed.template.update import update as bring

    folder = folder.absolute()
    library = find_library(seedbed, folder)
    done = differences(folder, library) if check else bring(folder, library)
    if as_json:
        print_json(asdict(done) | {"up_to_date": not done.changed})
    elif not done.changed:
        typer.echo(f"up to date with seedbed {done.seedbed}")
    else:
        _print_update(done, check)
    if done.conflicts or (check and done.changed):
        raise typer.Exit(1)


def _print_update(done: Any, check: bool) -> None:
    for path in done.changed:
        typer.echo(f"{'conflict' if path in done.conflicts else 'changed'}  {path}")
    for path in set(done.conflicts) - set(done.changed):
        typer.echo(f"conflict  {path}")
    for note in done.notes:
        typer.echo(f"seedbed: {note}", err=True)
    if check:
        typer.echo(f"{len(done.changed)} files of seedbed {done.seedbed} differ. Next: seedbed update")
    elif done.conflicts:
        typer.echo(
            f"{len(done.conflicts)} files are in conflict; nothing that is checked out has changed. Next: git switch "
            f"{done.branch}, mend what stands between <<<<<<< and >>>>>>>, git commit --all, then merge that branch"
        )
    else:
        typer.echo(f"Next: git diff HEAD...{done.branch}, then: git merge {done.branch} && make test")


def ask_answers(
    folder: Path, given: dict[str, str], without: list[str] | None, *, ask: bool, adopted: bool = False
) -> "Answers":
    """Return the answers: given, asked for on a terminal, or by default.

    Raises:
        UserError: a name, a licence or a part is refused.
    """
    from seedbed.errors import unknown_choice
    from seedbed.template.answers import LICENSES, PARTS, Answers
    from seedbed.template.names import package_name, project_name

    ask = ask and sys.stdin.isatty()

    def answer(what: str, key: str, default: str) -> str:
        if given.get(key) or not ask:
            return given.get(key) or default
        return str(typer.prompt(what, default=default, show_default=bool(default)))

    name = project_name(answer("Name", "name", folder.name))
    package = package_name(answer("Package to import", "package", name))
    description = answer("Description, one line", "description", f"Experiments of {name}.")
    author = answer("Author", "author", _git_user(folder) or f"The {name} authors")
    licence = answer(f"License ({', '.join(LICENSES)})", "license", LICENSES[0])
    if licence not in LICENSES:
        raise unknown_choice("license", licence, LICENSES, example="--license MIT")
    if without is None and ask:
        without = str(typer.prompt(f"Leave out ({', '.join(PARTS)})", default="", show_default=False)).split()
    chosen = sorted({part.strip(",") for part in without or ()})
    for part in chosen:
        if part not in PARTS:
            raise unknown_choice("part", part, PARTS, example="--without ner")
    facts = {"name": name, "package": package, "description": " ".join(description.split()), "author": author}
    return Answers.model_validate({**facts, "license": licence, "without": chosen, "adopted": adopted})


def _git_user(folder: Path) -> str:
    from seedbed.tracking.git_tree import GitFailedError, run_git

    try:
        return run_git(folder if folder.is_dir() else folder.parent, "config", "user.name").decode("utf-8").strip()
    except GitFailedError:
        return ""
