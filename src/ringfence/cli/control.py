"""Ask the signer through its control socket: one connection, one request, one reply."""

import asyncio

from ringfence.errors import Broken, Misconfigured, RingfenceError, Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import AskNonce, AskReload, Failed, FromOwner, Nonce, Reply, ToOwner
from ringfence.settings import Settings

_PATIENCE_SECONDS = 10.0  # an exchange that is asked about a key may take most of it
_KINDS = {kind.__name__: kind for kind in (Misconfigured, Unreachable, Broken)}


class NotRunning(Unreachable):
    """Nobody listens on the control socket, so nobody acts on what it does not know."""


async def asking(settings: Settings, message: FromOwner, patience: float = _PATIENCE_SECONDS) -> Reply | Nonce:
    """Send one command and wait (seconds) for its reply; raises what the signer says, or `Unreachable`."""
    answer: asyncio.Future[ToOwner] = asyncio.get_running_loop().create_future()

    def received(_link: Link[ToOwner], reply: ToOwner) -> None:
        if not answer.done():
            answer.set_result(reply)

    def changed(_link: Link[ToOwner], up: bool) -> None:  # the shape that Link calls
        if not up and not answer.done():
            answer.set_exception(Unreachable("the signer hung up", hint="look at the signer's log"))

    try:
        link = await connect(settings.socket("owner"), ToOwner, settings.uids("signer"), received, changed)
    except Unreachable as error:
        raise _unreached(settings, error) from None
    try:
        link.send(message)
        reply = await asyncio.wait_for(asyncio.shield(answer), patience)
    except TimeoutError:
        raise Unreachable(f"the signer did not answer within {patience:g} s") from None
    finally:
        answer.cancel()
        link.close()
    if isinstance(reply, Failed):
        raise _KINDS.get(reply.kind, RingfenceError)(reply.message, hint=reply.hint)
    return reply


def _unreached(settings: Settings, error: Unreachable) -> Unreachable:
    """Say why the signer cannot be reached: it is there, and only its owner may speak to it; or it is not."""
    if isinstance(error.__cause__, PermissionError):
        return Unreachable("only the owner may speak to the signer", hint="run it with sudo")
    start = "systemctl status ringfence-signer" if settings.users else "start it with `ringfence run`"
    return NotRunning("the signer is not running", hint=start)


def ask(settings: Settings, message: FromOwner, patience: float = _PATIENCE_SECONDS) -> bytes:
    """Send one command and return the JSON document that answers it."""
    reply = asyncio.run(asking(settings, message, patience))
    if isinstance(reply, Nonce):
        raise Broken("the signer answered with a nonce that nobody asked for")
    return reply.body


def nonce(settings: Settings) -> bytes:
    """Fetch a fresh nonce; it is good for one command and sixty seconds."""
    reply = asyncio.run(asking(settings, AskNonce()))
    if isinstance(reply, Reply):
        raise Broken("the signer answered without the nonce that it was asked for")
    return reply.nonce


def reload(settings: Settings) -> bool:
    """Tell the signer that the vault has changed; False where none is running, which will read it at its start.

    Raises `Unreachable` where one is there and does not confirm: it may go on with a key that has been removed.
    """
    try:
        ask(settings, AskReload())
    except NotRunning:
        return False
    except Unreachable as error:
        hint = "the vault has changed; restart `ringfence run` so that it is read"
        raise Unreachable(f"the signer may not have read the vault: {error}", hint=hint) from None
    return True
