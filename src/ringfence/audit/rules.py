"""Every rule of every audit, in one list."""

from ringfence.audit.bot import rules as bot
from ringfence.audit.code import rules as code
from ringfence.audit.deps import advisory_rules
from ringfence.audit.deps import rules as deps
from ringfence.audit.engines import rules as engines
from ringfence.audit.host import rules as host
from ringfence.audit.rule import Rule
from ringfence.audit.secrets import rules as secrets

RULES: tuple[Rule, ...] = (
    *secrets.RULES,
    *code.RULES,
    *deps.RULES,
    *advisory_rules.RULES,
    *bot.RULES,
    *host.RULES,
    *engines.RULES,
)
"""In the order of the page that lists them."""
