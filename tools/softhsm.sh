#!/usr/bin/env bash
# The tests keep alert's keys in a security module made of software, from Debian's package.
set -euo pipefail

if command -v softhsm2-util >/dev/null; then
    exit
fi
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "test: SoftHSM is missing; install it (Debian: apt-get install softhsm2) and run this again" >&2
    exit 1
fi
echo "test: installing SoftHSM"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends softhsm2 >/dev/null
