#!/usr/bin/env bash
# Writes requirements.lock from every pyproject.toml: all platforms, all extras, with hashes and
# without the addresses of registries. Versions stay as they are unless something asks for others.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! uv=$(PATH="$PWD/.venv/bin:$PATH" command -v uv); then
    echo "lock: uv is missing; install it: .venv/bin/pip install uv" >&2
    exit 1
fi
omitted=(--no-emit-package opencv-python)
for member in "$@"; do
    omitted+=(--no-emit-package "lethe-$(basename "$member")")
done
"$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header "${omitted[@]}" \
    pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml --group dev --all-extras \
    --output-file requirements.lock
echo "lock: requirements.lock is written"
