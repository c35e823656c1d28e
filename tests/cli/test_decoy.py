"""Decoys are made, planted where they break nothing, shown again and forgotten."""

import json
import shlex
from pathlib import Path

import ccxt
import pytest

from ringfence.cli import decoy as command
from ringfence.cli.planting import Spot
from ringfence.cli.pointing import Pointing
from ringfence.dialects.virtual import recognise
from ringfence.settings import load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, Said, reply, ringfence, signer, typed

_OPEN = {"passphrase": PASSPHRASE}
NAMES = ("BINANCE_API_KEY", "BINANCE_API_SECRET", "BINANCE_BASE_URL")


def add(home: Path, *arguments: str) -> Said:
    return ringfence(home, "decoy", "add", *arguments, secrets=_OPEN)


def made(home: Path, *arguments: str) -> dict[str, str]:
    done = add(home, *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    found: dict[str, str] = done.json()
    return found


def records(home: Path) -> list[Record]:
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        return [record for record in vault.records if record.kind is RecordKind.DECOY]


def values(text: str) -> dict[str, str]:
    return dict(shlex.split(line)[0].split("=", 1) for line in text.splitlines() if "=" in line)


def test_a_decoy_passes_for_a_bots_key_and_is_no_bot(home: Path) -> None:
    pair = made(home, "laptop")
    assert (recognise(pair["key"]), recognise(pair["secret"])) == ("binance key", "binance secret")
    port = load(home).listeners[0].port
    assert (pair["exchange"], pair["url"], pair["place"]) == ("paper-binance", f"http://127.0.0.1:{port}", "")
    [record] = records(home)
    assert (record.id, record.bot, record.key) == ("decoy-laptop", "laptop", pair["key"])
    bots = ringfence(home, "bot", "list", "--json", secrets=_OPEN).json()["bots"]
    assert [bot["bot"] for bot in bots] == ["grid"]
    assert ringfence(home, "bot", "env", "laptop", secrets=_OPEN).code == 2
    assert "laptop" not in (home / "gateway" / "passes.toml").read_text()


def test_it_is_printed_as_a_bots_key_is(home: Path) -> None:
    printed = values(add(home, "laptop").out)
    bot = values(ringfence(home, "bot", "env", "grid", secrets=_OPEN).out)
    assert (tuple(printed), printed["BINANCE_BASE_URL"]) == (NAMES, bot["BINANCE_BASE_URL"])
    assert printed["BINANCE_API_KEY"] != bot["BINANCE_API_KEY"]


def test_the_same_again_shows_the_same_and_changes_nothing(home: Path, tmp_path: Path) -> None:
    for more in ((), ("--into", str(tmp_path / ".env")), ("--into", str(tmp_path / "bot.json"))):
        name = f"d{len(records(home))}"
        first, vault = made(home, name, *more), (home / "vault").read_bytes()
        written = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        assert made(home, name, *more) == first
        assert (home / "vault").read_bytes() == vault
        assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == written
    assert (
        f"decoy d2 stands already in {tmp_path}/bot.json" in add(home, "d2", "--into", str(tmp_path / "bot.json")).out
    )


def test_one_that_was_printed_can_be_planted_later_once(home: Path, tmp_path: Path) -> None:
    first = made(home, "laptop")
    later = made(home, "laptop", "--into", str(tmp_path / ".env"))
    assert later == {**first, "place": str(tmp_path / ".env")}
    assert values((tmp_path / ".env").read_text())["BINANCE_API_KEY"] == first["key"]
    done = add(home, "laptop", "--into", str(tmp_path / "other.env"))
    assert (done.code, f"already a decoy laptop, planted in {tmp_path}/.env" in done.err) == (2, True)
    assert not (tmp_path / "other.env").exists()
    assert made(home, "laptop") == later


@pytest.mark.parametrize("name", [".env", ".env.old", "prod.env", ".env.json"])
def test_a_new_dotenv_file_is_the_owners_alone(home: Path, tmp_path: Path, name: str) -> None:
    pair = made(home, "laptop", "--into", str(tmp_path / name))
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    found = values((tmp_path / name).read_text())
    assert [found[each] for each in NAMES] == [pair["key"], pair["secret"], pair["url"]]


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_old_dotenv_file_keeps_its_lines_its_mode_and_what_its_bot_reads(
    home: Path, tmp_path: Path, end: str
) -> None:
    """In a dotenv file the last line of a name counts: a bot that was given a decoy would set off the alarm."""
    file = tmp_path / ".env"
    before = f"BINANCE_API_KEY=mine\nexport BINANCE_API_SECRET=hers{end}"
    file.write_text(before)
    file.chmod(0o640)
    pair = made(home, "old-main", "--into", str(file))
    after = file.read_text()
    assert after.startswith(before.rstrip("\n") + "\n")
    assert file.stat().st_mode & 0o777 == 0o640
    found = values(after.replace("export ", ""))
    assert (found["BINANCE_API_KEY"], found["BINANCE_API_SECRET"]) == ("mine", "hers")
    assert [found[f"OLD_MAIN_{each}"] for each in NAMES] == [pair["key"], pair["secret"], pair["url"]]


@pytest.mark.parametrize("line", ["MAIN_BINANCE_API_KEY=x", "  export MAIN_OTHER = x", "a=1\r\nMAIN_=1"])
def test_names_that_a_file_has_already_are_not_set_again(home: Path, tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(line.encode())
    done = add(home, "main", "--into", str(file))
    assert (done.code, "sets names that begin with MAIN_" in done.err) == (2, True)
    assert (file.read_bytes(), records(home)) == (line.encode(), [])
    assert add(home, "domain", "--into", str(file)).code == 0


def test_a_new_json_file_is_a_configuration_that_leads_to_us(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    pair = made(home, "laptop", "--into", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    exchange = json.loads(file.read_text())["exchange"]
    assert (exchange["name"], exchange["key"], exchange["secret"]) == ("binance", pair["key"], pair["secret"])
    client = ccxt.binance({"apiKey": exchange["key"], "secret": exchange["secret"], **exchange["ccxt_config"]})
    assert client.urls["api"]["private"].startswith(pair["url"])


def _link(path: Path) -> None:
    path.with_name("real.env").write_text("a=1\n")
    path.symlink_to(path.with_name("real.env"))


@pytest.mark.parametrize(
    ("name", "there", "said"),
    [
        ("config.json", lambda path: path.write_text("{}"), "is there already, and is not overwritten"),
        ("notes.txt", lambda path: path.write_text("x"), "is neither a .env file nor .json"),
        ("env", lambda _: None, "is neither a .env file nor .json"),
        ("none/.env", lambda _: None, "there is no directory"),
        (".env", lambda path: path.mkdir(), "is not a plain file"),
        (".env", _link, "is not a plain file"),
        (".env", lambda path: path.symlink_to("nowhere"), "is not a plain file"),
    ],
)
def test_what_cannot_take_a_decoy_stays_as_it_is_and_none_is_made(
    home: Path, tmp_path: Path, name: str, there: object, said: str
) -> None:
    assert callable(there)
    there(tmp_path / name)
    vault = (home / "vault").read_bytes()
    before = sorted((path, path.is_file() and path.read_bytes()) for path in tmp_path.glob("*") if path != home)
    done = add(home, "laptop", "--into", str(tmp_path / name))
    assert (done.code, said in done.err) == (2, True)
    assert sorted((path, path.is_file() and path.read_bytes()) for path in tmp_path.glob("*") if path != home) == before
    assert (home / "vault").read_bytes() == vault


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Laptop",), "'Laptop' is no name for a decoy"),
        (("x" * 33,), "is no name for a decoy"),
        (("laptop", "--exchange", "kraken"), "no listener speaks kraken"),
        (("laptop", "--exchange", ""), ""),
    ],
)
def test_a_decoy_that_cannot_be_meant_is_not_made(home: Path, arguments: tuple[str, ...], said: str) -> None:
    done = add(home, *arguments)
    assert (done.code, said in done.err) == (2 if said else 0, True)
    assert len(records(home)) == (not said)


def test_one_name_is_of_one_exchange(home: Path) -> None:
    with (home / "ringfence.toml").open("a") as file:
        file.write('[listeners.second]\nexchange = "binance"\nport = 8399\n')
    pair = made(home, "laptop", "--exchange", "binance")
    assert (pair["exchange"], pair["url"]) == ("binance", "http://127.0.0.1:8399")
    assert made(home, "laptop") == pair
    done = add(home, "laptop", "--exchange", "paper-binance")
    assert (done.code, "there is already a decoy laptop, for binance" in done.err) == (2, True)


def test_a_place_with_a_strange_or_long_name_is_told_in_plain_characters() -> None:
    assert command._place(None) == ""
    assert command._place(Spot.of(Path("/tmp/\u00e9\n.env"))) == "/tmp/??.env"  # noqa: S108
    long = Path("/tmp") / ("x" * 300 + ".env")  # noqa: S108
    assert command._place(Spot.of(long)) == ("x" * 252) + ".env"


def test_there_are_no_more_than_leave_room_for_other_alarms(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_MOST", 2)
    assert [add(home, name).code for name in ("a", "b", "c", "a")] == [0, 0, 2, 0]


def test_a_file_that_cannot_be_written_says_how_to_go_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spot, "plant", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    done = add(home, "laptop", "--into", str(tmp_path / ".env"))
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: {tmp_path}/.env: No space left on device")
    assert "mend this and do the same again" in done.err
    monkeypatch.undo()
    pair = made(home, "laptop", "--into", str(tmp_path / ".env"))
    assert values((tmp_path / ".env").read_text())["BINANCE_API_KEY"] == pair["key"]


def test_a_file_that_appears_after_the_look_is_not_overwritten(home: Path, tmp_path: Path) -> None:
    spot = Spot.of(tmp_path / "config.json")
    spot.check("laptop")
    (tmp_path / "config.json").write_text("{}")
    pair = Pointing("laptop", "k" * 64, "s" * 64, load(home).listeners[0], load(home).trust)
    with pytest.raises(FileExistsError):
        spot.plant(pair, "binance")
    assert (tmp_path / "config.json").read_text() == "{}"


def test_the_list_masks_the_key_and_shows_no_secret(home: Path, tmp_path: Path) -> None:
    pair = made(home, "laptop", "--into", str(tmp_path / ".env"))
    listed = ringfence(home, "decoy", "list", "--json", secrets=_OPEN)
    masked = f"{pair['key'][:4]}\u2026{pair['key'][-4:]}"
    row = {"decoy": "laptop", "exchange": "paper-binance", "place": str(tmp_path / ".env"), "key": masked, "used": None}
    assert listed.json() == {"decoys": [row]}
    table = ringfence(home, "decoy", "list", secrets=_OPEN)
    assert masked in table.out
    for text in (listed.out, table.out):
        assert pair["key"] not in text
        assert pair["secret"] not in text


def test_the_list_says_where_there_is_none(home: Path) -> None:
    assert "ringfence decoy add" in ringfence(home, "decoy", "list", secrets=_OPEN).out


def test_the_running_signer_is_told_and_the_list_comes_from_it(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True})):
        assert "who uses it raises an alarm" in add(home, "laptop").out
        assert ringfence(home, "decoy", "list", "--json").json() == {"decoys": []}  # what this signer says
        gone = ringfence(home, "decoy", "remove", "laptop", "--yes", secrets=_OPEN)
        assert gone.out.splitlines()[0] == "decoy laptop is gone"
    assert "the next one watches for it" in add(home, "laptop").out


def test_a_removed_decoy_is_gone_and_the_file_is_left_alone(home: Path, tmp_path: Path) -> None:
    pair = made(home, "laptop", "--into", str(tmp_path / ".env"))
    written = (tmp_path / ".env").read_bytes()
    done = ringfence(home, "decoy", "remove", "laptop", "--yes", secrets=_OPEN)
    assert (done.code, done.out.splitlines()[-1]) == (0, f"its pair stays where it lies: {tmp_path}/.env")
    assert ((tmp_path / ".env").read_bytes(), records(home)) == (written, [])
    again = ringfence(home, "decoy", "remove", "laptop", "--yes", secrets=_OPEN)
    assert (again.code, "there is no decoy laptop, and nothing was removed" in again.out) == (0, True)
    assert made(home, "laptop")["key"] != pair["key"]


def test_a_bot_is_not_removed_as_a_decoy(home: Path) -> None:
    vault = (home / "vault").read_bytes()
    assert "nothing was removed" in ringfence(home, "decoy", "remove", "grid", "--yes", secrets=_OPEN).out
    assert (home / "vault").read_bytes() == vault


def test_a_person_is_asked_for_the_passphrase_and_before_it_is_forgotten(home: Path) -> None:
    code, screen = typed(home, "decoy", "add", "laptop", answers=((b"vault passphrase: ", PASSPHRASE),))
    assert (code, PASSPHRASE in screen) == (0, False)
    code, _ = typed(home, "decoy", "remove", "laptop", answers=((b"forget the decoy laptop?", b"n"),))
    assert (code, len(records(home))) == (1, 1)
