"""Tell on the command line whether this machine is ready, and how to mend what is not.

src/seedbed/cli/commands/doctor.py - v0.1.0

```mermaid
flowchart LR
    register --> doctor
    doctor --> diagnose & measure
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.cli.diagnosis import Finding
    from seedbed.hardware import Hardware

_STYLES = {"ok": "green", "warning": "yellow", "broken": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check hardware, versions, disk, model and services, and say how to fix problems.

    Exit code 0: everything necessary is there. 1: something is broken.

    Example: seedbed doctor --json
    """
    from seedbed.cli.diagnosis import diagnose, versions
    from seedbed.cli.output import print_json
    from seedbed.errors import SeedbedError
    from seedbed.hardware import measure
    from seedbed.settings import load_settings, project_folder

    hardware = measure()
    try:
        findings = diagnose(load_settings(), project_folder(), hardware)
    except SeedbedError as error:
        findings = diagnose(error, project_folder(), hardware)
    is_well = all(finding.state != "broken" for finding in findings)
    if as_json:
        print_json(
            {
                "ok": is_well,
                "hardware": hardware.model_dump() | {"hardware_class": hardware.hardware_class()},
                "versions": versions(),
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        _print_report(hardware, versions(), findings)
    if not is_well:
        raise typer.Exit(1)


def _print_report(hardware: "Hardware", versions: dict[str, str | None], findings: list["Finding"]) -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console, print_pairs

    print_pairs(
        "hardware",
        {
            "processor": hardware.cpu_model,
            "cores": f"{hardware.num_usable_cores} usable of {hardware.num_logical_cores}",
            "memory": f"{hardware.ram_usable_bytes / 2**30:.1f} GiB usable of {hardware.ram_total_bytes / 2**30:.1f}",
            "instruction sets": " ".join(hardware.instruction_sets),
        },
    )
    print_pairs("versions", {name: version or "not installed" for name, version in versions.items()})
    table = Table("what", "state", "found", "how to fix it", title="findings", title_justify="left")
    for each in findings:
        state = Text(each.state, style=_STYLES[each.state])
        table.add_row(each.name, state, Text(each.detail, overflow="fold"), Text(each.mend, overflow="fold"))
    console().print(table)
