"""What other scanners' findings are called here: a rule for each of them, and never critical: a second opinion."""

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

RULES = (
    Rule(
        "engine/gitleaks",
        Severity.MEDIUM,
        "gitleaks takes this for a secret",
        "It knows the keys of some two hundred services, of four exchanges among them. What it finds and "
        "`audit secrets` does not is mostly a key of another service, or none at all.",
        "look at the line; if it is a real secret, revoke it where it was made, and then remove it",
        'token = "{github_token}"',
    ),
    Rule(
        "engine/betterleaks",
        Severity.MEDIUM,
        "betterleaks takes this for a secret",
        "It is gitleaks' successor, by the same author, with the same kinds of rules.",
        "look at the line; if it is a real secret, revoke it where it was made, and then remove it",
        'token = "{github_token}"',
    ),
    Rule(
        "engine/hexora",
        Severity.LOW,
        "hexora takes this for malicious Python",
        "It looks for what malicious packages do: hidden code that is run, data sent out, environments read. It says "
        "how sure it is: very sure is high here, sure is medium, and all else is low.",
        "read the line, and what it calls, before the bot runs again",
        'import base64\nexec(base64.b64decode("aW1wb3J0IG9z"))',
    ),
    Rule(
        "engine/yara-x",
        Severity.MEDIUM,
        "a YARA rule of yours matches",
        "The rules are those that you gave; what a match means stands in the rule.",
        "read the rule, and then the file where it matches",
        "{yara_match}",
    ),
    Rule(
        "engine/sigstore",
        Severity.HIGH,
        "this file is not what was signed",
        "The signature that came with it does not hold for these bytes, for the identity that you named, or for a "
        "certificate and log that Sigstore vouches for: it was changed, or somebody else signed it.",
        "do not install it; fetch it and its bundle again from where it is published, and compare",
        "{changed_artifact}",
    ),
)
"""One an engine."""
