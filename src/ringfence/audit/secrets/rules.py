"""What an audit of secrets looks for. Each rule says why it matters and what to do next; none shows a value."""

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

_EXCHANGE = (
    "delete this key at the exchange now, make a new one there, and give it to `ringfence key add ACCOUNT`; then take "
    "it out of this file (`ringfence adopt PATH` does it for a bot's settings) and, if it was committed, out of the "
    "history (`git filter-repo`)"
)
_WALLET = (
    "move the funds to a new wallet first, then remove this; if it was committed, `git filter-repo` takes it out of "
    "the history"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "secrets/known",
        Severity.CRITICAL,
        "a secret from your own vault",
        "This is a key that Ringfence keeps for you, in the clear or encoded. Nothing is guessed: the digests agree.",
        "remove the copy (if it was committed, `git filter-repo` purges it); delete the key at the exchange, make a "
        "new one there, `ringfence key remove ACCOUNT`, `ringfence key add ACCOUNT`, then `ringfence audit remember`",
        'KEPT = "{known}"',
    ),
    Rule(
        "secrets/virtual-key",
        Severity.LOW,
        "a virtual key of Ringfence",
        "It opens nothing without this Ringfence, so nothing is lost; but whoever left it here had the bot's settings.",
        "`ringfence bot remove NAME`, then `ringfence bot add NAME`, gives the bot a new one; whether it is a bait of "
        "yours, `ringfence decoy list` says",
        'API_KEY = "{virtual}"',
    ),
    Rule(
        "secrets/exchange-pair",
        Severity.CRITICAL,
        "an exchange's key and its secret, side by side",
        "Whoever reads this file can trade with the account, and move money if the key may.",
        _EXCHANGE,
        'client = Client("{key}", "{secret}")',
    ),
    Rule(
        "secrets/exchange-secret",
        Severity.CRITICAL,
        "the secret of an exchange's API key",
        "The secret signs orders; the key that goes with it is no secret and often stands near.",
        _EXCHANGE,
        'BINANCE_API_SECRET = "{secret}"',
    ),
    Rule(
        "secrets/exchange-key",
        Severity.MEDIUM,
        "an exchange's API key",
        "Alone it opens nothing, but it says which account to look for, and its secret is seldom far.",
        "find its secret; if you cannot, delete this key at the exchange, make a new one there, and give it to "
        "`ringfence key add ACCOUNT`",
        'BINANCE_API_KEY = "{secret}"',
    ),
    Rule(
        "secrets/exchange-passphrase",
        Severity.HIGH,
        "the passphrase of an exchange's API key",
        "OKX, KuCoin and Bitget ask for it beside key and secret: it is the third of three parts.",
        _EXCHANGE,
        "OKX_PASSPHRASE = '{password}'",
    ),
    Rule(
        "secrets/seed-phrase",
        Severity.CRITICAL,
        "the seed phrase of a wallet",
        "These words are the wallet: everything in it, on every chain, can be taken with them.",
        _WALLET,
        "# {phrase}",
    ),
    Rule(
        "secrets/wallet-key",
        Severity.CRITICAL,
        "the private key of a wallet",
        "Whoever has it can sign any transfer. Nobody can take it back or block it.",
        _WALLET,
        'PRIVATE_KEY = "0x{hex64}"',
    ),
    Rule(
        "secrets/private-key",
        Severity.CRITICAL,
        "a private key without a passphrase",
        "Exchanges take Ed25519, RSA and EC keys in place of a secret; servers take them for a login.",
        "delete the key where it is used, make a new one and keep it in the vault: `ringfence key add ACCOUNT`",
        "-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----",
    ),
    Rule(
        "secrets/locked-private-key",
        Severity.LOW,
        "a private key under a passphrase",
        "It is as strong as its passphrase, which can be tried offline for as long as somebody likes.",
        "move it out of the tree; replace it if the passphrase is short",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n{pem}\n-----END ENCRYPTED PRIVATE KEY-----",
    ),
    Rule(
        "secrets/bot-password",
        Severity.HIGH,
        "a password or signing secret in the clear",
        "The password of a bot's own interface, or what it signs sessions with, lets others give it orders.",
        "set a new one, and read it from the environment or a file that only the bot's user can read",
        'password: "{password}"',
    ),
    Rule(
        "secrets/named-secret",
        Severity.HIGH,
        "something secret by its name and by its look",
        "No exchange's form that is known, but the name says secret and the value is random.",
        "replace it where it is used, and keep the new one out of the tree",
        'webhook_secret = "{token}"',
    ),
    Rule(
        "secrets/chat-token",
        Severity.HIGH,
        "the token of a chat bot",
        "Who has it reads what the bot is told and answers in its name: `/forcesell` comes from there.",
        "ask BotFather for a new token (`/revoke`), and keep it out of the tree",
        'TOKEN = "{telegram}"',
    ),
    Rule(
        "secrets/webhook",
        Severity.MEDIUM,
        "the address of a webhook",
        "Who has the address can write into the channel: a false alarm, or a false all-clear.",
        "delete the webhook in the channel's settings and make a new one",
        "https://discord.com/api/webhooks/{number}/{token68}",
    ),
    Rule(
        "secrets/url-credentials",
        Severity.HIGH,
        "a password in an address",
        "Addresses are logged and shown; the password goes with them.",
        "change the password, and give it apart from the address",
        "db_url = postgresql://bot:{password}@db.internal/trades",
    ),
    Rule(
        "secrets/node-key",
        Severity.MEDIUM,
        "the key of a node provider",
        "Others use up your allowance, and then your bot is blind; some see what you send.",
        "make a new key at the provider and restrict it to your server",
        "https://mainnet.infura.io/v3/{hex32}",
    ),
    Rule(
        "secrets/service-token",
        Severity.MEDIUM,
        "the token of a service",
        "A key for a service that is no exchange: code hosting, a data provider, a language model.",
        "revoke it there, make a new one, and keep it out of the tree",
        'COINGECKO_API_KEY = "{token}"',
    ),
    Rule(
        "secrets/session-token",
        Severity.MEDIUM,
        "a signed session token",
        "Until it expires, it is a login.",
        "log the session out, and keep such tokens out of files",
        "Authorization: Bearer {jwt}",
    ),
    Rule(
        "secrets/signed-request",
        Severity.LOW,
        "a signed request to an exchange",
        "It can be sent again for some seconds, and a log that has one is likely to have keys.",
        "turn down what is logged: the bot's verbose mode writes requests in full",
        "GET https://api.binance.com/api/v3/account?timestamp={number}&signature={hex64}",
    ),
)
"""All of them, in the order of the printed page."""

BY_ID = {rule.id: rule for rule in RULES}
"""The same by id."""
