"""experiments/compile_cost on a stand-in for pyvm: sums, limits, files, messages."""

import csv
import json
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

import support

COMMAND = str(support.EXPERIMENTS / "compile_cost")

# Answers like pyvm: who it is, or a row for each module and the peak.
STAND_IN = """\
    #!/usr/bin/python3.11
    import json, sys
    if sys.argv[1] == "-c":
        print(json.dumps({"version": "3", "implementation": "CPython", "executable": sys.argv[0],
                          "plugin_path": None}))
        sys.exit()
    assert sys.argv[1] == "--tiers=baseline" and sys.argv[4] == "baseline", sys.argv
    for path in sys.argv[5:]:
        print(json.dumps({"units": 2, "refused": 0, "instructions": 100, "code_bytes": %d,
                          "compile_ns": %d}))
    print(json.dumps({"peak_code_bytes": 5000}))
    """


class CompileCost(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def run_with(self, code_bytes, ns, *arguments):
        path = self.folder / "pyvm"
        path.write_text(textwrap.dedent(STAND_IN) % (code_bytes, ns))
        path.chmod(0o755)
        return subprocess.run(
            [COMMAND, "--pyvm", str(path), "--output", str(self.folder / "out"), *arguments],
            capture_output=True, text=True)

    def test_sums_and_files(self):
        done = self.run_with(3000, 100_000, "--modules", "json/*", "--top", "2")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        files = len(list(Path("/usr/lib/python3.11/json").glob("*.py")))
        self.assertRegex(done.stdout, rf"all \({files}\) +{2 * files} +{100 * files} +1\.00 +30\.0\n")
        self.assertRegex(done.stdout, rf"{files - 2} others ")
        saved = json.loads((self.folder / "out" / "compile_cost.json").read_text())
        self.assertEqual(saved["total"]["instructions"], 100 * files)
        self.assertEqual(saved["peak_code_bytes"], 5000)
        self.assertEqual(len(saved["runs"]), 3)
        with open(self.folder / "out" / "compile_cost.csv") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["module"] for row in rows][-2:], ["json/tool", "all"])

    def test_limits(self):
        for code_bytes, ns in ((6500, 100_000), (3000, 201_000)):
            done = self.run_with(code_bytes, ns, "--modules", "json/*")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "compile_cost: a mean is above its limit\n")

    def test_a_module_that_does_not_exist(self):
        done = self.run_with(1, 1, "--modules", "jsn")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is called jsn", done.stderr)

    def test_a_pyvm_that_is_none(self):
        done = subprocess.run([COMMAND, "--pyvm", "/bin/false", "--output", str(self.folder)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("does not start", done.stderr)


if __name__ == "__main__":
    unittest.main()
