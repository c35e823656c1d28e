import datetime as dt
import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from ringfence import certificates, passes
from ringfence.dialects.hosts import known_hosts
from ringfence.policy.domains import OWN, exchange_of
from ringfence.settings import load
from ringfence.vault.record import RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, ringfence

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_OPEN = {"passphrase": PASSPHRASE}


def files(home: Path) -> dict[str, bytes]:
    parts = ("trust", "gateway")
    return {str(path.relative_to(home)): path.read_bytes() for part in parts for path in (home / part).rglob("*.*")}


def vouches(authority: bytes, content: bytes, name: str, folder: Path) -> str:
    """Shake hands as a client does that trusts the authority alone; say what it has against it, if anything."""
    at, trusted = folder / "leaf.pem", ssl.create_default_context(cadata=authority.decode())
    trusted.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    at.write_bytes(content)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(at)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        trusted.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    waiting = {0, 1}
    for _ in range(10):
        for which in sorted(waiting):
            try:
                ends[which].do_handshake()
                waiting.discard(which)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    assert not waiting
    return ""


def test_init_makes_all_that_bots_are_to_trust_and_that_the_gateway_shows(made: Path) -> None:
    settings = load(made)
    there = set(files(made))
    assert there == {
        "trust/ca.pem",
        "trust/bundle.pem",
        "trust/python/sitecustomize.py",
        "gateway/passes.toml",
        *(f"gateway/{host}.pem" for host in (*known_hosts(), "localhost")),
    }
    [found] = passes.read(settings.passes)
    assert (found.bot, found.exchange) == ("grid", "paper-binance")
    private = [path for path in (made / "gateway").iterdir() if stat.S_IMODE(path.stat().st_mode) != 0o600]
    assert private == []


@pytest.mark.parametrize("host", known_hosts())
def test_a_client_that_trusts_our_authority_believes_each_hosts_leaf(made: Path, tmp_path: Path, host: str) -> None:
    settings = load(made)
    authority, content = settings.authority.read_bytes(), settings.leaf(host).read_bytes()
    assert vouches(authority, content, host, tmp_path) == ""
    assert "Hostname mismatch" in vouches(authority, content, "www.binance.com", tmp_path)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_our_authority_believes_the_leaf_of_listeners(
    made: Path, tmp_path: Path, name: str
) -> None:
    settings = load(made)
    authority, content = settings.authority.read_bytes(), settings.leaf("localhost").read_bytes()
    assert vouches(authority, content, name, tmp_path) == ""
    for other in ("127.0.0.2", "api.binance.com", "localhost.evil.com"):
        assert "mismatch" in vouches(authority, content, other, tmp_path)


CONSTRAINED = [
    (("api.binance.com",), "api.binance.com", ""),
    (("binance.com",), "binance.com", ""),
    (("api.kraken.com",), "api.kraken.com", ""),
    (("localhost",), "localhost", ""),
    (("127.0.0.91",), "127.0.0.91", ""),
    (("api.telegram.org",), "api.telegram.org", "permitted subtree violation"),
    (("notbinance.com",), "notbinance.com", "permitted subtree violation"),
    (("binance.com.evil.com",), "binance.com.evil.com", "permitted subtree violation"),
    (("api.binance.com", "mail.example.com"), "api.binance.com", "permitted subtree violation"),
    (("128.0.0.1",), "128.0.0.1", "permitted subtree violation"),
    (("::1",), "::1", "permitted subtree violation"),
]


@pytest.mark.parametrize(("names", "asked", "said"), CONSTRAINED)
def test_our_authority_can_vouch_for_exchanges_and_this_machine_and_for_nothing_else(
    tmp_path: Path, names: tuple[str, ...], asked: str, said: str
) -> None:
    """Whoever gets hold of its key can still not stand for a mail server, a bank or a package index."""
    key, now = certificates.new_key(), dt.datetime.fromtimestamp(tmp_path.stat().st_mtime, dt.UTC)
    authority = certificates.authority(key, "ours", OWN, now)
    content = b"".join(certificates.leaf(authority, key, names, now))
    assert vouches(certificates.pem(authority), content, asked, tmp_path) == said


def test_no_authority_below_ours_is_believed(tmp_path: Path) -> None:
    key, now = certificates.new_key(), dt.datetime.fromtimestamp(tmp_path.stat().st_mtime, dt.UTC)
    authority = certificates.authority(key, "ours", OWN, now)
    made, private = certificates.leaf(authority, key, ("api.binance.com",), now)
    below, below_key = x509.load_pem_x509_certificate(made), certificates.load_key(private)
    assert below_key is not None
    forged, forged_key = certificates.leaf(below, below_key, ("fapi.binance.com",), now)
    said = vouches(certificates.pem(authority), forged + made + forged_key, "fapi.binance.com", tmp_path)
    assert said in {"invalid CA certificate", "path length constraint exceeded", "unsuitable certificate purpose"}


def test_it_lives_as_long_as_its_authority_and_that_is_ten_years() -> None:
    key = certificates.new_key()
    authority = certificates.authority(key, "ours", OWN, NOW)
    leaf = x509.load_pem_x509_certificate(certificates.leaf(authority, key, ("api.binance.com",), NOW)[0])
    assert leaf.not_valid_after_utc == authority.not_valid_after_utc
    assert (authority.not_valid_after_utc - NOW).days == 3650


@pytest.mark.parametrize(
    ("days", "fits"), [(0, True), (3650 - 366, True), (3650 - 365, False), (4000, False), (-2, False)]
)
def test_one_that_ends_within_a_year_is_made_anew(days: int, fits: bool) -> None:
    key, later = certificates.new_key(), NOW + dt.timedelta(days=days)
    authority = certificates.authority(key, "ours", OWN, NOW)
    content = b"".join(certificates.leaf(authority, key, ("api.binance.com",), NOW))
    assert certificates.stands(authority, key, OWN, later) is fits
    assert certificates.fits(content, authority, ("api.binance.com",), later) is fits


def test_what_trusts_an_authority_trusts_the_one_that_is_made_again_with_its_key(tmp_path: Path) -> None:
    key, now = certificates.new_key(), dt.datetime.fromtimestamp(tmp_path.stat().st_mtime, dt.UTC)
    old = certificates.authority(key, "ours", ("binance.com",), now - dt.timedelta(days=30))
    new = certificates.authority(key, "ours", OWN, now)
    content = b"".join(certificates.leaf(new, key, ("api.binance.com",), now))
    assert vouches(certificates.pem(old), content, "api.binance.com", tmp_path) == ""
    assert not certificates.stands(old, key, OWN, now)


def test_a_second_run_finds_everything_there(home: Path) -> None:
    before = files(home)
    done = ringfence(home, "certificates", "--json", secrets=_OPEN)
    assert (done.code, done.json()["made"]) == (0, [])
    assert files(home) == before


def test_what_is_missing_or_damaged_is_made_and_nothing_else_is_touched(home: Path) -> None:
    settings = load(home)
    before = files(home)
    settings.leaf("api.binance.com").unlink()
    settings.leaf("fapi.binance.com").write_bytes(settings.leaf("dapi.binance.com").read_bytes())
    settings.leaf("eapi.binance.com").write_text("nonsense")
    settings.bundle.unlink()
    settings.passes.unlink()
    done = ringfence(home, "certificates", "--json", secrets=_OPEN)
    made = {
        "gateway/api.binance.com.pem",
        "gateway/fapi.binance.com.pem",
        "gateway/eapi.binance.com.pem",
        "gateway/passes.toml",
        "trust/bundle.pem",
    }
    assert set(done.json()["made"]) == made
    after = files(home)
    assert {name for name in after if after[name] != before.get(name)} == made - {"trust/bundle.pem"}


def test_a_lost_authority_is_made_again_and_its_leaves_stay(home: Path) -> None:
    settings = load(home)
    before = files(home)
    settings.authority.unlink()
    assert ringfence(home, "certificates", "--json", secrets=_OPEN).json()["made"] == [
        "trust/ca.pem",
        "trust/bundle.pem",
    ]
    after = files(home)
    assert {name for name in before if before[name] != after[name]} == {"trust/ca.pem", "trust/bundle.pem"}


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_an_authority_that_somebody_else_put_there_is_never_built_upon(home: Path, content: bytes | None) -> None:
    settings = load(home)
    foreign = certificates.pem(certificates.authority(certificates.new_key(), "Ringfence on this machine", OWN, NOW))
    settings.authority.write_bytes(foreign if content is None else content)
    before = files(home)
    done = ringfence(home, "certificates", secrets=_OPEN)
    assert done.code == 4
    assert "is not the certificate of the authority in the vault" in done.err
    assert files(home) == before


def test_the_authoritys_key_is_in_the_vault_alone(home: Path) -> None:
    with Vault.open(load(home).vault, lambda: bytearray(PASSPHRASE)) as vault:
        [record] = [record for record in vault.records if record.kind is RecordKind.AUTHORITY]
        key = bytes(vault.reveal(record.id).view())
    assert certificates.load_key(key) is not None
    secret = key.split(b"-----")[2].strip()
    holding = [path for path in home.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holding == []


def test_a_deployment_of_before_gets_all_of_it_but_the_proxys_port(home: Path) -> None:
    settings = load(home)
    with Vault.open(settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        vault.remove(RecordKind.AUTHORITY.value)
    for name in files(home):
        (home / name).unlink()
    text = (home / "ringfence.toml").read_text()
    begin = text.index("[proxy]")
    (home / "ringfence.toml").write_text(text[:begin] + text[text.index("[paper]") :])
    done = ringfence(home, "certificates", secrets=_OPEN)
    assert done.code == 0, done.err
    assert "there is no proxy yet: add [proxy]" in done.out
    assert len(files(home)) == len(known_hosts()) + 5


def test_a_bot_gets_its_pass_when_it_is_added_and_loses_it_when_it_is_removed(home: Path) -> None:
    [grid] = passes.read(load(home).passes)
    ringfence(home, "bot", "add", "second", "--account", "main", secrets=_OPEN)
    assert [one.bot for one in passes.read(load(home).passes)] == ["grid", "second"]
    assert passes.read(load(home).passes)[0] == grid
    ringfence(home, "bot", "remove", "grid", "--yes", secrets=_OPEN)
    assert [one.bot for one in passes.read(load(home).passes)] == ["second"]


def test_the_bundle_holds_our_authority_beside_the_systems_roots(made: Path, tmp_path: Path) -> None:
    settings = load(made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(settings.bundle)
    held = context.get_ca_certs(binary_form=True)
    roots = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    roots.load_verify_locations(cadata=certificates.system_roots().decode() or settings.authority.read_text())
    ours = ssl.PEM_cert_to_DER_cert(settings.authority.read_text())
    assert set(held) == {*roots.get_ca_certs(binary_form=True), ours}


def test_the_environments_own_roots_are_not_taken_for_the_systems(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that is set up for a bot names the bundle itself: ours would be taken into itself for ever."""
    before = certificates.system_roots()
    monkeypatch.setenv("SSL_CERT_FILE", str(load(made).authority))
    assert certificates.system_roots() == before


def shown(made: Path, code: str, *before: str, **more: str) -> str:
    """Run Python as a bot's, with the shim on its path."""
    settings = load(made)
    path = os.pathsep.join([str(settings.trust / "python"), *before])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "RINGFENCE_CA_BUNDLE": str(settings.bundle), **more}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_shim_makes_certifi_answer_our_bundle_to_whoever_asks(made: Path) -> None:
    bundle = str(load(made).bundle)
    assert shown(made, "import certifi; print(certifi.where())") == bundle
    assert shown(made, "from certifi.core import where; print(where())") == bundle
    assert shown(made, "import requests.certs; print(requests.certs.where())") == bundle
    assert shown(made, "import certifi; print(len(certifi.contents()))") == str(len(load(made).bundle.read_text()))


def test_the_shim_changes_nothing_where_no_bundle_is_named(made: Path) -> None:
    assert shown(made, "import certifi; print(certifi.where())", RINGFENCE_CA_BUNDLE="").endswith("cacert.pem")


def test_the_shim_does_nothing_where_there_is_no_certifi(made: Path, tmp_path: Path) -> None:
    (tmp_path / "certifi").mkdir()
    (tmp_path / "certifi" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'certifi'\")\n")
    assert shown(made, "import sys; print('sitecustomize' in sys.modules)", str(tmp_path)) == "True"


def test_the_shim_breaks_loudly_where_the_bundle_is_not_there(made: Path) -> None:
    """A client must not go on with other roots than it was told: it finds no file, and says which."""
    code = "import requests\ntry:\n    requests.get('https://api.binance.com')\nexcept OSError as e:\n    print(e)"
    assert "invalid path: /nowhere/bundle.pem" in shown(made, code, RINGFENCE_CA_BUNDLE="/nowhere/bundle.pem")


def test_the_shim_lets_a_sitecustomize_run_that_would_have_run_without_it(made: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.theirs = 'ran'\n")
    assert shown(made, "import certifi; print(theirs, certifi.where())", str(tmp_path)) == f"ran {load(made).bundle}"


DOMAINS = [
    ("binance.com", "binance"),
    ("api.binance.com", "binance"),
    ("bytick.com", "bybit"),
    ("notbinance.com", None),
    ("binance.com.evil.com", None),
    ("api.telegram.org", None),
    ("com", None),
    ("", None),
]


@pytest.mark.parametrize(("host", "exchange"), DOMAINS)
def test_a_host_is_an_exchanges_by_its_domain(host: str, exchange: str | None) -> None:
    assert exchange_of(host) == exchange


def test_our_authority_can_vouch_for_every_host_that_we_answer_for() -> None:
    assert [host for host in known_hosts() if not any(host.endswith(f".{domain}") for domain in OWN)] == []
