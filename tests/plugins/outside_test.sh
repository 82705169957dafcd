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
mkdir -p "$prefix/bin" "$prefix/lib/pyvm" "$prefix/include/pyvm/passes/ir"
cp -L core/driver/pyvm "$prefix/bin/"
cp -L tiers/{interp,llvm}/libpyvm_*.so plugins/policy_fixed_count/libpyvm_*.so "$prefix/lib/pyvm/"
cp -L core/plugin/pyvm.h "$prefix/include/pyvm/"
cp -L passes/ir/*.h passes/ir/ops.def "$prefix/include/pyvm/passes/ir/"
cp -L plugins/template/{policy_every_n.c,monitor_first_runs.cc,pass_reciprocal.cc} "$work/"
cd "$work"
unset PYVM_PLUGIN_PATH PYVM_OPTIONS
pyvm=$prefix/bin/pyvm
flags="-shared -fPIC -Wall -Wextra -Werror -I $prefix/include/pyvm"

cc=$(command -v clang-19 || command -v cc)
cxx=$(command -v clang++-19 || command -v c++)
$cc $flags -o libpyvm_policy_every_n.so policy_every_n.c
$cxx -std=c++20 $flags -o libpyvm_monitor_first_runs.so monitor_first_runs.cc
$cxx -std=c++20 -O2 $flags -o libpyvm_pass_reciprocal.so pass_reciprocal.cc

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

# The pass is listed, with its parameter; it runs where --passes puts it, and changes the code.
cat >halves.py <<'END'
def halves(n):
    total = 0.0
    for i in range(n):
        total = total / 4.0 + i / 3.0
    return total
for i in range(60):
    total = halves(100)
print(total)
END
PYVM_PLUGIN_PATH=$work "$pyvm" --list=passes >log
grep -q '^  reciprocal  *multiplies floats' log || fail "the pass is not listed: $(cat log)"
grep -q '^    limit .*(default -1)' log || fail "its parameter is not listed: $(cat log)"
hot="--tiers=interp,llvm --policy=fixed-count:calls.llvm=20,loops.llvm=20 --sync-compile --dump=ir:halves"
before=inline,simplify,guards,simplify,unbox,simplify
quotients() {  # OPTION...: how many divisions the last pass leaves in the first code
  "$pyvm" $hot "$@" halves.py >out 2>log || fail "$*: $(cat out log)"
  [ "$(cat out)" = "$(PYVM_PLUGIN_PATH= "$pyvm" halves.py)" ] || fail "$*: $(cat out)"
  awk '/ as built, /{ if (++n > 1) exit } /^halves /{ count = 0 } / DivFloat /{ ++count } END { print count }' log
}
pass=--plugin=libpyvm_pass_reciprocal.so
[ "$(quotients "--passes=only:$before,dce")" = 2 ] || fail "not two divisions: $(cat log)"
[ "$(quotients $pass "--passes=only:$before,dce")" = 2 ] || fail "a pass ran that is not named"
[ "$(quotients $pass "--passes=only:$before,reciprocal,dce")" = 1 ] || fail "the pass did nothing: $(cat log)"
grep '^halves (' log | sed 's/.*(//; s/,.*//' | grep -A1 reciprocal | head -2 | tr '\n' ' ' | grep -q '^reciprocal dce ' ||
  fail "the pass did not run before dce: $(grep '^halves (' log)"
[ "$(quotients $pass "--passes=only:$before,reciprocal:limit=0,dce")" = 2 ] || fail "its limit is not heeded"
[ "$(PYVM_PLUGIN_PATH=$work quotients "--passes=only:$before,reciprocal,dce")" = 1 ] || fail "it is not found by its name"

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
mkdir other
sed 's/{pyvm::ir::kIrVersion,/{pyvm::ir::kIrVersion + 1,/' pass_reciprocal.cc >other/pass.cc
$cxx -std=c++20 $flags -o other/libpyvm_pass_reciprocal.so other/pass.cc
cp libpyvm_pass_reciprocal.so libpyvm_pass_renamed.so
cp text.so libpyvm_pass_text.so
refuse 'version 42 of the plugin interface, and this pyvm has version 1' --plugin=version.so
refuse 'does not export pyvm_plugin_main' --plugin=symbol.so
refuse 'returned null' --plugin=null.so
refuse 'threw an exception' --plugin=throws.so
refuse 'nowhere' --plugin=unresolved.so
refuse 'not a shared object' --plugin=text.so
refuse 'No such file' --plugin=absent.so
refuse 'policy broken: decide threw an exception' --plugin=decides.so --policy=broken
refuse "did you mean 'every-n'?" --plugin=libpyvm_policy_every_n.so --policy=every-m
refuse 'built for another version of the IR' --tiers=llvm --plugin=other/libpyvm_pass_reciprocal.so
refuse 'its file must be called libpyvm_pass_reciprocal.so' --tiers=llvm --plugin=libpyvm_pass_renamed.so
refuse 'not a shared object' --tiers=llvm --plugin=libpyvm_pass_text.so
refuse 'no tier of --tiers has passes' $pass
refuse 'does not run by default' --tiers=llvm $pass --passes=reciprocal
refuse 'no pass is called `reciprocal`' --tiers=llvm --passes=only:reciprocal
echo PASSED
