#!/bin/sh
# Install what the tests use and no lock holds, where that is allowed; print what is there.
#
# tools/system-parts.sh - v0.1.0
#
# Root on Debian or Ubuntu: what is missing is installed, and a failure is one. Anybody else: tests say what they miss.
set -eu

have_postgresql() {
    command -v initdb >/dev/null || [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ]
}

if ! have_postgresql && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -y -qq --no-install-recommends postgresql >&2
fi
if have_postgresql; then echo postgresql; fi
