"""State how a configuration comes about, and which words on the command line are refused.

tests/unit/experiments/test_overrides.py - v0.1.0
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, create_model, model_validator

from seedbed.errors import UserError
from seedbed.experiments.overrides import resolve

type Optimizer = Literal["adam", "sgd"]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["one", "two"] = "one"
    size: PositiveInt = Field(8, le=100)
    path: Path | None = None
    code: str | None = Field(None, pattern="^[a-z]{2}$", description="two small letters", examples=["ab"])
    api_key: SecretStr | None = None


class Config(BaseModel):  # one field for every kind of value
    model_config = ConfigDict(frozen=True, extra="forbid")

    top_k: PositiveInt = 10
    rate: float = 0.5
    name: str = "plain"
    label: str | None = None
    exact: bool = False
    tokens: PositiveInt | Literal["auto"] = "auto"
    optimizer: Optimizer = "adam"
    colour: Colour = Colour.RED
    widths: tuple[int, ...] = (1, 2)
    weights: dict[str, float] = {}
    short: Annotated[str, Field(max_length=3)] = "abc"
    section: Section = Section(size=16)
    spare: Section | None = None

    @model_validator(mode="after")
    def _agrees(self):
        if self.top_k > 50 and self.exact:
            raise ValueError("exact takes at most 50")
        return self


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("top_k=20", "top_k", 20),
        ("rate=1e-3", "rate", 1e-3),
        ("rate=2", "rate", 2.0),
        ("exact=true", "exact", True),
        ("name=7", "name", "7"),
        ("name=null", "name", "null"),
        ("name=[1, 2]", "name", "[1, 2]"),
        ("name=a=b", "name", "a=b"),
        ("name=", "name", ""),
        ("label=null", "label", None),
        ("label=text", "label", "text"),
        ("tokens=64", "tokens", 64),
        ("tokens=auto", "tokens", "auto"),
        ("optimizer=sgd", "optimizer", "sgd"),
        ("colour=blue", "colour", Colour.BLUE),
        ("widths=[3, 4]", "widths", (3, 4)),
        ("widths=[]", "widths", ()),
        ('weights={"a": 1}', "weights", {"a": 1.0}),
        ("section.path=some/where", "section", Section(size=16, path=Path("some/where"))),
        ("section.kind=two", "section", Section(size=16, kind="two")),
        ("section.size=7", "section", Section(size=7)),
        ("section.path=null", "section", Section(size=16)),
        ("spare.kind=two", "spare", Section(kind="two")),
    ],
)
def test_value_becomes_what_its_field_declares(override, key, value):
    config = resolve(Config, overrides=[override])

    assert getattr(config, key) == value
    assert type(getattr(config, key)) is type(value)
    assert config.model_copy(update={key: getattr(Config(), key)}) == Config()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        pytest.param(["top_k=abc"], "^top_k=abc: .*valid integer.*Example: top_k=10$", id="no integer"),
        pytest.param(["top_k=true"], "valid integer", id="a bool is no integer"),
        pytest.param(["top_k=-1"], "greater than 0", id="out of bounds"),
        pytest.param(["top_k=1.5"], "valid integer", id="a fraction is no integer"),
        pytest.param(["exact=maybe"], "valid boolean", id="no bool"),
        pytest.param(["optimizer=lion"], "'adam' or 'sgd'", id="no choice of a literal"),
        pytest.param(["short=abcd"], "at most 3", id="annotated bound"),
        pytest.param(["section.size=101"], "less than or equal to 100", id="bound in a section"),
        pytest.param(["widths=[1, true]"], "valid integer", id="wrong item"),
        pytest.param(["widths=1,2"], r"Example: widths=\[1,2\]", id="list shows its form"),
        pytest.param(["top_kk=1"], "'top_kk' is unknown .did you mean 'top_k'.*Example: top_k=10$", id="unknown key"),
        pytest.param(
            ["section.siez=1"],
            "'section.siez' is unknown .did you mean 'section.size'.*Example: section.size=8$",
            id="unknown in section",
        ),
        pytest.param(["size=1"], "'section.size'", id="section forgotten"),
        pytest.param(["sektion.size=1"], "did you mean 'section.size'", id="unknown section"),
        pytest.param(["top_k.x=1"], "'top_k' is one value and has no part 'x'", id="part of a value"),
        pytest.param(["section=1"], "'section' is a section.*section.kind", id="section given as value"),
        pytest.param(["spare=null"], "'spare' is a section", id="optional section given as value"),
        pytest.param(["top_k=1", "top_k=1"], "top_k is set twice", id="twice"),
        pytest.param(["sektion=1"], "did you mean 'section'.*Example: section.kind=one$", id="section misspelt"),
        pytest.param(["section.path.x=1"], "'section.path' is one value.*Example: section.path=...$", id="no default"),
        pytest.param(["short=x y z"], "at most 3 characters. Example: short=abc$", id="example of the key"),
        pytest.param(
            ["section.code=A B"],
            "^section.code=A B: Input should be: two small letters. Example: section.code=ab$",
            id="pattern in words",
        ),
        pytest.param(["top_k"], "no key=value. Example: --set top_k=10$", id="no value"),
        pytest.param(["=1"], "no key=value", id="no key"),
        pytest.param(["top_k=60", "exact=true"], "Config cannot be made: .*exact takes at most 50", id="do not agree"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_line(overrides, words):
    with pytest.raises(UserError, match=words) as caught:
        resolve(Config, overrides=overrides)

    assert "\n" not in str(caught.value)


def test_secret_is_refused_and_not_repeated():
    with pytest.raises(UserError, match="SEEDBED_SECTION__API_KEY in the environment") as caught:
        resolve(Config, overrides=["section.api_key=hunter2"])

    assert "hunter2" not in str(caught.value)


def test_settings_win_over_defaults_and_the_command_line_over_settings():
    given = Section(size=32, kind="two", api_key=SecretStr("hunter2"))

    config = resolve(Config, {"section": given}, ["section.size=64"])

    assert config.section == Section(size=64, kind="two", api_key=SecretStr("hunter2"))


def test_default_of_the_settings_does_not_replace_the_default_of_the_experiment():
    assert resolve(Config, {"section": Section()}).section.size == 16
    assert resolve(Config, {"section": Section(kind="two")}).section == Section(size=16, kind="two")


def test_section_of_the_same_name_and_another_type_is_not_taken():
    other = create_model("Other", size=(int, 5))

    assert resolve(Config, {"section": other(size=6), "unknown": Section(size=1)}) == Config()


def test_needed_value_is_asked_for():
    needy: Any = create_model("Needy", inner=(Section, ...), path=(Path, ...))

    with pytest.raises(UserError, match=r"Needy cannot be made: inner: Field required; path: Field required"):
        resolve(needy)
    assert resolve(needy, overrides=["path=x", "inner.size=2"]).inner.size == 2


@given(st.integers(1), st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_every_value_that_is_written_is_read_back(integer, number, text):
    config = resolve(Config, overrides=[f"top_k={integer}", f"rate={number!r}", f"name={text}"])

    assert (config.top_k, config.rate, config.name) == (integer, number, text)
