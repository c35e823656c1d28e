"""PAM's stacks: what is included, and whether a module can be gone around."""

import pytest

from ringfence.audit.host import pam
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import host

COMMON = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"


def stack(text: str, **files: str) -> tuple[pam.Module, ...]:
    """Read the auth stack of a service."""
    more = {f"/etc/pam.d/{name.replace('_', '-')}": body for name, body in files.items()}
    return pam.stack(host({"/etc/pam.d/sshd": text, **more}), "sshd", "auth")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@include common-auth\naccount required pam_nologin.so", ["pam_unix.so", "pam_deny.so", "pam_permit.so"]),
        ("auth include common-auth", ["pam_unix.so", "pam_deny.so", "pam_permit.so"]),
        ("auth substack common-auth", ["pam_unix.so", "pam_deny.so", "pam_permit.so"]),
        ("account include common-auth", []),
        ("AUTH required /lib/security/pam_a.so x y", ["pam_a.so"]),
        ("# auth required pam_a.so", []),
        ("auth required # pam_a.so", []),
        ("auth required \\\n pam_a.so", ["pam_a.so"]),
        ("-auth optional pam_a.so", ["pam_a.so"]),
        ("auth [success=ok  default=bad] pam_a.so [x y]", ["pam_a.so"]),
    ],
)
def test_a_stack_is_what_its_files_come_to(text: str, names: list[str]) -> None:
    assert [one.name for one in stack(text, common_auth=COMMON)] == names


def test_a_service_without_a_file_is_other_and_without_that_unseen() -> None:
    server = host({"/etc/pam.d/other": "auth required pam_deny.so"})
    assert [one.name for one in pam.stack(server, "sshd", "auth")] == ["pam_deny.so"]
    with pytest.raises(Unseen):
        pam.stack(host({"/etc/passwd": ""}), "sshd", "auth")
    assert pam.has(host({"/usr/lib/pam.d/sshd": ""}), "sshd")


@pytest.mark.parametrize("text", ["@include none", "auth include none", "@include sshd"])
def test_what_cannot_be_followed_is_unseen(text: str) -> None:
    with pytest.raises(Unseen, match="cannot be followed"):
        stack(text)


SECOND = "auth {} pam_google_authenticator.so {}\n"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (COMMON + SECOND.format("required", ""), True),
        (SECOND.format("requisite", "forward_pass") + COMMON, True),
        (SECOND.format("[success=ok new_authtok_reqd=ok default=die]", ""), True),
        (SECOND.format("[success=1 default=ignore]", "") + "auth requisite pam_deny.so", True),
        (SECOND.format("[success=1 default=ignore]", "") + "auth optional pam_deny.so", False),
        (SECOND.format("[success=1 default=ignore]", "") + COMMON, False),
        (SECOND.format("[success=ok user_unknown=ignore default=bad]", ""), False),
        (SECOND.format("required", "nullok"), False),
        ("auth required pam_u2f.so nouserok", False),
        ("auth required pam_u2f.so", True),
        ("auth required pam_oath.so usersfile=/etc/users.oath", True),
        (SECOND.format("optional", ""), False),
        (SECOND.format("sufficient", ""), False),
        ("-" + SECOND.format("required", ""), False),
        ("#" + SECOND.format("required", ""), False),
        ("auth sufficient pam_unix.so\n" + SECOND.format("required", ""), False),
        ("auth [success=done default=ignore] pam_unix.so\n" + SECOND.format("required", ""), False),
        ("auth [success=1 default=ignore] pam_succeed_if.so user ingroup x\n" + SECOND.format("required", ""), False),
        (f"auth [success={'9' * 5000} default=ignore] pam_a.so\n" + SECOND.format("required", ""), False),
        ("auth [default=0] pam_a.so\n" + SECOND.format("required", ""), True),
        (COMMON, False),
    ],
)
def test_a_second_factor_is_asked_only_where_nobody_gets_by(text: str, asked: bool) -> None:
    assert (pam.second_factor(stack(text)) is not None) == asked


def test_the_last_value_of_an_argument_counts() -> None:
    module = stack("auth required pam_a.so deny=3 deny=9 silent")[0]
    assert module.value("deny") == "9"
    assert module.value("unlock_time") is None


def test_a_module_is_told_with_the_line_that_it_begins_on() -> None:
    found = stack("# first\nauth required \\\n pam_a.so\nauth required pam_b.so")
    assert [(one.name, one.path, one.line) for one in found] == [
        ("pam_a.so", "/etc/pam.d/sshd", 2),
        ("pam_b.so", "/etc/pam.d/sshd", 4),
    ]
