#!/usr/bin/env bash
# What checks the page: the compiler of its types and the rules of accessibility, pinned with their
# hashes in package-lock.json. Does nothing when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")"

stamp=node_modules/lock.stamp
if [[ -f $stamp && $(<"$stamp") == "$(<package-lock.json)" ]]; then
    exit
fi
if ! command -v npm >/dev/null; then
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "web: npm is missing; install it (Debian: apt-get install npm) and run this again" >&2
        exit 1
    fi
    echo "web: installing npm"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends npm >/dev/null
fi
echo "web: installing what checks the page"
npm ci --ignore-scripts --no-audit --no-fund --silent
cp package-lock.json "$stamp"
