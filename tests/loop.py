"""Run tests that are coroutines, on the event loop that the processes use. A conftest imports the hook by name."""

import asyncio
import inspect

import pytest
import uvloop

_SECONDS = 30  # pytest's own timeout is a signal, which a waiting uvloop does not let through


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test to its end; leave the others to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(pyfuncitem.obj(**wanted), _SECONDS))
    return True
