#!/usr/bin/env bash
# Makes .venv, or brings it up to date: the packages of requirements.lock, checked against their
# hashes, and the members of this workspace. Does nothing when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "setup: $1" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3 python3.12 python3.13 python; do
        if [[ -n $candidate ]] && "$candidate" -c \
            'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; install it, or name it: make setup PYTHON=/path/to/python3.11"
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps "$@"
}

# Runs a step unless its inputs are those of the last time, and remembers them once it is through.
unless_done() {
    local stamp=.venv/$1.stamp inputs=$2 message=$3
    shift 3
    if [[ -f $stamp && $(<"$stamp") == "$inputs" ]]; then
        return
    fi
    echo "setup: $message"
    "$@"
    echo "$inputs" >"$stamp"
}

make_venv() {
    local python
    python=$(find_python)
    echo "setup: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null ||
        fail "$python can't make a virtual environment; install its venv module (Debian: python3-venv)"
    pwd >.venv/place.stamp
}

# Compiled afterwards on all cores: pip does it on one.
install_packages() {
    pip_install --no-compile --require-hashes --requirement requirements.lock
    .venv/bin/python -m compileall -q -j 0 .venv/lib
}

# Its commands hold the path of this folder: an environment that was moved is made anew.
if [[ ! -f .venv/place.stamp || $(<.venv/place.stamp) != "$PWD" ]]; then
    make_venv
fi

members=(libs/* services/*)
unless_done packages "$(sha256sum <requirements.lock)" \
    "installing the pinned packages (a few minutes the first time)" \
    install_packages
unless_done members "$(cat "${members[@]/%//pyproject.toml}" | sha256sum)" \
    "installing Lethe's own packages" \
    pip_install --no-build-isolation "${members[@]/#/--editable=}"
