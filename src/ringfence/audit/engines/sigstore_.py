"""Holds a file against its Sigstore bundle, without a network, in a process that was confined before; started by `run`.

Only what sigstore says of the signature itself is a finding. A bundle that cannot be read is not: that is unanswered.
"""

import sys
from pathlib import Path

import msgspec

from ringfence.audit import limits, tree
from ringfence.audit.engines.said import Line, Missed, Said
from ringfence.audit.engines.table import Task

_BUNDLE = 4 << 20  # bytes; one with a certificate and a log's proof has ten thousand
_ARTIFACT = limits.ARCHIVE


def main(written: str) -> int:
    """Verify what the task names."""
    task = msgspec.json.decode(written, type=Task)
    sys.path.append(task.package)
    print(msgspec.json.encode(_verified(task)).decode())  # noqa: T201  # that is how it speaks
    print(msgspec.json.encode(Line(done=True)).decode())  # noqa: T201
    return 0


def _verified(task: Task) -> Line:
    from sigstore import errors, models, verify  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    from sigstore.verify import policy  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    artifact, missing = tree.read(Path(task.target), b"", _ARTIFACT)
    told, cut = tree.read(Path(task.given.bundle), b"", _BUNDLE)
    if missing or cut:
        return Line(missed=Missed("", missing or f"its bundle: {cut}"))
    try:
        bundle = models.Bundle.from_json(told)
    except (errors.Error, ValueError):
        return Line(missed=Missed("", "its bundle is none that sigstore can read"))
    if b'"messageSignature"' not in told:
        return Line(missed=Missed("", "its bundle holds a statement about files, and no signature of one"))
    try:
        verifier = verify.Verifier.production(offline=True)
    except errors.Error:
        return Line(missed=Missed("", "sigstore cannot read the roots that it brings along"))
    try:
        verifier.verify_artifact(
            artifact, bundle, policy.Identity(identity=task.given.identity, issuer=task.given.issuer)
        )
    except errors.VerificationError:
        return Line(said=Said("not-as-signed", task.target))
    return Line()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
