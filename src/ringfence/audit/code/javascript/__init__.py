"""What code in JavaScript and TypeScript can do to its owner's money: read as text, never run."""

from ringfence.audit.code.javascript.linking import link
from ringfence.audit.code.javascript.read import SUFFIXES, read
from ringfence.audit.code.javascript.report import Reading

__all__ = ["SUFFIXES", "Reading", "link", "read"]
