"""Check that one number decides every draw, everywhere and always.

tests/unit/tracking/test_seeds.py - v0.1.0
"""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import UserError
from seedbed.tracking.seeds import MAX_SEED, SeedPlan, effective_environment, environment, new_seed

SOURCE = Path(__file__).parents[3] / "src"


def test_draws_are_the_same_on_every_machine_and_version():
    plan = SeedPlan(root=7)
    assert plan.generator("shuffle").integers(0, 2**32, 4).tolist() == [3084934104, 1866810687, 3050445665, 3689497814]
    assert plan.generator("bootstrap").integers(0, 2**32, 2).tolist() == [658535773, 3619246042]
    assert (plan.seed("torch"), plan.seed("numpy")) == (1480037226, 1503425700)
    assert SeedPlan(root=8).generator("shuffle").integers(0, 2**32, 2).tolist() == [4122219172, 4033445548]


@given(root=st.integers(0, MAX_SEED), names=st.lists(st.text(max_size=20), min_size=2, max_size=6, unique=True))
def test_generators_do_not_depend_on_the_order_in_which_they_are_asked_for(root, names):
    plan = SeedPlan(root=root)
    forwards = {name: plan.generator(name).integers(0, 2**63) for name in names}
    backwards = {name: plan.generator(name).integers(0, 2**63) for name in reversed(names)}
    assert forwards == backwards
    assert len(set(forwards.values())) == len(names)
    assert all(0 <= plan.seed(name) < 2**32 for name in names)


@pytest.mark.parametrize("root", [-1, MAX_SEED + 1])
def test_seed_out_of_range_is_refused_with_the_range(root):
    with pytest.raises(UserError, match=rf"seed {root} is out of range; allowed is 0 to {MAX_SEED}"):
        SeedPlan(root=root)


def test_libraries_draw_the_same_after_seeding_and_otherwise_with_another_seed():
    def draws(root: int) -> list[float]:
        SeedPlan(root=root).seed_libraries()
        return [random.random(), float(np.random.rand())]

    assert draws(3) == draws(3) != draws(4)


def test_new_seed_does_not_come_from_the_seeded_generator():
    random.seed(1)
    first = [new_seed() for _ in range(4)]
    random.seed(1)
    assert [new_seed() for _ in range(4)] != first
    assert all(0 <= seed <= MAX_SEED for seed in first)


def test_environment_names_what_must_stand_before_the_libraries_start():
    assert environment(7, num_threads=2) == {
        "PYTHONHASHSEED": "7",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "OMP_NUM_THREADS": "2",
        "MKL_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
    }
    assert environment(7, deterministic=False) == {"PYTHONHASHSEED": "7"}


def test_effective_environment_says_what_is_set_and_nothing_else(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    recorded = effective_environment()
    assert (recorded["OMP_NUM_THREADS"], recorded["PYTHONHASHSEED"]) == ("3", "5")
    assert "MKL_NUM_THREADS" not in recorded


PROGRAM = """
import os, sys
sys.path.insert(0, {source!r})
from seedbed.tracking.seeds import environment, reexec_with
reexec_with(environment({seed}, num_threads=2), ("--drawn", "1"))
print(hash("a text"), os.environ["OMP_NUM_THREADS"], sys.argv[1:], "numpy" in sys.modules)
"""


def run_program(
    folder: Path,
    seed: int,
    *how: str,
    stdin: str | None = None,
    words: tuple[str, ...] = ("--flag", "two words"),
    **variables: str,
) -> str:
    program = folder / "program.py"
    program.write_text(PROGRAM.format(source=str(SOURCE), seed=seed))
    command = [sys.executable, *(how or (str(program),)), *(words if stdin is None else ())]
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environ.pop("PYTHONHASHSEED", None)
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=environ | variables, cwd=folder, input=stdin
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_program_is_started_anew_with_its_hash_seed_and_its_arguments(tmp_path):
    first = run_program(tmp_path, 7)
    assert first == run_program(tmp_path, 7)
    assert first.split()[0] != run_program(tmp_path, 8).split()[0]
    assert first.endswith("2 ['--flag', 'two words', '--drawn', '1'] False")


def test_what_was_drawn_stands_before_the_words_that_are_no_options(tmp_path):
    program = (tmp_path / "program.py").name
    for how in ((program,), ("-m", "program")):
        first = run_program(tmp_path, 7, *how, words=("run", "--", "--odd", "--"))
        assert first.endswith("['run', '--drawn', '1', '--', '--odd', '--'] False")


def test_module_and_command_are_started_anew_as_what_they_are(tmp_path):
    expected = run_program(tmp_path, 7).split()[0]
    assert run_program(tmp_path, 7, "-m", "program").split()[0] == expected
    assert run_program(tmp_path, 7, "-c", (tmp_path / "program.py").read_text()).split()[0] == expected


def test_program_read_from_stdin_goes_on_as_it_is(tmp_path):
    run_program(tmp_path, 7)
    text = (tmp_path / "program.py").read_text()
    assert run_program(tmp_path, 7, "-", stdin=text).split()[1] == "2"


def test_thread_count_that_the_user_has_set_stays(tmp_path):
    assert run_program(tmp_path, 7, OMP_NUM_THREADS="5").split()[1] == "5"


def test_importing_the_module_loads_nothing_heavy():
    code = "import sys, seedbed.tracking.seeds; print([m for m in ('numpy', 'torch', 'mlflow') if m in sys.modules])"
    environ = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environ)
    assert done.stdout.strip() == "[]", done.stderr
