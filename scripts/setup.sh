#!/usr/bin/env bash
# Everything that comes before building: scripts/setup.sh [build|demo|tests] (each includes the one before it; default: build).
# Safe to run again: it then only looks.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

purpose="${1:-build}"
case "$purpose" in
  build | demo | tests) ;;
  *) die "scripts/setup.sh takes build, demo or tests, not '$purpose'" ;;
esac
bash "$root/scripts/packages.sh" "$purpose"
bash "$root/scripts/python_env.sh" "$purpose"
