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

have_chromium() { command -v chromium >/dev/null; }
have_redis() { command -v redis-server >/dev/null; }

missing=""
have_postgresql || missing="$missing postgresql"
have_chromium || missing="$missing chromium"
have_redis || missing="$missing redis-server"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    # shellcheck disable=SC2086  # one word a package
    apt-get install -y -qq --no-install-recommends $missing >&2
fi
if have_postgresql; then echo postgresql; fi
if have_chromium; then echo chromium; fi
if have_redis; then echo redis-server; fi
