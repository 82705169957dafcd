# Shared by the scripts in tools/; sourced, with `root` set to the checkout.

# Compiled objects outlive the checkout. PYVM_DISK_CACHE names another place, and empty
# means none. .bazelrc has the default.
run_bazel() {
  local command=$1
  shift
  local flags=()
  [ -z "${PYVM_DISK_CACHE+set}" ] || flags+=("--disk_cache=$PYVM_DISK_CACHE")
  # Bazel must not inherit PYTHONHOME and the like from a program under test.
  (cd "$root" && exec env -u PYTHONHOME -u PYTHONPATH \
    bazel "$command" "${flags[@]}" "$@" </dev/null)
}

# Configuration of the build: empty (optimized), debug or asan.
config=${PYVM_CONFIG:-}
case "$config" in
  "") config_flags=() bin="$root/bazel-bin" ;;
  debug | asan) config_flags=("--config=$config") bin="$root/bazel-$config-bin" ;;
  *)
    echo "${0##*/}: PYVM_CONFIG is '$config'; it must be debug, asan or empty" >&2
    exit 2
    ;;
esac

# Packages that hold what `pyvm` consists of: the targets with the tag `pyvm`.
pyvm_targets() {
  local folder
  echo //core/driver:pyvm
  for folder in tiers plugins; do
    # Bazel refuses a folder without packages.
    [ -n "$(find "$root/$folder" -name BUILD -print -quit 2>/dev/null)" ] && echo "//$folder/..."
  done
}

# Builds the executable and all plugins; Bazel's own messages go to stdout and stderr.
build_pyvm() {
  # shellcheck disable=SC2046
  run_bazel build "${config_flags[@]}" --build_tag_filters=pyvm "$@" $(pyvm_targets)
}

# The plugins, one a line, as the build files name them: bazel-bin may hold older ones.
plugin_files() {
  local folders
  folders=$(pyvm_targets | sed 1d | paste -sd+)
  [ -n "$folders" ] || return 0
  run_bazel query "attr(tags, '\bpyvm\b', $folders) except attr(tags, '\bmanual\b', $folders)" |
    sed "s|^//|$bin/|; s|:|/|"
}
