#!/usr/bin/env bash
# Everything cplae needs before it can be built: scripts/setup.sh [tests]. Safe to run again: it then only looks.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash "$root/scripts/packages.sh" "$@"
bash "$root/scripts/python_env.sh" "$@"
