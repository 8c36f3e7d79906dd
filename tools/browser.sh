#!/usr/bin/env bash
# The tests of pages look at them in Debian's chromium.
set -euo pipefail

if command -v chromium >/dev/null; then
    exit
fi
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "test: chromium is missing; install it (Debian: apt-get install chromium) and run this again" >&2
    exit 1
fi
echo "test: installing chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
