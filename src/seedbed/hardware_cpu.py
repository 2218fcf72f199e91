"""Read which processor this is and how much of it this process may use.

src/seedbed/hardware_cpu.py - v0.1.0

/proc/cpuinfo takes 1 ms; py-cpuinfo starts a process and takes 1.1 s, so it only serves systems without /proc.

```mermaid
flowchart LR
    identity --> CpuIdentity & cpuinfo
    num_usable_cores --> control_group_values
    memory_limit_bytes & memory_left_bytes --> control_group_values
```
"""

import os
import platform
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

# What changes which kernels a numeric library picks, as Linux spells it.
_INSTRUCTION_SET = re.compile(r"(avx|amx|asimd|sve).*|sme(2|_.*)?|sse4_2|fma|f16c|bf16|i8mm")
_ROOT = Path("/")
_CONTROL_GROUP_MOUNT = "sys/fs/cgroup"


class CpuIdentity(NamedTuple):
    """The processor and what it can execute; each field as `Hardware` describes it."""

    model: str
    family: str
    instruction_sets: tuple[str, ...]


def identity(root: Path = _ROOT) -> CpuIdentity:
    """Return the processor's identity."""
    try:
        text = (root / "proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return _identity_elsewhere()
    fields: dict[str, str] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    flags = fields.get("flags") or fields.get("features") or fields.get("isa") or ""
    vendor = fields.get("vendor_id") or f"arm-{fields.get('cpu implementer', 'unknown')}"
    generation = [fields.get("cpu family", ""), fields.get("model") or fields.get("cpu part", "")]
    return CpuIdentity(
        model=fields.get("model name") or fields.get("hardware") or vendor,
        family="-".join([vendor, *filter(None, generation)]),
        instruction_sets=_known(flags.split()),
    )


def _identity_elsewhere() -> CpuIdentity:
    import cpuinfo  # 40 ms that Linux need not pay

    found = cpuinfo.get_cpu_info()
    model = str(found.get("brand_raw", platform.processor() or "unknown"))
    parts = [str(found[name]) for name in ("vendor_id_raw", "family", "model") if name in found]
    flags = list(found.get("flags", ()))
    if platform.machine().lower() in {"arm64", "aarch64"}:
        flags.append("asimd")
    return CpuIdentity(model=model, family="-".join(parts) or model, instruction_sets=_known(flags))


def _known(flags: list[str]) -> tuple[str, ...]:
    known = {flag for flag in flags if _INSTRUCTION_SET.fullmatch(flag)}
    return tuple(sorted("neon" if flag == "asimd" else flag for flag in known))


def num_usable_cores(root: Path = _ROOT) -> int:
    """Return how many cores this process may keep busy: its affinity, cut to its control group's quota.

    A quota of 2.5 cores counts as 2: a third thread would be stopped in every period and the others would wait for it.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [float(quota) / float(period) for quota, period in _cpu_quotas(root) if quota not in {"max", "-1"}]
    return max(1, min([affinity, *(int(quota) for quota in quotas)]))


def memory_limit_bytes(root: Path = _ROOT) -> int | None:
    """Return the smallest memory limit of this process's control groups, None without one."""
    values = control_group_values("memory.max", "", root)
    old_values = control_group_values("memory.limit_in_bytes", "memory", root)
    return min((int(value) for value in (*values, *old_values) if value != "max"), default=None)


def memory_left_bytes(root: Path = _ROOT) -> int | None:
    """Return what this process's control groups leave it, None without a limit; files kept in memory count as left."""
    left = []
    for controller, limits, used in (
        ("", "memory.max", "memory.current"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        groups = [control_group_values(file, controller, root) for file in (limits, used, "memory.stat")]
        for limit, usage, stat in zip(*groups, strict=False):
            if limit != "max":
                kept = re.search(r"^(?:total_)?inactive_file (\d+)$", stat, re.MULTILINE)
                left.append(max(0, int(limit) - int(usage) + int(kept[1] if kept else 0)))
    return min(left, default=None)


def _cpu_quotas(root: Path) -> list[tuple[str, str]]:
    quotas = [tuple(value.split()) for value in control_group_values("cpu.max", "", root)]
    old_quotas = control_group_values("cpu.cfs_quota_us", "cpu", root)
    old_periods = control_group_values("cpu.cfs_period_us", "cpu", root)
    return [(quota, period) for quota, period in (*quotas, *zip(old_quotas, old_periods, strict=False))]


def control_group_values(file: str, controller: str, root: Path = _ROOT) -> list[str]:
    """Return what `file` says in this process's control group and in all above it; controller "" is version 2.

    A parent's limit binds its children; a container without a namespace of its own names a group that it cannot see.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return []
    values: list[str] = []
    for line in lines:
        _, names, path = line.split(":", 2)
        if controller not in names.split(","):
            continue
        group = PurePosixPath(path.lstrip("/"))
        for folder in dict.fromkeys([group, *group.parents]):
            try:
                values.append((root / _CONTROL_GROUP_MOUNT / controller / folder / file).read_text("utf-8").strip())
            except (OSError, ValueError):
                continue
    return values
