"""Test that setting up ends in an environment or in one line that says what to do.

tests/e2e/test_setup.py - v0.1.0

Each test sets up a copy whose lock holds little, so that it takes seconds and, without a network, no index.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from seedbed.cli.diagnosis import lock_drift
from tests.system_parts import needs

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
SYSTEM = "/usr/bin:/bin"
COREUTILS = [
    "awk",
    "basename",
    "cat",
    "cksum",
    "cut",
    "dirname",
    "grep",
    "head",
    "ln",
    "mkdir",
    "printf",
    "rm",
    "sed",
    "sh",
]
COREUTILS += ["sleep", "tail", "tr"]
CAN_MOUNT = (
    subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    if shutil.which("unshare")
    else False
)

pytestmark = pytest.mark.slow
needs_mounts = needs("mount", CAN_MOUNT, "needs unshare(1) and the right to mount a small disk")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project that is as small as one can be which tools/setup.sh sets up."""
    folder = tmp_path / "checkout"
    (folder / "tools").mkdir(parents=True)
    (folder / "src" / "seedbed").mkdir(parents=True)
    (folder / "src" / "seedbed" / "__init__.py").touch()
    shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".python-version").write_text("{}.{}\n".format(*sys.version_info[:2]))
    (folder / "uv.lock").write_text("")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "seedbed"\nversion = "0.1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
    )
    (folder / "build.py").write_text(BACKEND)
    return folder


BACKEND = '''
"""Builds an empty editable wheel without any package: the real backend is in the real lock."""
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "seedbed-0.1.0-py3-none-any.whl"
    info = "seedbed-0.1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: seedbed\\nVersion: 0.1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
'''


def programs(folder: Path, **scripts: str) -> str:
    """Return a PATH that starts with these programs; an empty text stands for the uv of this environment."""
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        file = folder / name
        file.unlink(missing_ok=True)
        if text:
            file.write_text(f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
        else:
            file.symlink_to(UV)
    return f"{folder}:{SYSTEM}"


def set_up(checkout: Path, path: str, *command: str, **environment: str) -> tuple[int, list[str]]:
    """Run the set-up with little else in the environment; return exit code and what it said."""
    clean = {
        "PATH": path,
        "HOME": str(checkout.parent),
        "UV_CACHE_DIR": str(checkout.parent / "cache"),
        "UV_HTTP_RETRIES": "0",
    }
    clean |= {
        "UV_PYTHON_INSTALL_DIR": str(checkout.parent / "pythons"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
    }
    arguments = command or ("sh", "tools/setup.sh")
    done = subprocess.run(arguments, cwd=checkout, env=clean | environment, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with this environment's uv and this interpreter."""
    name = "python{}.{}".format(*sys.version_info[:2])
    base = Path(sys.executable).resolve()
    return programs(tmp_path / "bin", uv="", **{name: f'exec {base} "$@"', "python3": f'exec {base} "$@"'})


def test_set_up_makes_an_environment_and_a_second_time_does_nothing(checkout, path):
    exit_code, words = set_up(checkout, path)
    assert (exit_code, words[-1][:20]) == (0, "setup: ready: .venv ")
    only_shell = programs(checkout.parent / "none", uv="echo called >&2; exit 1", python3="echo called >&2; exit 1")
    assert set_up(checkout, only_shell) == (0, [])


def test_what_the_doctor_advises_mends_an_environment_that_has_drifted_from_the_lock(checkout, path, tmp_path):
    set_up(checkout, path)
    (installed,) = checkout.glob(".venv/lib/python*/site-packages/seedbed-*.dist-info")
    shutil.rmtree(installed)
    (tmp_path / "other.lock").write_text("pytest==0.0.1 \\\n")
    advice = lock_drift(tmp_path / "other.lock").mend.split()
    assert set_up(checkout, path, "make", "setup") == (0, [])
    assert not installed.exists()
    exit_code, words = set_up(checkout, path, *advice)
    assert (exit_code, words[-1][:20]) == (0, "setup: ready: .venv ")
    assert installed.exists()
    assert set_up(checkout, path) == (0, [])


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", ".python-version", "tools/setup.sh"])
def test_a_changed_file_sets_up_again(checkout, path, name):
    set_up(checkout, path)
    with (checkout / name).open("a") as file:
        file.write("\n")
    exit_code, words = set_up(checkout, path)
    assert (exit_code, bool(words)) == (0, True)


def test_make_alone_sets_up(checkout, path):
    assert set_up(checkout, path, "make")[0] == 0
    assert (checkout / ".venv" / "bin" / "python").exists()


def test_other_environments_that_are_active_are_left_alone(checkout, path):
    foreign = {"UV_PYTHON": sys.executable, "VIRTUAL_ENV": sys.prefix, "UV_PROJECT_ENVIRONMENT": sys.prefix}
    assert set_up(checkout, path, **foreign)[0] == 0
    assert (checkout / ".venv" / "pyvenv.cfg").exists()


def test_an_environment_that_does_not_run_is_replaced(checkout, path):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    exit_code, words = set_up(checkout, path)
    assert exit_code == 0
    assert words[0].startswith("setup: replacing .venv")


def test_a_uv_that_fails_like_a_pyenv_shim_is_passed_over(checkout, tmp_path):
    bad = programs(
        tmp_path / "bin", uv="echo 'pyenv: uv: command not found' >&2; exit 127", python3="exit 127", python="exit 127"
    )
    exit_code, words = set_up(checkout, f"{bad.split(':')[0]}:{coreutils(tmp_path)}")
    assert (exit_code, words) == (1, ["setup: no Python found; install Python 3.13 (and make), then run make again"])


def coreutils(folder: Path) -> str:
    """Return a folder with the system's small programs, but no Python and no uv."""
    bin_ = folder / "coreutils"
    bin_.mkdir()
    for name in COREUTILS:
        if found := shutil.which(name, path=SYSTEM):
            (bin_ / name).symlink_to(found)
    return str(bin_)


def test_no_fitting_python_is_one_line(checkout, tmp_path):
    programs(tmp_path / "bin", uv="")
    exit_code, words = set_up(
        checkout, f"{tmp_path / 'bin'}:{coreutils(tmp_path)}", UV_OFFLINE="1", UV_PYTHON_PREFERENCE="only-managed"
    )
    assert exit_code == 1
    assert len(words) == 1
    assert words[0].startswith("setup: no Python 3.12, 3.13 or 3.14 found and none could be downloaded; install")


def test_a_machine_with_another_fitting_python_uses_it_and_says_so(checkout, path):
    (checkout / ".python-version").write_text("3.99\n")
    exit_code, words = set_up(checkout, path, UV_OFFLINE="1")
    assert exit_code == 0
    assert any("Python 3.99 is not here and could not be downloaded; using Python 3." in line for line in words)


def test_no_network_is_one_line(checkout, path):
    (checkout / "uv.lock").write_text(f"rich==14.1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    exit_code, words = set_up(checkout, path, HTTPS_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9")
    assert exit_code == 1
    assert words[-1].startswith("setup: cannot reach what is needed while installing uv.lock (")
    assert "UV_DEFAULT_INDEX=" in words[-1]
    assert len(words) == 2


def test_no_network_for_uv_itself_is_one_line(checkout, tmp_path):
    pinned = f"uv==0.13.9 \\\n    --hash=sha256:{'0' * 64}\n"
    (checkout / "uv.lock").write_text(pinned)
    host = programs(
        tmp_path / "bin",
        python3="[ \"$1\" = -c ] || { echo 'ERROR: Could not find a version that satisfies uv' >&2; exit 1; }",
    )
    exit_code, words = set_up(checkout, host)
    assert exit_code == 1
    assert words[-1].startswith("setup: cannot reach what is needed while installing uv")


def test_a_lock_without_hashes_is_refused(checkout, path):
    (checkout / "uv.lock").write_text("rich==14.1.0\n")
    exit_code, words = set_up(checkout, path, UV_OFFLINE="1")
    assert exit_code == 1
    assert "--require-hashes" in words[-1]


def test_a_file_that_is_not_the_locked_one_is_refused(checkout, path, tmp_path):
    wheel = tmp_path / "index" / "seedling"
    wheel.mkdir(parents=True)
    name = "seedling-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel / name, "w") as archive:
        archive.writestr("seedling-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: seedling\nVersion: 1.0\n")
        archive.writestr(
            "seedling-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("seedling-1.0.dist-info/RECORD", "")
    (wheel / "index.html").write_text(f'<a href="{name}">{name}</a>')
    (checkout / "uv.lock").write_text(f"seedling==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    exit_code, words = set_up(checkout, path, UV_DEFAULT_INDEX=(tmp_path / "index").as_uri())
    assert exit_code == 1
    assert "is not the one that uv.lock names" in words[-1]
    assert "seedling" in words[-1]


@needs_mounts
@pytest.mark.parametrize(
    ("options", "said"),
    [("size=150k", "the disk is full while making .venv"), ("size=1m,ro", "cannot write while making .venv")],
)
def test_a_full_or_read_only_disk_is_one_line(checkout, path, tmp_path, options, said):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o {options.removesuffix(',ro')} tmpfs {disk} && cp -r {checkout}/. {disk} && cd {disk} && "
        + (f"mount -o remount,ro {disk} && " if options.endswith("ro") else "dd if=/dev/zero of=fill 2>/dev/null; ")
        + "sh tools/setup.sh"
    )
    exit_code, words = set_up(checkout, path, "unshare", "-rm", "sh", "-c", script)
    assert exit_code == 1
    assert len(words) == 1
    assert said in words[0]


@pytest.mark.parametrize("torch", ["gpu", "cuda"])
def test_an_unknown_torch_build_names_the_known_ones(checkout, path, torch):
    expected = f"setup: TORCH={torch} is unknown; choose cpu or lock. Example: make demo TORCH=cpu"
    assert set_up(checkout, path, TORCH=torch) == (1, [expected])


def test_torch_for_cpu_leaves_out_what_only_cuda_needs(checkout, tmp_path):
    shutil.copy(ROOT / "uv.lock", checkout)
    recorder = (
        'case "$*" in *--help*) echo --torch-backend ;; '
        '"venv "*) mkdir -p .venv/bin; ln -sf "$REAL" .venv/bin/python ;; *) echo "$*" >>calls ;; esac'
    )
    fake = programs(tmp_path / "bin", uv=recorder)
    exit_code, words = set_up(checkout, fake, TORCH="cpu", REAL=sys.executable)
    assert exit_code == 0, words
    names = {line.split("==")[0] for line in (checkout / ".venv/cpu.lock").read_text().splitlines() if "==" in line}
    assert names >= {"numpy", "nvidia-ml-py", "sentence-transformers"}
    assert not {
        name for name in names if name in ("torch", "triton") or name.startswith(("nvidia-cu", "cuda-", "nvidia-nccl"))
    }
    calls = (checkout / "calls").read_text()
    assert "--no-deps --torch-backend cpu torch==" in calls
    (checkout / "calls").unlink()
    assert set_up(checkout, fake, REAL=sys.executable) == (0, [])  # remembered
    set_up(checkout, fake, TORCH="lock", REAL=sys.executable)
    assert "--torch-backend" not in (checkout / "calls").read_text()
