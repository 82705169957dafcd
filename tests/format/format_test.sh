#!/bin/bash
# All .cc and .h files are formatted as .clang-format (Google) says.
set -u
root=$(dirname "$(readlink -f WORKSPACE)")
cd "$root" || exit 1

format() { clang-format-19 --style=file:"$root/.clang-format" --dry-run -Werror "$@"; }

# The check itself must be able to fail, and to pass.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int  f( ){return 1 ;}' >"$scratch/bad.cc"
echo 'int f() { return 1; }' >"$scratch/good.cc"
if format "$scratch/bad.cc" 2>/dev/null; then
  echo "self-check: a badly formatted file was accepted"
  exit 1
fi
if ! format "$scratch/good.cc"; then
  echo "self-check: a well formatted file was refused"
  exit 1
fi

# Git's view: tracked files and new ones that are not ignored; without git, all.
files() {
  if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
    git -c safe.directory="$root" ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h'
  else
    find . -path './bazel-*' -prune -o -path ./.build -prune -o \
      -type f \( -name '*.cc' -o -name '*.h' \) -print0
  fi
}
# A file may be deleted and not yet committed.
existing() { while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\0' "$file"; done; }

files | existing >"$scratch/files"
if ! [ -s "$scratch/files" ]; then
  echo "found no source files below $root"
  exit 1
fi
bad=$(xargs -0 -P "$(nproc)" -n 20 clang-format-19 --style=file:"$root/.clang-format" \
  --dry-run --ferror-limit=1 <"$scratch/files" 2>&1 |
  sed -n 's/^\([^ :][^:]*\):[0-9]*:[0-9]*: warning: code should be clang-formatted.*/\1/p;/^.*error:/p' | sort -u)
[ -z "$bad" ] && exit 0
echo "not formatted as .clang-format says:"
sed 's/^/  /' <<<"$bad"
echo "to mend: clang-format-19 -i" $bad
exit 1
