"""A secret stays where it is: no text, no copy, no comparison, no trace after it is wiped."""

import copy
import gc
import hmac
import json
import os
import pickle  # noqa: TID251  # to show that it is refused
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken, Misconfigured
from ringfence.vault.secret import MAX_SIZE, Secret, wipe
from tests.vault.scan import copies


@pytest.mark.parametrize(
    "leak",
    [
        str,
        format,
        hash,
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        json.dumps,
        bytes,
        list,
        lambda secret: f"{secret}",
        lambda secret: "%s" % secret,  # noqa: UP031
        lambda secret: secret == secret,  # noqa: PLR0124
        lambda secret: secret != b"x",
        lambda secret: {secret},
        lambda secret: secret.__dict__,
    ],
)
def test_a_secret_refuses_every_way_out(leak: Callable[[Secret], object]) -> None:
    with Secret.take(bytearray(b"hunter2")) as secret, pytest.raises((TypeError, AttributeError)) as error:
        leak(secret)
    assert "hunter2" not in str(error.value)


def test_the_repr_says_only_how_long_it_is_and_where_it_is_kept() -> None:
    with Secret.take(bytearray(b"s" * 64)) as secret:
        assert repr(secret) == f"Secret(64 bytes, {secret.memory})"
        assert repr([secret]) == f"[{secret!r}]"


@given(st.binary(min_size=1, max_size=300))
def test_taking_a_buffer_keeps_the_bytes_and_wipes_the_buffer(data: bytes) -> None:
    buffer = bytearray(data)
    with Secret.take(buffer) as secret:
        assert secret.view() == data
        assert len(secret.view()) == secret.size == len(data)
    assert buffer == bytes(len(data))


@pytest.mark.parametrize("size", [1, 32, 4096, 4097, MAX_SIZE])
def test_memory_of_an_allowed_size_starts_as_zeros(size: int) -> None:
    with Secret(size) as secret:
        assert secret.view() == bytes(size)


@pytest.mark.parametrize("size", [-1, 0, MAX_SIZE + 1])
def test_no_secret_has_another_size(size: int) -> None:
    with pytest.raises(Misconfigured, match="1 to"):
        Secret(size)


def test_a_buffer_that_is_too_long_is_wiped_all_the_same() -> None:
    buffer = bytearray(b"x" * (MAX_SIZE + 1))
    with pytest.raises(Misconfigured):
        Secret.take(buffer)
    assert not any(buffer)


def test_random_secrets_are_filled_to_the_end_and_differ() -> None:
    with Secret.random(1000) as one, Secret.random(1000) as two:
        assert one.view() != two.view()
        assert any(one.view()[-16:])


def test_a_wiped_secret_gives_no_view_and_a_late_view_reads_zeros() -> None:
    secret = Secret.take(bytearray(b"secret"))
    late = secret.view()
    secret.wipe()
    secret.wipe()
    assert late == bytes(6)
    with pytest.raises(Broken, match="wiped"):
        secret.view()
    del secret
    gc.collect()
    assert late == bytes(6)  # the pages outlive the secret while someone looks


def test_wiping_a_buffer_keeps_its_length() -> None:
    buffer = bytearray(b"abc")
    wipe(buffer)
    assert buffer == bytes(3)


def test_a_forked_child_has_no_secret() -> None:
    secret = Secret.take(bytearray(b"secret"))
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(Broken):
            try:
                secret.view()
            except Broken:
                secret.wipe()
                status = 0
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bytes(secret.view()) == b"secret"
    secret.wipe()


def test_no_descriptor_stays_open_for_another_process_to_take() -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    with Secret.random(32):
        assert len(list(descriptors.iterdir())) == before


# The child reads a secret straight into its pages, uses it as a signer does, and waits at each step.
_HOLDER = """
import ctypes, hmac, os, resource, sys
{before}
from ringfence.vault.secret import Secret
secret = Secret(64)
view = secret.view()
assert os.readv(0, [view]) == 64
macs = [hmac.digest(view, b"order %d" % n, "sha256") for n in range(200)]
del view
print(secret.memory, macs[0].hex(), flush=True)
sys.stdin.buffer.readline()
secret.wipe()
print("wiped", flush=True)
sys.stdin.buffer.readline()
"""
_NOBODY = """
import encodings.idna, ringfence.vault.secret
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # setuid made us undumpable; the point here is the memory, not that
"""
_NO_LOCK = "resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))\n" + _NOBODY
_NO_MEMFD = """
from ringfence.confine import seccomp
seccomp.install(seccomp.assemble(seccomp.Profile(((447, 447),))))
"""


@pytest.mark.parametrize(
    ("before", "memories"),
    [
        ("", {"memfd_secret", "locked", "plain"}),
        (_NO_MEMFD, {"locked"}),
        (_NO_LOCK, {"plain"}),
    ],
    ids=["as the kernel has it", "without memfd_secret", "without any locked memory"],
)
def test_someone_who_reads_the_whole_process_finds_a_secret_only_where_the_kernel_shows_it(
    before: str, memories: set[str]
) -> None:
    needle = Secret.random(64)
    command = [sys.executable, "-c", _HOLDER.format(before=before)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        os.writev(holder.stdin.fileno(), [needle.view()])
        memory, mac = holder.stdout.readline().decode().split()
        assert memory in memories
        assert hmac.digest(needle.view(), b"order 0", "sha256").hex() == mac
        held = copies(holder.pid, bytes(needle.view()))
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"wiped\n"
        wiped = copies(holder.pid, bytes(needle.view()))
        holder.stdin.write(b"\n")
        holder.stdin.flush()
    assert (held, wiped) == (0 if memory == "memfd_secret" else 1, 0)
    assert holder.returncode == 0
