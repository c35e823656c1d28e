"""The numbers of system calls on the machines that we know, by what giving them up is for. Data alone.

A number that is wrong here refuses another call than it names: `tests/confine` holds each against the kernel.
"""

Numbers = tuple[int | None, int | None]
"""On x86_64 and on aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None where the architecture has no such call."""

PROGRAMS: dict[str, Numbers] = {"execve": (59, 221), "execveat": (322, 281)}
OTHERS_MEMORY: dict[str, Numbers] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
}
KERNEL: dict[str, Numbers] = {
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),  # its queue makes sockets that no filter sees
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "personality": (135, 92),
}
SYSTEM: dict[str, Numbers] = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "reboot": (169, 142),
    "settimeofday": (164, 170),  # the clock decides what is stale
    "clock_settime": (227, 112),
}
DENIED = PROGRAMS | OTHERS_MEMORY | KERNEL | SYSTEM
"""What neither our processes nor a bot ever needs, but that a bot may start programs."""

CHILDREN: dict[str, Numbers] = {"fork": (57, None), "vfork": (58, None)}
UNNAMED: dict[str, Numbers] = {"memfd_create": (319, 279)}
"""Memory that can be run as a program without being in any directory; `memfd_secret` is another call, and stays."""

SHARED: dict[str, Numbers] = {
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
"""What processes of one user share by number or name and not by file (sysvipc(7), mq_overview(7))."""

CLONE: Numbers = (56, 220)
IN_MEMORY: dict[str, Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
"""What cannot be judged, its arguments lying in memory; told that it is not there, callers take the older call."""

SOCKET: Numbers = (41, 198)
SOCKETPAIR: Numbers = (53, 199)
LISTEN: Numbers = (50, 201)
SENDING: dict[str, tuple[Numbers, int]] = {
    "sendto": ((44, 206), 3),
    "sendmsg": ((46, 211), 2),
    "sendmmsg": ((307, 269), 3),
}
"""What sends, and which of its arguments has the flags."""

OPENING: dict[str, tuple[Numbers, int]] = {"open": ((2, None), 1), "openat": ((257, 56), 2)}
"""What opens a file, and which of its arguments has the flags."""

IOCTL: Numbers = (16, 29)
TRUNCATE: dict[str, Numbers] = {"truncate": (76, 45)}
