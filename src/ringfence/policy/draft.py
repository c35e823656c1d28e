"""Read a policy that a person is writing: an error names the line. The signer needs no lines, and does without."""

from functools import partial

from ringfence.policy.lines import line_of
from ringfence.policy.load import load
from ringfence.policy.policy import Policy


def load_draft(text: str) -> Policy:
    """Read a policy; raises `Misconfigured` with the line, the key and what was probably meant."""
    return load(text, partial(line_of, text))
