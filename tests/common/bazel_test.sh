#!/bin/bash
# Runs one of the runners under Bazel:
#   bazel_test.sh RUNNER PYVM PLUGIN.so... -- [arguments of the runner]
# Paths are relative to the runfiles' root, where Bazel starts tests.
set -u
runner=$PWD/$1
pyvm=$PWD/$2
shift 2
folders=
while [ "$1" != -- ]; do
  folders+=${folders:+:}$PWD/$(dirname "$1")
  shift
done
shift
export PYVM_PLUGIN_PATH=$folders
cd "${TEST_TMPDIR:-/tmp}" || exit 1
exec "$runner" --pyvm "$pyvm" "$@"
