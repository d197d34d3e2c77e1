#!/usr/bin/env bash
# Sets up, builds and runs every test; arguments go to ctest: scripts/test.sh -R unit
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash "$root/scripts/setup.sh" tests
bash "$root/scripts/build.sh"
say "running the tests"
exec ctest --test-dir "$build_dir" --output-on-failure --no-tests=error --parallel "$(jobs_here)" "$@"
