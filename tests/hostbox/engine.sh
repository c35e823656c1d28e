#!/bin/sh
# What an engine does for one container of the overlay, for a box that has none: a root of its own over the server's,
# its own processes, one of the networks, its mounts, no capability. `engine NAME NETWORK UID GID MOUNTS COMMAND...`:
# MOUNTS are SOURCE:TARGET:ro or :rw, with blanks between them. systemd adds what seccomp and no-new-privileges are.
set -e
name=$1 network=$2 uid=$3 gid=$4 mounts=$5
shift 5
base=/opt/engine/$name
mkdir -p "$base/top" "$base/layer"
mount -t tmpfs tmpfs "$base/layer"
mkdir "$base/layer/upper" "$base/layer/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/layer/upper,workdir=$base/layer/work" "$base/top"
cd "$base/top"
mkdir -p old
mount -t tmpfs tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/urandom c 1 9
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
for each in $mounts; do
    how=${each##*:} rest=${each%:*}
    source=${rest%:*} target=${rest##*:}
    if [ -d "$source" ]; then mkdir -p ".$target"; else mkdir -p ".${target%/*}"; : >".$target"; fi
    mount --bind "$source" ".$target"
    [ "$how" = rw ] || mount -o remount,bind,ro ".$target"
done
# The words of the command stay as they are: "$@" is that of the inner shell.
exec nsenter "--net=/run/netns/$network" sh -c '
    uid=$1 gid=$2
    shift 2
    pivot_root . old
    mount -t proc proc /proc
    umount -l /old
    umount -l /sys 2>/dev/null || true
    exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
' engine "$uid" "$gid" "$@"
