"""Install a spaCy model as a package, as those that others publish are, and serve it.

tests/integration/test_ner_packages.py - v0.1.0
"""

import json
import sys

import pytest

from seedbed import wiring_ner
from seedbed.errors import UserError
from seedbed.missing import MissingError
from seedbed.ner.config import PREFERRED_PACKAGE, NerConfig
from seedbed.settings import load_settings
from seedbed.tracking.config import TrackingConfig
from tests.ner_model import small_champion, small_model

PLAIN = "en_small_places"
LOADS_ITSELF = """
from spacy.util import load_model_from_init_py


def load(**overrides):
    return load_model_from_init_py(__file__, **overrides)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A folder that holds two packages, laid out as `spacy package` does and an installer leaves them."""
    site = tmp_path_factory.mktemp("site")
    for name in (PLAIN, PREFERRED_PACKAGE):
        (site / name).mkdir()
        model = small_model(site / name / f"{name}-1.2.3")
        meta = json.loads((model / "meta.json").read_text()) | {"name": name.removeprefix("en_"), "version": "1.2.3"}
        (site / name / "meta.json").write_text(json.dumps(meta))
        (site / name / "__init__.py").write_text(LOADS_ITSELF)
        (site / f"{name}-1.2.3.dist-info").mkdir()
        (site / f"{name}-1.2.3.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.2.3\n")
    return site


@pytest.fixture
def installed(packages, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(packages), *sys.path])
    yield
    for name in (PLAIN, PREFERRED_PACKAGE):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("installed")
def test_installed_package_is_served_under_its_name_and_version(home):
    served = wiring_ner.recognizer(NerConfig(model=PLAIN), home)
    identity = served.identity()

    assert (identity.name, identity.version, identity.labels) == (PLAIN, "1.2.3", ("GPE",))
    assert (identity.run_id, len(identity.digest)) == (None, 32)
    assert [each.text for each in served.recognize(["Lisbon, then Oslo."])[0].entities] == ["Lisbon", "Oslo"]


@pytest.mark.usefixtures("installed")
def test_preferred_package_is_the_default_where_nobody_has_trained_a_champion(home, monkeypatch):
    monkeypatch.setattr(wiring_ner, "train_ner", lambda *_: pytest.fail("trained"))
    wiring_ner.ensure_default_model(load_settings(), lambda *_: None)

    assert wiring_ner.recognizer(NerConfig(), home).identity().name == PREFERRED_PACKAGE
    with pytest.raises(UserError, match="'champion' is no alias"):
        wiring_ner.recognizer(NerConfig(model="champion"), home).identity()


@pytest.mark.usefixtures("installed")
def test_champion_comes_before_the_preferred_package(home):
    small_champion(home)

    assert wiring_ner.recognizer(NerConfig(), home).identity().name == "seedbed-ner"


@pytest.mark.parametrize(("name", "is_missing"), [(None, True), ("champion", False)])
def test_no_model_where_none_was_asked_for_is_told_from_one_that_is_not_there(name, is_missing, home):
    with pytest.raises(UserError) as refused:
        wiring_ner.find_model(NerConfig(model=name), home, TrackingConfig())
    assert isinstance(refused.value, MissingError) is is_missing


@pytest.mark.parametrize("name", ["numpy", "scikit-learn", "no.such.thing"])
def test_package_without_a_model_is_none(name, home):
    with pytest.raises(UserError, match="no installed package"):
        wiring_ner.find_model(NerConfig(model=name), home, TrackingConfig())
