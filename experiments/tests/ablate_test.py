"""experiments/ablate on a stand-in for pyvm: configurations, worth, files, messages."""

import json
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

import support
from ablating import report, worth

COMMAND = str(support.EXPERIMENTS / "ablate")

# Lists one pass, and runs programs on CPython; without the pass, the program fails if it shall.
STAND_IN = """\
    #!/usr/bin/python3.11
    import os, sys
    options = []
    while sys.argv[1:] and sys.argv[1].startswith("--"):
        options.append(sys.argv.pop(1))
    if options and options[-1].startswith("--list="):
        print(options[-1][7:] + ":\\n  unbox      keeps numbers out of boxes\\n    p  a parameter")
        sys.exit()
    if "--passes=-unbox" in options and os.environ.get("BREAK") and sys.argv[1] != "-c":
        sys.exit("broken without unbox")
    os.execv("/usr/bin/python3.11", ["/usr/bin/python3.11"] + sys.argv[1:])
    """


class Ablate(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)
        self.pyvm = self.folder / "pyvm"
        self.pyvm.write_text(textwrap.dedent(STAND_IN))
        self.pyvm.chmod(0o755)

    def run_with(self, *arguments, **environment):
        return subprocess.run(
            [COMMAND, "--pyvm", str(self.pyvm), "--programs", "fib", "--processes", "2",
             "--iterations", "1", "--output", str(self.folder / "out"), *arguments],
            capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment})

    def test_each_part_is_left_out_once(self):
        done = self.run_with("--tiers", "interp,llvm")
        self.assertEqual(done.returncode, 0, done.stderr)
        saved = json.loads((self.folder / "out" / "results.json").read_text())
        self.assertEqual([factor["name"] for factor in saved["factors"]],
                         ["-unbox", "-interp", "-llvm"])
        self.assertEqual(list(saved["pythons"]), ["all", "-unbox", "-interp", "-llvm"])
        self.assertIn("--passes=-unbox", saved["pythons"]["-unbox"]["command"])
        self.assertIn("--tiers=llvm", saved["pythons"]["-interp"]["command"])
        self.assertIn("sha256", saved["pythons"]["all"])
        for name in ("-unbox", "-interp", "-llvm"):
            self.assertRegex(done.stdout, rf"\n{name} +\d\.\d+ \[")

    def test_a_part_without_which_a_program_fails(self):
        done = self.run_with("--kinds", "passes", BREAK="1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: fib on -unbox: exit code 1: broken without unbox", done.stderr)
        self.assertRegex(done.stdout, r"\n-unbox +not measured, or failed")

    def test_wrong_usage(self):
        for needle, *arguments in (
                ("'speed' is none of passes, tiers, policies", "--kinds", "speed"),
                ("'inlin' is neither a pass nor a tier", "--only", "inlin"),
                ("say which, with --policy", "--kinds", "policies"),
                ("nothing to leave out", "--kinds", "tiers", "--tiers", "interp"),
                ("there is no policy 'x'", "--kinds", "policies", "--policy", "x:y=1")):
            done = self.run_with(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(needle, done.stderr)


class Worth(unittest.TestCase):
    def test_worth_is_time_without_over_time_with(self):
        processes = [dict(support.process("p", name, [ms] * 4, turn), compile_ns=ms * 1_000_000)
                     for turn in range(3) for name, ms in (("all", 10), ("-x", 25))]
        raw = support.raw(processes, {"p": "python"}, ("all", "-x"))
        raw.update(tiers="interp", factors=[{"kind": "passes", "name": "-x", "options": []}])
        raw["summary"] = worth.summarise(raw)
        entry = raw["summary"]["-x"]
        self.assertAlmostEqual(entry["steady"]["ratio"], 2.5)
        self.assertEqual([entry["certain"], entry["compile_ms"], entry["best"]],
                         [1, 25.0, ["p", 2.5]])
        self.assertRegex(report.render(raw), r"\n-x +2\.500 \[2\.500, 2\.500\]")


if __name__ == "__main__":
    unittest.main()
