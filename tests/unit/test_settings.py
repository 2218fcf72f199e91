"""Test how settings are read, refused and shown.

tests/unit/test_settings.py - v0.1.0
"""

from pathlib import Path

import pytest
from pydantic import ValidationError

from seedbed.errors import UserError, WorldError
from seedbed.logging_redaction import redact_text
from seedbed.settings import explain, known_settings, load_settings, project_folder
from seedbed.settings_transport import CONNECTIONS

SECRET = "correct-horse-battery"


def refusal(environ, folder):
    with pytest.raises(UserError) as caught:
        load_settings(environ, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def source_of(name, environ, folder):
    return next(each.source for each in explain(environ, folder) if each.name == name)


def test_nothing_set_gives_defaults_and_makes_nothing(tmp_path):
    settings = load_settings({}, tmp_path)
    assert settings.environment == "dev"
    assert settings.home == tmp_path / ".seedbed"
    assert settings.store.kind == "chroma"
    assert list(tmp_path.iterdir()) == []


def test_the_environment_sets_a_field_in_any_case(tmp_path):
    environ = {"seedbed_store__kind": "qdrant", "SEEDBED_CHUNK__TOKENS": "128", "log_level": "debug"}
    settings = load_settings(environ, tmp_path)
    assert settings.store.kind == "qdrant"
    assert settings.chunk.tokens == 128
    assert settings.log.level == "DEBUG"


def test_explicit_wins_over_environment_over_env_file_over_secrets_over_default(tmp_path):
    variable = "SEEDBED_STORE__COLLECTION"
    (tmp_path / "secrets").mkdir()
    assert load_settings({}, tmp_path).store.collection is None
    (tmp_path / "secrets" / variable).write_text("from-secrets\n")
    assert load_settings({}, tmp_path).store.collection == "from-secrets"
    assert source_of("store.collection", {}, tmp_path) == "secrets dir"
    (tmp_path / ".env").write_text(f"{variable}=from-file\n")
    assert load_settings({}, tmp_path).store.collection == "from-file"
    assert source_of("store.collection", {}, tmp_path) == ".env"
    environ = {variable: "from-environment"}
    assert load_settings(environ, tmp_path).store.collection == "from-environment"
    assert source_of("store.collection", environ, tmp_path) == "environment"
    explicit = {"store.collection": "from-argument"}
    assert load_settings(environ, tmp_path, explicit).store.collection == "from-argument"


def test_fields_of_one_section_may_come_from_different_sources(tmp_path):
    (tmp_path / ".env").write_text("SEEDBED_STORE__URL=https://store.example\n")
    settings = load_settings({"SEEDBED_STORE__KIND": "qdrant"}, tmp_path)
    assert (settings.store.kind, settings.store.url) == ("qdrant", "https://store.example")


@pytest.mark.parametrize(("environment", "file"), [("dev", ".env"), ("staging", ".env.staging"), ("prod", ".env.prod")])
def test_environment_picks_the_env_file(tmp_path, environment, file):
    for name in (".env", ".env.staging", ".env.prod"):
        (tmp_path / name).write_text(f"SEEDBED_CORPUS__SPLIT={name.replace('.', '_')}\n")
    settings = load_settings({"ENVIRONMENT": environment}, tmp_path)
    assert settings.environment == environment
    assert settings.corpus.split == file.replace(".", "_")


def test_values_in_an_env_file_are_taken_as_written(tmp_path):
    (tmp_path / ".env").write_text("SEEDBED_EMBEDDING__QUERY_PROMPT='a ${HOME} b'\nOTHER=ignored\n")
    assert load_settings({}, tmp_path).embedding.query_prompt == "a ${HOME} b"


def test_an_env_file_that_names_another_environment_is_refused(tmp_path):
    (tmp_path / ".env").write_text("ENVIRONMENT=prod\n")
    assert ".env says ENVIRONMENT=prod, but it is read because ENVIRONMENT=dev" in refusal({}, tmp_path)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SEEDBED_STROE__KIND", "SEEDBED_STORE__KIND"),
        ("SEEDBED_STORE__KNID", "SEEDBED_STORE__KIND"),
        ("seedbed_hoem", "SEEDBED_HOME"),
        ("SEEDBED_LOG__LEVEL", "LOG_LEVEL"),
        ("SEEDBED_LOG_LEVEL", "LOG_LEVEL"),
        ("SEEDBED_STORE_KIND", "SEEDBED_STORE__KIND"),
    ],
)
@pytest.mark.parametrize("source", ["environment", ".env", "secrets dir"])
def test_a_name_that_sets_nothing_is_refused_with_the_nearest_name(tmp_path, name, meant, source):
    environ = {}
    if source == "environment":
        environ = {name: "x"}
    elif source == ".env":
        (tmp_path / ".env").write_text(f"{name}=x\n")
    else:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / name).write_text("x")
    message = refusal(environ, tmp_path)
    assert message.startswith(f"{name.upper()} in {source} sets nothing (did you mean {meant}?)")


def test_a_name_like_no_other_is_refused_without_a_guess(tmp_path):
    assert refusal({"SEEDBED_QQWWQQ__QWQ": "1"}, tmp_path).startswith(
        "SEEDBED_QQWWQQ__QWQ in environment sets nothing; "
    )


def test_a_whole_section_in_one_variable_is_refused(tmp_path):
    assert "SEEDBED_STORE in environment sets nothing" in refusal({"SEEDBED_STORE": '{"kind": "qdrant"}'}, tmp_path)


def test_a_wrong_value_is_named_with_its_source_and_what_is_allowed(tmp_path):
    (tmp_path / ".env.staging").write_text("SEEDBED_STORE__KIND=faiss\n")
    message = refusal({"ENVIRONMENT": "staging"}, tmp_path)
    assert message.startswith(
        "SEEDBED_STORE__KIND='faiss' (.env.staging) is not allowed: Input should be 'chroma' or 'qdrant'; "
    )


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SEEDBED_STORE__COLLECTION", "3 to 40 of a-z, 0-9, _ and -"),
        ("SEEDBED_CORPUS__SPLIT", "letters, digits, _ and -"),
    ],
)
def test_a_form_is_told_in_words_not_as_a_pattern(tmp_path, variable, words):
    message = refusal({variable: "Bad Name"}, tmp_path)
    assert words in message
    assert "^" not in message


def test_every_wrong_value_is_named_at_once(tmp_path):
    message = refusal({"SEEDBED_CHUNK__TOKENS": "-1", "LOG_LEVEL": "loud"}, tmp_path)
    assert "SEEDBED_CHUNK__TOKENS='-1'" in message
    assert "LOG_LEVEL='loud'" in message


def test_an_unknown_environment_is_refused_with_the_nearest(tmp_path):
    assert "did you mean 'prod'?" in refusal({"ENVIRONMENT": "prd"}, tmp_path)


def test_a_variable_without_a_value_in_the_env_file_is_refused(tmp_path):
    (tmp_path / ".env").write_text("SEEDBED_STORE__KIND\n")
    assert "SEEDBED_STORE__KIND in .env has no value" in refusal({}, tmp_path)


@pytest.mark.parametrize(
    "line", ["SEEDBED_STORE__KIND qdrant", "SEEDBED_STORE__KIND='qdrant", "=qdrant", "SEEDBED_STORE__KIND: qdrant"]
)
def test_a_line_that_is_no_assignment_is_refused_by_its_number_and_not_shown(tmp_path, line):
    (tmp_path / ".env").write_text(f"# a comment\nOTHER=1\n\n  \n{line}\nLOG_LEVEL=DEBUG\n")
    message = refusal({}, tmp_path)
    assert message.startswith(".env line 5 is no assignment; write NAME=value")
    assert "qdrant" not in message


def test_everything_that_is_an_assignment_is_read(tmp_path):
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfSEEDBED_CORPUS__SPLIT=dev\r\nexport SEEDBED_STORE__KIND=qdrant # why\r\nOTHER\r\n\r\n"
        b'SEEDBED_STORE__URL = "https://store.example"\r\nLOG_LEVEL=DEBUG\nLOG_LEVEL=ERROR'
    )
    settings = load_settings({}, tmp_path)
    assert (settings.store.kind, settings.store.url) == ("qdrant", "https://store.example")
    assert (settings.log.level, settings.corpus.split) == ("ERROR", "dev")


def test_a_secrets_directory_that_is_none_is_refused(tmp_path):
    assert "is no directory" in refusal({"SEEDBED_SECRETS_DIR": str(tmp_path / "away")}, tmp_path)


def test_secrets_come_without_their_line_end_and_other_files_are_left_alone(tmp_path):
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "seedbed_store__api_key").write_text(f"{SECRET}\n")
    (tmp_path / "mounted" / "db_password").write_bytes(b"\xff")
    (tmp_path / "mounted" / "..data").mkdir()
    settings = load_settings({"SEEDBED_SECRETS_DIR": str(tmp_path / "mounted")}, tmp_path)
    assert settings.store.api_key is not None
    assert settings.store.api_key.get_secret_value() == SECRET


def test_a_secret_that_is_no_text_is_the_worlds_fault(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SENTRY_DSN").write_bytes(b"\xff\xfe")
    with pytest.raises(WorldError, match="not UTF-8"):
        load_settings({}, tmp_path)


def test_a_secret_of_unreasonable_length_is_refused(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SENTRY_DSN").write_text("x" * 70_000)
    assert "longer than" in refusal({}, tmp_path)


@pytest.mark.parametrize("secret", ["changeme", "devpass", "Admin", ""])
def test_default_secrets_are_accepted_in_dev_and_refused_elsewhere(tmp_path, secret):
    environ = {"SEEDBED_TRACKING__PASSWORD": secret}
    load_settings(environ, tmp_path)
    for environment in ("staging", "prod"):
        message = refusal({**environ, "ENVIRONMENT": environment}, tmp_path)
        assert message.startswith("SEEDBED_TRACKING__PASSWORD is empty or a well-known default")


PLAIN = {
    "SEEDBED_STORE__URL": "http://store.example:6333",
    "SEEDBED_TRACKING__URI": "http://store.example",
    "PREFECT_API_URL": "http://store.example:4200/api",
    "SEEDBED_API__REDIS_URL": "redis://:correct-horse-battery@store.example:6379/0",
    "SEEDBED_INDEXING__LEDGER_URL": "postgresql://me:correct-horse-battery@store.example/ledger",
}


@pytest.mark.parametrize(("variable", "url"), PLAIN.items())
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_outside_dev_nothing_goes_unencrypted_over_a_network_that_is_not_declared_internal(
    tmp_path, variable, url, environment
):
    environ = {variable: url, "SEEDBED_API__KEY": SECRET * 2}
    load_settings(environ, tmp_path)
    said = refusal({**environ, "ENVIRONMENT": environment}, tmp_path)
    assert said.startswith(f"{variable} does not ask for encryption on the way to 'store.example'")
    assert said.endswith("SEEDBED_INTERNAL_HOSTS=store.example")
    assert SECRET not in said
    load_settings({**environ, "ENVIRONMENT": environment, "SEEDBED_INTERNAL_HOSTS": "other, store.example"}, tmp_path)
    refusal({**environ, "ENVIRONMENT": environment, "SEEDBED_INTERNAL_HOSTS": "example"}, tmp_path)


@pytest.mark.parametrize(
    "url", ["https://store.example", "http://127.0.0.1:6333", "http://localhost:6333", "http://[::1]"]
)
def test_a_secret_over_https_or_to_this_machine_is_fine_everywhere(tmp_path, url):
    load_settings({"SEEDBED_STORE__URL": url, "SEEDBED_STORE__API_KEY": SECRET, "ENVIRONMENT": "prod"}, tmp_path)


def test_addresses_of_an_internal_network_are_internal_and_their_neighbours_are_not(tmp_path):
    environ = {"ENVIRONMENT": "prod", "SEEDBED_INTERNAL_HOSTS": "10.8.0.0/24"}
    load_settings({**environ, "SEEDBED_STORE__URL": "http://10.8.0.7:6333"}, tmp_path)
    refusal({**environ, "SEEDBED_STORE__URL": "http://10.8.1.7:6333"}, tmp_path)


@pytest.mark.parametrize("internal", ["*", "http://mlflow", "0.0.0.0/0", "8.8.8.0/24", "10.8.0.7/24", "a b"])
def test_only_host_names_and_private_networks_can_be_declared_internal(tmp_path, internal):
    assert "neither a host name nor a private network" in refusal({"SEEDBED_INTERNAL_HOSTS": internal}, tmp_path)


def test_every_setting_that_names_a_server_is_looked_at_or_left_out_for_a_reason():
    checked_elsewhere = {"api.jwks_url"}  # https in every environment
    named = {each.name for each in known_settings() if each.name.rpartition(".")[2].endswith(("url", "uri"))}
    assert named == CONNECTIONS.keys() | checked_elsewhere


def test_secrets_are_never_shown_or_logged_once_loaded(tmp_path):
    environ = {"SEEDBED_STORE__API_KEY": SECRET, "SEEDBED_TRACKING__URI": "postgresql://ada:hunter2@db/mlflow"}
    settings = load_settings(environ, tmp_path)
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
    shown = repr(explain(environ, tmp_path))
    assert SECRET not in shown
    assert "hunter2" not in shown
    assert redact_text(f"it was {SECRET}!") == "it was ***!"


def test_the_value_of_a_wrong_secret_is_not_in_the_error(tmp_path):
    message = refusal({"SENTRY_DSN": SECRET, "LOG_LEVEL": f"postgres://a:{SECRET}@b/c"}, tmp_path)
    assert SECRET not in message


def test_an_empty_sentry_dsn_is_none(tmp_path):
    assert load_settings({"SENTRY_DSN": "", "ENVIRONMENT": "prod"}, tmp_path).log.sentry_dsn is None


@pytest.mark.parametrize("source", ["environment", ".env"])
def test_a_variable_that_is_set_to_nothing_is_not_set(tmp_path, source):
    fields = [each for each in known_settings() if each.name not in ("environment", "home")]
    empty = {each.variable: "" for each in fields if each.default is None or not each.takes.startswith("string")}
    assert {"SEEDBED_STORE__URL", "SEEDBED_CORPUS__PATH", "SEEDBED_EMBEDDING__MAX_TOKENS"} < set(empty)
    environ = empty if source == "environment" else {}
    (tmp_path / ".env").write_text("".join(f"{name}=\n" for name in empty if source == ".env"))
    assert load_settings(environ, tmp_path) == load_settings({}, tmp_path / "elsewhere").model_copy(
        update={"home": tmp_path / ".seedbed"}
    )


def test_an_empty_home_is_not_the_project_folder(tmp_path):
    assert load_settings({"SEEDBED_HOME": ""}, tmp_path).home == tmp_path / ".seedbed"


def test_nothing_in_a_stronger_source_wins_over_something_in_a_weaker(tmp_path):
    (tmp_path / ".env").write_text("SEEDBED_STORE__URL=https://store.example\n")
    assert load_settings({"SEEDBED_STORE__URL": ""}, tmp_path).store.url is None


def test_a_text_may_be_empty_where_its_field_lets_it(tmp_path):
    assert load_settings({"SEEDBED_CORPUS__TITLE_FIELD": ""}, tmp_path).corpus.title_field == ""
    assert "SEEDBED_CORPUS__SPLIT=''" in refusal({"SEEDBED_CORPUS__SPLIT": ""}, tmp_path)


def test_errors_are_reported_under_the_environment(tmp_path):
    assert load_settings({"ENVIRONMENT": "staging"}, tmp_path).log.sentry_environment == "staging"


def test_sections_cannot_be_changed(tmp_path):
    settings = load_settings({}, tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.store.kind = "qdrant"
    with pytest.raises(ValidationError, match="frozen"):
        settings.home = tmp_path


def test_home_is_absolute_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert load_settings({"SEEDBED_HOME": "state"}, tmp_path).home == tmp_path / "state"
    assert load_settings({"SEEDBED_HOME": "/var/state"}, tmp_path).home == Path("/var/state")
    assert load_settings({"SEEDBED_HOME": "~/state"}, tmp_path).home == Path.home() / "state"


def test_a_folder_of_the_store_is_absolute_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    for given, folder in {"db": tmp_path / "db", "/var/db": Path("/var/db"), "~/db": Path.home() / "db"}.items():
        settings = load_settings({"SEEDBED_STORE__PATH": given}, tmp_path)
        assert settings.store.path == folder
        assert "path" in settings.store.model_fields_set  # it counts as set where an experiment has a default


@pytest.mark.parametrize("mark", [".seedbed", "pyproject.toml", ".git"])
def test_the_project_folder_is_found_from_below(tmp_path, monkeypatch, mark):
    (tmp_path / mark).mkdir()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project_folder() == tmp_path


def test_the_process_environment_is_read_when_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEDBED_STORE__KIND", "qdrant")
    monkeypatch.chdir(tmp_path)
    assert load_settings().store.kind == "qdrant"


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("postgresql://me:long-and-secret@db.example/ledger", True),
        ("postgresql://me:long-and-secret@db.example/ledger?sslmode=prefer", True),
        ("postgresql:///ledger?host=db.example", True),
        ("postgresql:///ledger?host=/var/run/postgresql,db.example:5433", True),
        ("postgresql://me:long-and-secret@db.example/ledger?sslmode=verify-full", False),
        ("postgresql+psycopg://me:long-and-secret@127.0.0.1:5433/ledger", False),
        ("postgresql:///ledger?host=/var/run/postgresql", False),
    ],
)
def test_a_ledger_elsewhere_is_reached_encrypted_outside_dev(tmp_path, address, refused):
    environ = {"SEEDBED_INDEXING__LEDGER_URL": address}
    assert load_settings(environ, tmp_path).indexing.ledger_url.get_secret_value() == address
    environ |= {"ENVIRONMENT": "prod"}
    if refused:
        said = refusal(environ, tmp_path)
        assert "SEEDBED_INDEXING__LEDGER_URL does not ask for encryption" in said
        assert "sslmode=verify-full" in said
        assert "long-and-secret" not in said
    else:
        load_settings(environ, tmp_path)


def test_a_ledger_that_is_no_postgresql_is_refused_without_being_shown(tmp_path):
    said = refusal({"SEEDBED_INDEXING__LEDGER_URL": "mysql://me:hunter22@db/x"}, tmp_path)
    assert "names no PostgreSQL; write postgresql://user:password@host/database" in said
    assert "hunter22" not in said
