"""One engine at work, from its start to its end: for so long, with so much to say, and with nothing left behind."""

import os
import selectors
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from signal import SIGKILL

import msgspec

from ringfence.audit.engines import alone
from ringfence.confine import launch

OUTPUT = 64 << 20
"""Bytes that an engine may print: a hundred times what gitleaks printed for the 27 largest packages of the field."""

_COMPLAINT = 4_096  # bytes of what it says of errors; only whether it said something is used
_PIECE = 1 << 16
_LATE = "took too long"
_LAUNCH = 10.0  # seconds that our own launcher may take: a Python on a busy machine takes one


@dataclass(slots=True)
class Ended:
    """What became of it: its exit code (negative for a signal), what it printed, and why it was stopped, if it was.

    `began` is what the launcher said; anything but `alone.CONFINED` means that the engine was never started.
    """

    began: bytes = b""
    code: int = 0
    output: bytes = b""
    complaint: bytes = b""
    stopped: str = ""


@dataclass(slots=True)
class _Pipe:
    """One pipe that is listened to: what came through it, and how much of that is kept."""

    most: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    def takes(self, piece: bytes) -> bool:
        """Keep a piece, as far as there is room; says whether it was all kept, or need not be."""
        room = self.most - self.size
        self.pieces.append(piece[:room])
        self.size += min(len(piece), room)
        return len(piece) <= room or self.most < OUTPUT


def run(job: alone.Job, seconds: float) -> Ended:
    """Start an engine through the launcher, in a session of its own, listen to it and end it."""
    pipes = {"began": _Pipe(_COMPLAINT), "output": _Pipe(OUTPUT), "complaint": _Pipe(_COMPLAINT)}
    ends = [os.pipe2(os.O_CLOEXEC) for _ in pipes]
    try:
        try:
            process = _start(job, [write for _, write in ends])
        finally:
            _close(write for _, write in ends)
        ended = Ended()
        try:
            listened = dict(zip((read for read, _ in ends), pipes.values(), strict=True))
            ended.stopped = _heard_out(process, listened, seconds)
        finally:
            ended.code = _end(process)
    finally:
        _close(read for read, _ in ends)
    ended.began, ended.output, ended.complaint = (b"".join(pipe.pieces) for pipe in pipes.values())
    return ended


def _start(job: alone.Job, handles: list[int]) -> "subprocess.Popen[bytes]":
    tell, output, complaint = handles
    written = msgspec.json.encode(msgspec.structs.replace(job, told=tell)).decode()
    return subprocess.Popen(  # noqa: S603  # our own module
        launch.command(alone.__name__, written),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=complaint,
        pass_fds=(tell,),
        start_new_session=True,
        cwd=job.environment["HOME"],
        env={},
    )


def _close(handles: Iterable[int]) -> None:
    for handle in handles:
        os.close(handle)


def _heard_out(process: "subprocess.Popen[bytes]", pipes: dict[int, _Pipe], seconds: float) -> str:
    """Listen to the launcher until it has become the engine, and then to the engine until it has ended."""
    (told, pipe), *others = pipes.items()
    stopped = _listen({told: pipe}, time.monotonic() + _LAUNCH)
    deadline = time.monotonic() + seconds
    return stopped or _listen(dict(others), deadline) or _wait(process, deadline)


def _listen(pipes: dict[int, _Pipe], deadline: float) -> str:
    """Read until all pipes are closed; returns why it was stopped before, or nothing."""
    with selectors.DefaultSelector() as selector:
        for handle, pipe in pipes.items():
            selector.register(handle, selectors.EVENT_READ, pipe)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return _LATE
            for key, _ in selector.select(left):
                piece, pipe = os.read(key.fd, _PIECE), key.data
                if not piece:
                    selector.unregister(key.fd)
                elif not pipe.takes(piece):
                    return f"printed more than {pipe.most >> 20} MiB"
    return ""


def _wait(process: "subprocess.Popen[bytes]", deadline: float) -> str:
    """Wait for one that has closed its output."""
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return _LATE
    return ""


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Kill it and its group; it can have no children, and a launcher that failed has none."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, SIGKILL)
    return process.wait()
