#!/usr/bin/env bash
# The tests run alert on a PostgreSQL of their own, from Debian's package.
set -euo pipefail
shopt -s nullglob

installed=(/usr/lib/postgresql/*/bin/postgres)
if command -v postgres >/dev/null || [[ ${#installed[@]} -gt 0 ]]; then
    exit
fi
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "test: PostgreSQL is missing; install it (Debian: apt-get install postgresql) and run this again" >&2
    exit 1
fi
echo "test: installing PostgreSQL"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
# Without this the package makes and starts a database of its own.
sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
apt-get install -y -qq --no-install-recommends postgresql >/dev/null
