"""Tests in a Debian that is really booted: by systemd-nspawn, as root, from packages that debootstrap brings."""
