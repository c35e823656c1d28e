"""What every process does at its edges: read `--home`, write log lines to stderr, stop on SIGTERM."""

import argparse
import asyncio
import gc
import logging
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Protocol

import uvloop

from ringfence.errors import RingfenceError
from ringfence.settings import Settings, load

_log = logging.getLogger("ringfence.process")
_LOUD = ("aiohttp", "asyncio", "uvloop")  # may put a peer's bytes into a log line: only their worst is let through


class Protected(Protocol):
    """What the log says of one protection of the process."""

    @property
    def name(self) -> str:
        """What was to be switched on."""
        ...

    @property
    def live(self) -> bool:
        """Whether it is."""
        ...

    @property
    def detail(self) -> str:
        """What that means."""
        ...


def run(
    name: str,
    protect: Callable[[Settings], Iterable[Protected]],
    serve: Callable[[Settings], Coroutine[object, object, None]],
) -> None:
    """Be one process until SIGTERM; an error that a person can act on ends it with a line and its exit code."""
    log = log_to_stderr(name)
    try:
        settings = load(_home(name))
        for protection in protect(settings):
            level = logging.INFO if protection.live else logging.WARNING
            log.log(level, "%s: %s", protection.name, protection.detail)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the usual 1,024 is less than four bots may open
        gc.freeze()  # what has been loaded stays, and need not be looked through again
        # Answering a request makes thousands of objects and no lasting cycle: Python's look after every 700 would cost
        # 7% of the orders a second at 16 connections (make bench, paired bursts).
        gc.set_threshold(20_000, 50)
        uvloop.run(serve(settings))
    except RingfenceError as error:
        log.critical("%s%s", error, f" ({error.hint})" if error.hint else "")
        sys.exit(error.exit_code)


async def until_stopped(*jobs: Coroutine[object, object, object]) -> None:
    """Run the jobs until SIGTERM or SIGINT; a job that fails ends the process with its error."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _log.info("running until told to stop")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
        await stop.wait()
        for task in tasks:
            task.cancel()


def _home(name: str) -> Path:
    parser = argparse.ArgumentParser(prog=f"ringfence.{name}")
    parser.add_argument("--home", type=Path, required=True, help="the deployment's directory")
    given: Path = parser.parse_args().home
    return given


def log_to_stderr(name: str) -> logging.Logger:
    """Write one plain line an event, and return the process's own log."""
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name} %(levelname)s %(message)s")
    for loud in _LOUD:
        logging.getLogger(loud).setLevel(logging.CRITICAL)
    return logging.getLogger(f"ringfence.{name}")
