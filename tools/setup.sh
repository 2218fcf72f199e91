#!/bin/sh
# Make .venv hold exactly what uv.lock says.
#
# tools/setup.sh - v0.1.0
#
# Needs a Python and a package index, nothing else. Every fault ends in one line that says what to do.
# TORCH=cpu takes torch's CPU build and is remembered; TORCH=lock goes back to the build that uv.lock names.
# VENV_PYTHON=3.12 makes .venv with another Python than .python-version says.
# FORCE=1 mends a .venv that somebody installed into: without it, nothing happens until a file that decides changes.
#
# ```mermaid
# flowchart LR
#     find_uv --> make_venv --> install
#     find_uv & make_venv & install -- fault --> explain
# ```
set -u
cd "$(dirname "$0")/.." || exit 1
unset UV_PYTHON UV_SYSTEM_PYTHON UV_PROJECT_ENVIRONMENT UV_TORCH_BACKEND VIRTUAL_ENV CONDA_PREFIX # they would aim uv elsewhere

wanted=${VENV_PYTHON:-$(cat .python-version)}
python=.venv/bin/python
log=
uv=

say() { printf 'setup: %s\n' "$*" >&2; }

die() { say "$*" && exit 1; }

# Print the blocks of uv.lock whose package name matches (or, with !, does not match) a pattern.
lock_of() {
    awk -v pattern="^($2)==" -v want="$1" '/^[A-Za-z0-9]/ { keep = ($0 ~ pattern) == (want == "only") } keep' uv.lock
}

# Turn the output of a failed command into one line, and stop.
explain() {
    case $log in
    *"os error 28"* | *"Errno 28"* | *"No space left"*)
        die "the disk is full while $1; .venv and uv's cache take about 8 GB (half of that with TORCH=cpu): free some, or point UV_CACHE_DIR elsewhere, then run make again" ;;
    *"os error 30"* | *"os error 13"* | *"Errno 30"* | *"Errno 13"* | *"Read-only file system"* | *"Permission denied"*)
        die "cannot write while $1 in $PWD: move the checkout to a folder that you may write to, then run make again" ;;
    *"ash mismatch"* | *"DO NOT MATCH THE HASHES"*)
        die "a downloaded file is not the one that uv.lock names while $1 ($(printf '%s' "$log" | grep -o 'for `[^`]*`' | tail -n 1)): do not trust this index; try another with UV_DEFAULT_INDEX=<address> make" ;;
    *"error sending request"* | *"dns error"* | *"connectivity is disabled"* | *"Failed to fetch"* | *"ConnectionError"* | *"Could not find a version"* | *"No matching distribution"* | *"ConnectTimeout"*)
        die "cannot reach what is needed while $1 ($(last_line)): check the network or name a mirror with UV_DEFAULT_INDEX=<address>, then run make again" ;;
    *) die "failed while $1: $(last_line)" ;;
    esac
}

last_line() { printf '%s\n' "$log" | sed -n 's/^ *\(error\|cause\|ERROR\): *//p; ${/./p;}' | tail -n 1 | cut -c 1-300; }

# Run a command, keep its output in $log, show the seconds on a terminal.
quietly() {
    ticker=
    if [ -t 2 ]; then
        (n=0 && while sleep 1; do n=$((n + 1)) && printf '\r  %d s ' "$n" >&2; done) &
        ticker=$!
    fi
    log=$("$@" 2>&1)
    status=$?
    [ -z "$ticker" ] || { kill "$ticker" && printf '\r        \r' >&2; }
    return $status
}

usable_uv() { "$1" pip sync --help 2>/dev/null | grep -q -e --torch-backend; } # pyenv shims of a uv that is not there fail

find_uv() {
    for uv in .uv/bin/uv uv .venv/bin/uv "${HOME:-}/.local/bin/uv"; do
        usable_uv "$uv" && return
    done
    for host in python3 python3.13 python3.12 python3.14 python; do
        "$host" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
        host=
    done
    [ -n "$host" ] || die "no Python found; install Python $wanted (and make), then run make again"
    say "installing uv into .uv, from the lock"
    log=$({ mkdir -p .uv && lock_of only uv >.uv/uv.lock; } 2>&1) || explain "making .uv"
    # PEP 668 refuses installs beside the system's packages, not into a folder; pip's own settings must not steer this one.
    export PIP_CONSTRAINT=/dev/null PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
    quietly "$host" -m pip install --quiet --require-hashes --upgrade --target .uv -r .uv/uv.lock && uv=.uv/bin/uv && return
    case $log in
    *"No module named pip"*)
        quietly "$host" -m venv .uv/venv && quietly .uv/venv/bin/python -m pip install --quiet --require-hashes -r .uv/uv.lock \
            && mkdir -p .uv/bin && ln -sf ../venv/bin/uv .uv/bin/uv && uv=.uv/bin/uv && return
        die "$host has neither pip nor a working venv; install one of them (python3-pip, python3-venv) or uv itself, then run make again" ;;
    esac
    explain "installing uv"
}

usable_python() {
    $python -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))' 2>/dev/null || return
    case ${VENV_PYTHON:-} in '') ;; *) $python -V | grep -q -F "$VENV_PYTHON" ;; esac
}

make_venv() {
    usable_python && return
    if [ -e .venv ]; then
        say "replacing .venv: it has no usable Python ${VENV_PYTHON:-3.12, 3.13 or 3.14}"
        log=$(rm -rf .venv 2>&1) || explain "replacing .venv"
    fi
    quietly "$uv" venv --quiet --clear --python "$wanted" .venv && return
    case $log in *"os error 28"* | *"os error 30"* | *"os error 13"*) explain "making .venv" ;; esac
    quietly "$uv" venv --quiet --clear --no-python-downloads --python '>=3.12,<3.15' .venv \
        || die "no Python 3.12, 3.13 or 3.14 found and none could be downloaded; install Python $wanted, then run make again"
    say "Python $wanted is not here and could not be downloaded; using $($python -V)"
}

# Companies name their mirror and certificate in pip's settings, which uv does not read.
follow_pip() {
    settings=$(python3 -m pip config list 2>/dev/null) || return 0
    [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] \
        || UV_DEFAULT_INDEX=$(printf '%s\n' "$settings" | sed -n "s/^[a-z:]*\.index-url='\(.*\)'$/\1/p" | head -n 1)
    [ -z "${UV_DEFAULT_INDEX:-}" ] || export UV_DEFAULT_INDEX
}

# Install a lock file; without a network, what an earlier install left in uv's cache will do.
sync_lock() {
    quietly "$uv" pip sync --quiet --python $python --require-hashes --reinstall-package seedbed "$1" && return # its wheel may change without its version
    network_log=$log
    quietly "$uv" pip sync --quiet --offline --python $python --require-hashes --reinstall-package seedbed "$1" && return
    log=$network_log
    explain "installing $(basename "$1")"
}

install() {
    lock=uv.lock
    if [ "$torch" = cpu ]; then # torch's own index has other files of the same version: the lock's hashes cannot cover them
        lock=.venv/cpu.lock
        log=$(lock_of no 'torch|triton|cuda-[a-z0-9-]*|nvidia-(cu|nc|nv[a-z])[a-z0-9-]*' 2>&1 >$lock) || explain "writing $lock"
    fi
    say "installing $(grep -c '^[A-Za-z0-9].*==' $lock) packages from $lock into .venv, at first some minutes"
    sync_lock $lock
    if [ "$torch" = cpu ]; then
        version=$(lock_of only torch | sed -n 's/^torch==\([^ ]*\).*/\1/p')
        quietly "$uv" pip install --quiet --python $python --no-deps --torch-backend cpu "torch==$version" \
            || explain "installing torch $version for CPU"
    fi
    quietly "$uv" pip install --quiet --offline --python $python --no-deps --no-build-isolation --editable . \
        || explain "installing this project itself"
}

torch=${TORCH:-$(cat .venv/.seedbed-torch 2>/dev/null || echo lock)}
case $torch in cpu | lock) ;; *) die "TORCH=$torch is unknown; choose cpu or lock. Example: make demo TORCH=cpu" ;; esac
stamp=.venv/.seedbed-$(printf '%s' "$torch ${VENV_PYTHON:-}" | cat - uv.lock pyproject.toml .python-version tools/setup.sh | cksum | tr ' ' -)
[ "${FORCE:-}" = 1 ] || [ ! -e "$stamp" ] || exit 0
follow_pip
find_uv
make_venv
install
log=$({ rm -f .venv/.seedbed-* && echo "$torch" >.venv/.seedbed-torch && : >"$stamp"; } 2>&1) || explain "finishing .venv"
say "ready: .venv has $($python -V) and everything in $lock"
