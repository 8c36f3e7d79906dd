"""Settings come from the environment; what is wrong is told in one line and without values."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lethe.alert.settings import AlertSettings
from lethe.contracts.errors import InvalidInput
from lethe.runtime.broker_settings import BrokerSecurity
from lethe.runtime.settings import ServiceSettings, load_settings

SECRET = "correct horse battery staple"
NEEDED = {
    "LETHE_INSTANCE_ID": "match-1",
    "LETHE_ROSTER_FILE": "/run/roster.json",
    "LETHE_ROSTER_ROOT": "00" * 32,
    "LETHE_SIGNING_KEY_FILE": "/run/keys/match.key",
}


@pytest.fixture(autouse=True)
def _only_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def told(kind: type[ServiceSettings] = ServiceSettings) -> str:
    """Return the line that a user reads about settings that don't do."""
    with pytest.raises(InvalidInput) as caught:
        load_settings(kind)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.__cause__ is None
    return line


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_BROKER", "kafka:9092")
    monkeypatch.setenv("LETHE_HTTP_PORT", "8080")
    settings = load_settings(ServiceSettings)
    assert (settings.instance_id, settings.broker, settings.http_port) == (
        "match-1",
        "kafka:9092",
        8080,
    )
    assert settings.membership()["signing_key_file"] == Path("/run/keys/match.key")
    assert settings.identity("match", "boot-1") == {
        "instance_id": "match-1",
        "role": "match",
        "boot": "boot-1",
    }


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.delenv(name)
    line = told()
    assert all(name in line for name in NEEDED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LETHE_HTTP_PORT", "70000"),
        ("LETHE_HTTP_PORT", SECRET),
        ("LETHE_BROKER_SECURITY", SECRET),
        ("LETHE_LOG_FORMAT", SECRET),
        ("LETHE_ALLOW_LOCAL_ORDERS", SECRET),
    ],
)
def test_a_wrong_value_is_told_by_its_name_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    line = told()
    assert name in line
    assert value not in line


def test_the_retention_budget_is_never_above_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_BUDGET_MS", "1001")
    assert "LETHE_BUDGET_MS" in told()


def test_a_list_that_is_no_json_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_DATA_DIR", "data")
    monkeypatch.setenv("LETHE_ALLOWED_HOSTS", SECRET)
    line = told(AlertSettings)
    assert "allowed_hosts" in line
    assert "JSON" in line
    assert SECRET not in line


@pytest.mark.parametrize("given", ["LETHE_BROKER_USERNAME", "LETHE_BROKER_PASSWORD"])
def test_sasl_needs_a_name_and_a_password(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("LETHE_BROKER_SECURITY", "SASL_SSL")
    monkeypatch.setenv(given, SECRET)
    line = told()
    assert "LETHE_BROKER_USERNAME and LETHE_BROKER_PASSWORD are needed" in line
    assert SECRET not in line


@pytest.mark.parametrize("given", ["LETHE_BROKER_CERTIFICATE_FILE", "LETHE_BROKER_KEY_FILE"])
def test_a_client_certificate_needs_its_key(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(given, "/run/tls/file")
    assert "a client certificate needs its key" in told()


def test_the_password_stays_out_of_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_BROKER_SECURITY", "SASL_PLAINTEXT")
    monkeypatch.setenv("LETHE_BROKER_USERNAME", "match")
    monkeypatch.setenv("LETHE_BROKER_PASSWORD", SECRET)
    settings = load_settings(ServiceSettings)
    for shown in (repr(settings), str(settings), str(settings.model_dump()),
                  settings.model_dump_json()):  # fmt: skip
        assert SECRET not in shown
    options = settings.broker_options()
    assert options["sasl_plain_password"] == SECRET
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == (
        "SCRAM-SHA-512",
        "match",
    )
    assert (options["security_protocol"], "ssl_context" in options) == ("SASL_PLAINTEXT", False)


def test_what_the_environment_lacks_is_read_from_the_folder_of_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LETHE_ROSTER_ROOT")
    monkeypatch.setenv("LETHE_DATA_DIR", "data")
    monkeypatch.setenv("LETHE_SECRETS_DIR", str(tmp_path))
    (tmp_path / "lethe_roster_root").write_text("ab" * 32 + "\n")
    (tmp_path / "lethe_database_password").write_text(SECRET)
    (tmp_path / "lethe_token_issuer").write_text("https://issuer.example")
    (tmp_path / "lethe_instance_id").write_text("the environment comes first")
    (tmp_path / "match.key").write_text("not a setting")
    settings = load_settings(AlertSettings)
    assert settings.roster_root == "ab" * 32
    assert settings.database_password is not None
    assert settings.database_password.get_secret_value() == SECRET
    assert settings.instance_id == "match-1"
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("issuer", ["http://issuer.example", "lethe-local"])
def test_an_issuer_needs_https_unless_its_keys_are_in_a_file(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setenv("LETHE_DATA_DIR", "data")
    monkeypatch.setenv("LETHE_TOKEN_ISSUER", issuer)
    with pytest.raises(InvalidInput, match="https"):
        load_settings(AlertSettings)
    monkeypatch.setenv("LETHE_TOKEN_KEYS_FILE", "tokens.jwks")
    assert load_settings(AlertSettings).token_issuer == issuer


def test_a_folder_of_secrets_that_isnt_there_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LETHE_SECRETS_DIR", str(tmp_path / "none"))
    assert "LETHE_SECRETS_DIR" in told()
    assert "isn't a folder" in told()


def test_without_security_no_credentials_are_handed_on() -> None:
    assert load_settings(ServiceSettings).broker_options() == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "PLAINTEXT",
        "client_id": "match-1",
    }


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings(ServiceSettings).broker = "elsewhere:9092"  # type: ignore[misc]


# --- TLS ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="identity")
def identity_(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "match")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "tls.crt", folder / "tls.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def secured(**changes: object) -> ServiceSettings:
    settings = load_settings(ServiceSettings)
    return settings.model_copy(update={"broker_security": BrokerSecurity.SSL} | changes)


def test_tls_checks_the_broker_against_the_given_ca_only(identity: tuple[Path, Path]) -> None:
    context = secured(broker_ca_file=identity[0]).broker_options()["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert [dict(x[0] for x in ca["subject"]) for ca in context.get_ca_certs()] == [  # type: ignore[misc]
        {"commonName": "match"}
    ]


def test_tls_takes_a_client_certificate(identity: tuple[Path, Path]) -> None:
    certificate, key = identity
    settings = secured(
        broker_ca_file=certificate, broker_certificate_file=certificate, broker_key_file=key
    )
    assert isinstance(settings.broker_options()["ssl_context"], ssl.SSLContext)


def test_a_certificate_that_cannot_be_used_is_told_in_one_line(
    identity: tuple[Path, Path], tmp_path: Path
) -> None:
    certificate, key = identity
    (tmp_path / "text").write_text("no certificate")
    missing = {"broker_ca_file": tmp_path / "missing"}
    text = {"broker_ca_file": tmp_path / "text"}
    swapped = {"broker_certificate_file": key, "broker_key_file": certificate}
    for changes in (missing, text, swapped):
        with pytest.raises(InvalidInput, match="broker TLS: ") as caught:
            secured(**changes).broker_options()
        assert "\n" not in str(caught.value)
