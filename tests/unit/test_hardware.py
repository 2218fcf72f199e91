"""Test what is read from processors, control groups and drivers.

tests/unit/test_hardware.py - v0.1.0
"""

import os
import platform
import time
from types import SimpleNamespace

import pynvml
import pytest

from seedbed import hardware, hardware_cpu
from seedbed.hardware import Gpu, measure

XEON = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Platinum 8481C
flags\t\t: fpu sse4_2 avx2 smep smap avx512f avx512_bf16 amx_tile amx_bf16 fma rdseed

processor\t: 1
vendor_id\t: Other
"""
GRAVITON = """processor\t: 0
Features\t: fp asimd evtstrm bf16 i8mm sve
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""


def machine(root, cpuinfo="", groups="", files=()):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/cpuinfo").write_text(cpuinfo)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in dict(files).items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def test_an_intel_processor_is_identified(tmp_path):
    found = hardware_cpu.identity(machine(tmp_path, XEON))
    assert found.model == "Intel(R) Xeon(R) Platinum 8481C"
    assert found.family == "GenuineIntel-6-143"
    assert found.instruction_sets == ("amx_bf16", "amx_tile", "avx2", "avx512_bf16", "avx512f", "fma", "sse4_2")


def test_an_arm_processor_is_identified(tmp_path):
    found = hardware_cpu.identity(machine(tmp_path, GRAVITON))
    assert found.family == "arm-0x41-0xd40"
    assert found.instruction_sets == ("bf16", "i8mm", "neon", "sve")


@pytest.mark.slow
def test_a_system_without_proc_is_identified_too(tmp_path):
    found = hardware_cpu.identity(tmp_path)
    assert found.model
    if platform.machine() == "x86_64":
        assert set(found.instruction_sets) & {"sse4_2", "avx", "avx2"}


def test_without_control_groups_the_affinity_counts(tmp_path, eight_cores):
    assert hardware_cpu.num_usable_cores(tmp_path) == 8
    assert hardware_cpu.memory_limit_bytes(tmp_path) is None


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("900000 100000", 8)]
)
def test_a_version_2_quota_limits_the_cores(tmp_path, eight_cores, quota, cores):
    root = machine(tmp_path, groups="0::/\n", files={"cpu.max": quota})
    assert hardware_cpu.num_usable_cores(root) == cores


def test_the_limit_of_a_parent_group_binds(tmp_path, eight_cores):
    files = {
        "a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000", "a/memory.max": "1000", "a/b/memory.max": "2000"
    }  # fmt: skip
    root = machine(tmp_path, groups="0::/a/b\n", files=files)
    assert hardware_cpu.num_usable_cores(root) == 3
    assert hardware_cpu.memory_limit_bytes(root) == 1000


def test_a_version_1_quota_limits_the_cores(tmp_path, eight_cores):
    files = {
        "cpu/cpu.cfs_quota_us": "400000",
        "cpu/cpu.cfs_period_us": "100000",
        "memory/x/memory.limit_in_bytes": "77",
    }
    root = machine(tmp_path, groups="4:memory:/x\n3:cpu,cpuacct:/outside/unseen\n", files=files)
    assert hardware_cpu.num_usable_cores(root) == 4
    assert hardware_cpu.memory_limit_bytes(root) == 77


def test_a_version_1_group_without_quota_limits_nothing(tmp_path, eight_cores):
    files = {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}
    assert hardware_cpu.num_usable_cores(machine(tmp_path, groups="3:cpu:/\n", files=files)) == 8


def test_what_a_control_group_leaves_counts_files_in_memory_as_left(tmp_path):
    files = {
        "a/memory.max": "5000", "a/memory.current": "4000", "a/memory.stat": "anon 1\ninactive_file 600\nfile 9",
        "memory.max": "max", "memory.current": "9000", "memory.stat": "anon 1",
    }  # fmt: skip
    assert hardware_cpu.memory_left_bytes(machine(tmp_path, groups="0::/a\n", files=files)) == 1600


def test_a_version_1_group_leaves_its_limit_less_its_use(tmp_path):
    files = {
        "memory/memory.limit_in_bytes": "5000",
        "memory/memory.usage_in_bytes": "5500",
        "memory/memory.stat": "total_inactive_file 200",
    }
    assert hardware_cpu.memory_left_bytes(machine(tmp_path, groups="3:memory:/\n", files=files)) == 0
    assert hardware_cpu.memory_left_bytes(tmp_path / "nothing") is None


def test_this_machine_is_measured_once():
    found = measure()
    assert measure() is found
    assert 1 <= found.num_usable_cores <= found.num_logical_cores
    assert 1 <= found.num_physical_cores <= found.num_logical_cores
    assert 0 < found.ram_usable_bytes <= found.ram_total_bytes
    assert 0 < found.ram_free_bytes <= found.ram_usable_bytes
    assert bool(found.gpus) != bool(found.no_gpu_reason)


@pytest.mark.skipif(platform.system() != "Linux", reason="py-cpuinfo takes a second")
def test_measuring_takes_less_than_50_ms():
    took = []
    for _ in range(5):
        measure.cache_clear()
        start = time.perf_counter()
        found = measure()
        took.append(time.perf_counter() - start)
    assert min(took) < (0.05 if not found.gpus else 1)


def test_the_hardware_class_tells_what_can_change_results():
    here = measure().model_copy(update={"gpus": ()})
    gpu = Gpu(index=0, name="H100", total_bytes=2, free_bytes=1, compute_capability="9.0", driver="1")
    assert here.hardware_class() == here.model_copy(update={"ram_total_bytes": 1}).hardware_class()
    assert here.hardware_class() != here.model_copy(update={"gpus": (gpu,)}).hardware_class()
    assert here.hardware_class() != here.model_copy(update={"instruction_sets": ("avx2",)}).hardware_class()
    assert here.hardware_class().endswith("no gpu")


def test_a_driver_that_does_not_answer_is_the_reason_for_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "_NVIDIA_NODES", (tmp_path,))
    found, reason = hardware.measure_gpus()
    assert bool(found) != bool(reason)


def test_a_device_is_described_by_its_driver(tmp_path, monkeypatch):
    """No device here: the driver's answers are made up, its questions are checked against the real library."""
    answers = {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlDeviceGetCount": 1,
        "nvmlDeviceGetHandleByIndex": "handle",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 << 30, free=79 << 30, used=1 << 30),
        "nvmlDeviceGetCudaComputeCapability": (9, 0),
        "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
        "nvmlSystemGetDriverVersion": "570.86.15",
    }
    monkeypatch.setattr(hardware, "_NVIDIA_NODES", (tmp_path,))
    for question, answer in answers.items():
        monkeypatch.setattr(pynvml, question, lambda *_, answer=answer: answer)
    found, reason = hardware.measure_gpus()
    assert reason == ""
    assert [gpu.model_dump() for gpu in found] == [
        {
            "index": 0,
            "name": "NVIDIA H100 80GB HBM3",
            "total_bytes": 80 << 30,
            "free_bytes": 79 << 30,
            "compute_capability": "9.0",
            "driver": "570.86.15",
            "unified": False,
        }
    ]

    def refuse(_):
        raise pynvml.NVMLError_NotSupported

    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", refuse)
    shared = hardware.measure_gpus()[0][0]
    assert shared.unified
    assert 0 < shared.free_bytes < shared.total_bytes == measure().ram_total_bytes


def test_containers_reach_a_gpu_by_cdi_or_by_the_docker_runtime(tmp_path, monkeypatch):
    docker = tmp_path / "docker"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hardware, "_CDI_FOLDERS", (tmp_path / "cdi",))
    assert hardware.container_gpu_runtime() == ""
    docker.write_text('#!/bin/sh\necho \'{"runc": {}, "nvidia": {}}\'\n')
    docker.chmod(0o755)
    assert hardware.container_gpu_runtime() == "nvidia runtime"
    docker.write_text("#!/bin/sh\necho '{\"runc\": {}}'\n")
    assert hardware.container_gpu_runtime() == ""
    docker.write_text("#!/bin/sh\nexit 1\n")
    assert hardware.container_gpu_runtime() == ""
    (tmp_path / "cdi").mkdir()
    (tmp_path / "cdi" / "nvidia.yaml").touch()
    assert hardware.container_gpu_runtime() == "CDI"
