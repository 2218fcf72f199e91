#!/bin/sh
# Install what the tests use and no lock holds, where that is allowed; print the names.
#
# tools/system-parts.sh - v0.1.0
#
# Debian or Ubuntu, as root or with sudo that asks nothing. A part that stays away is a failure: its tests would skip.
set -eu

parts="postgresql chromium redis-server"

have() {
    case $1 in
    postgresql) command -v initdb >/dev/null || [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    for part in $parts; do
        have "$part" || printf ' %s' "$part"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

wanted=$(missing)
if [ -n "$wanted" ] && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    as_root apt-get update -qq >&2
    # shellcheck disable=SC2086  # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >&2
fi
wanted=$(missing)
if [ -n "$wanted" ]; then
    echo "not on this machine, and the tests use it:$wanted. Next: apt-get install$wanted" >&2
    exit 1
fi
echo "$parts"
