#!/bin/bash
# Plugins that are built outside the tree, against the installed headers alone, are
# loaded and called; and those that are broken are refused in one line.
set -eu

root=$PWD
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/outside.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# What tools/install lays out.
prefix=$work/prefix
mkdir -p "$prefix/bin" "$prefix/lib/pyvm" "$prefix/include/pyvm"
cp -L core/driver/pyvm "$prefix/bin/"
cp -L tiers/interp/libpyvm_tier_interp.so "$prefix/lib/pyvm/"
cp -L core/plugin/pyvm.h "$prefix/include/pyvm/"
cp -L plugins/template/policy_every_n.c plugins/template/monitor_first_runs.cc "$work/"
cd "$work"
unset PYVM_PLUGIN_PATH PYVM_OPTIONS
pyvm=$prefix/bin/pyvm
flags="-shared -fPIC -Wall -Wextra -Werror -I $prefix/include/pyvm"

cc=$(command -v clang-19 || command -v cc)
cxx=$(command -v clang++-19 || command -v c++)
$cc $flags -o libpyvm_policy_every_n.so policy_every_n.c
$cxx -std=c++20 $flags -o libpyvm_monitor_first_runs.so monitor_first_runs.cc

cat >prog.py <<'END'
def hot():
    pass
for i in range(100):
    hot()
END

# The policy is asked each time 7 calls have been made, and says why.
"$pyvm" --plugin=libpyvm_policy_every_n.so --policy=every-n:n=7 --trace=trace.json prog.py
asked=$(grep '"function":"hot"' trace.json | grep -c '"entry budget".*"reason":"7 calls, 0 loops since"') ||
  fail "the policy was not asked: $(grep hot trace.json)"
[ "$asked" = 14 ] || fail "the policy was asked $asked times about 100 calls, not 14"

# The same from a plugin folder, with another number.
PYVM_PLUGIN_PATH=$work "$pyvm" --policy=every-n:n=50 --trace=trace.json prog.py
asked=$(grep '"function":"hot"' trace.json | grep -c '"reason":"50 calls, 0 loops since"') || asked=0
[ "$asked" = 2 ] || fail "the policy was asked $asked times about 100 calls, not 2"

# The monitor is called.
"$pyvm" --plugin=libpyvm_monitor_first_runs.so --monitors=first-runs:limit=100000 prog.py 2>log
grep -q '^first run: hot (.*prog.py:1)' log || fail "the monitor did not see hot: $(cat log)"
grep -q '^first-runs: [0-9]* functions ran' log || fail "the monitor did not report"

# refuse TEXT FILE OPTION...: the run must end with exit code 2, one line, and no program.
refuse() {
  local text=$1 status=0
  shift
  "$pyvm" "$@" -c 'print("ran")' >out 2>&1 || status=$?
  [ "$status" = 2 ] || fail "$*: exit code $status: $(cat out)"
  [ "$(wc -l <out)" = 1 ] || fail "$*: not one line: $(cat out)"
  grep -qF -- "$text" out || fail "$*: '$text' is not in: $(cat out)"
}

plugin='#include "pyvm.h"
static void decide(void* s, const pyvm_event* e, pyvm_decision* d) { (void)s, (void)e, (void)d; THROW }
static const pyvm_policy policy = {sizeof(policy), decide, 0};
static const pyvm_plugin plugin = {VERSION, sizeof(plugin), PYVM_POLICY, 0, "broken", "help", 0, 0, 0, &policy};
PYVM_EXTERN const pyvm_plugin* ENTRY(const pyvm_host* host) { (void)host; BODY return &plugin; }'
# broken NAME OPTION...: builds NAME.so from the text above, with these macros.
broken() {
  local name=$1
  shift
  $cxx -std=c++20 -x c++ $flags -DVERSION=PYVM_ABI_VERSION -DENTRY=pyvm_plugin_main -DBODY= \
    -DTHROW= '-DPYVM_EXTERN=extern "C"' -Wno-macro-redefined "$@" -o "$name.so" - <<<"$plugin"
}
broken version -DVERSION=PYVM_ABI_VERSION+41
broken symbol -DENTRY=another_main
broken null '-DBODY=return 0;'
broken throws '-DBODY=throw 1;'
broken decides '-DTHROW=throw 1;'
broken unresolved '-DBODY=extern void nowhere(); nowhere();'
echo 'not a plugin' >text.so
refuse 'version 42 of the plugin interface, and this pyvm has version 1' --plugin=version.so
refuse 'does not export pyvm_plugin_main' --plugin=symbol.so
refuse 'returned null' --plugin=null.so
refuse 'threw an exception' --plugin=throws.so
refuse 'nowhere' --plugin=unresolved.so
refuse 'not a shared object' --plugin=text.so
refuse 'No such file' --plugin=absent.so
refuse 'policy broken: decide threw an exception' --plugin=decides.so --policy=broken
refuse "did you mean 'every-n'?" --plugin=libpyvm_policy_every_n.so --policy=every-m
echo PASSED
