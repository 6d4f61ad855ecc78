#!/bin/sh
# enter-root.sh ROOT COMMAND…: runs a command with the programs and settings of the Debian in the folder ROOT instead of
# this machine's. Needs root. The command sees this machine's kernel, devices, cgroups, /tmp and the working directory;
# the rest of ROOT but /var/tmp cannot be written. When the command ends, every process and every mount that it left ends
# with it: they are in a PID and a mount namespace (namespaces(7)) of their own.
set -eu

if [ "$1" != --inside ]; then
  exec unshare --mount --propagation private --pid --fork --kill-child sh "$0" --inside "$@"
fi
root=$2
shift 2
project=$PWD

mount --bind "$root" "$root"
mount --bind "$root/var/tmp" "$root/var/tmp"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount --bind /tmp "$root/tmp"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root$project"
mount --bind "$project" "$root$project"
mount -o remount,bind,ro "$root"

cd "$root"
pivot_root . mnt
cd "$project"
umount --lazy /mnt
# No exec: this shell is PID 1 here, and collects orphans that end.
"$@"
exit $?
