"""The command itself: messages, exit codes, and what it leaves behind when things go wrong."""

import io
import json
import signal
import subprocess
import tempfile
import textwrap
import time
import unittest
import unittest.mock
from pathlib import Path

import support
from comparing import launch, programs, pythons
from comparing.errors import UsageError
from comparing.progress import Progress

COMPARE = str(support.EXPERIMENTS / "compare")
PYTHON = "/usr/bin/python3.11"


def compare(*arguments):
    return subprocess.run([COMPARE, *arguments], capture_output=True, text=True)


class Folder(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def script(self, name, text):
        path = self.folder / name
        path.write_text(textwrap.dedent(text))
        path.chmod(0o755)
        return path


class WrongUsage(Folder):
    def refuse(self, needle, *arguments):
        done = compare(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(needle, done.stderr)

    def test_an_unknown_program_suggests_the_nearest(self):
        self.refuse("did you mean 'raytracer'?", "--programs", "raytraser")

    def test_a_python_that_does_not_exist(self):
        self.refuse("there is no executable /nowhere/python",
                    "--python", "x=/nowhere/python", "--output", str(self.folder))

    def test_a_python_that_does_not_start(self):
        self.refuse("python 'x' does not start", "--python", "x=/bin/false",
                    "--output", str(self.folder))

    def test_a_python_without_a_name(self):
        self.refuse("write NAME=COMMAND", "--python", "/usr/bin/python3")

    def test_the_same_name_twice(self):
        self.refuse("used twice", "--python", "x=a", "--python", "x=b")

    def test_an_unknown_baseline(self):
        self.refuse("--baseline 'y'", "--python", f"x={PYTHON}", "--baseline", "y")

    def test_a_number_that_is_none(self):
        self.refuse("'0' is not a positive number", "--processes", "0")

    def test_an_unknown_option(self):
        self.refuse("unrecognized arguments: --fast", "--fast")

    def test_output_that_cannot_be_written(self):
        self.script("file", "")
        self.refuse("cannot write results to", "--python", f"x={PYTHON}",
                    "--output", str(self.folder / "file" / "below"))

    def test_a_report_on_something_else(self):
        self.refuse("is not a results file", "--report", str(self.script("x.json", "[]")))


class GoodUsage(Folder):
    def test_help_and_list(self):
        for option in ("--help", "--list"):
            done = compare(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("fib ", done.stdout)

    def test_a_measurement_from_end_to_end(self):
        done = compare("--python", f"one={PYTHON}", "--python", f"two={PYTHON} -S", "--programs",
                       "sieve", "--processes", "2", "--iterations", "2", "--starts", "1",
                       "--output", str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("two against one", done.stdout)
        raw = json.loads((self.folder / "results.json").read_text())
        self.assertTrue(raw["complete"])
        runs = [each for each in raw["processes"] if each["program"] == "sieve"]
        self.assertEqual([len(each["iterations_ns"]) for each in runs], [2] * 4)
        self.assertTrue(all(each["peak_rss_kb"] > 1000 for each in raw["processes"]))
        self.assertIn("steady", raw["summary"]["ratios"]["two"]["sieve"])
        for name in ("speed.png", "speed.svg", "memory.png", "memory.svg"):
            self.assertGreater((self.folder / name).stat().st_size, 1000)
        again = compare("--report", str(self.folder / "results.json"), "--baseline", "two")
        self.assertIn("one against two", again.stdout)

    def test_a_python_that_crashes_is_shown_and_the_others_are_kept(self):
        crashing = self.script("crashing", f"""\
            #!/bin/sh
            case "$*" in *runner.py*) kill -SEGV $$;; esac
            exec {PYTHON} "$@"
            """)
        done = compare("--python", f"cpython={PYTHON}", "--python", f"bad={crashing}", "--programs",
                       "sieve", "--processes", "1", "--iterations", "1", "--starts", "1",
                       "--output", str(self.folder))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("FAILED 1 of 1: killed by SIGSEGV", done.stdout)
        summary = json.loads((self.folder / "results.json").read_text())["summary"]
        self.assertEqual(summary["measured"]["sieve"]["cpython"]["state"], "ok")

    def test_control_c_keeps_what_was_measured(self):
        # The second Python lets the test know that its turn has come, and then hangs.
        mark = self.folder / "mark"
        hanging = self.script("hanging", f"""\
            #!/bin/sh
            case "$*" in *runner.py*) touch {mark}; sleep 600;; esac
            exec {PYTHON} "$@"
            """)
        running = subprocess.Popen(
            [COMPARE, "--python", f"cpython={PYTHON}", "--python", f"slow={hanging}", "--programs",
             "sieve", "--iterations", "1", "--starts", "1", "--output", str(self.folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not mark.exists() and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate()
        self.assertEqual(running.returncode, 130, stderr)
        self.assertIn("Interrupted", stdout)
        raw = json.loads((self.folder / "results.json").read_text())
        self.assertFalse(raw["complete"])
        self.assertTrue(any(each["program"] == "start-up" for each in raw["processes"]))


class OneProcess(Folder):
    def run_text(self, text, iterations=3, timeout=60):
        program = programs.Program("p", self.script("p.py", text), "numpy-small", "")
        return launch.run_program(pythons.Python("x", [PYTHON]), program, iterations, 0, timeout)

    def test_a_wrong_result_is_a_failure_that_names_the_iteration(self):
        result = self.run_text("""\
            EXPECTED = 1
            calls = []
            def run():
                calls.append(0)
                return len(calls)
            """)
        self.assertEqual(result["failure"], "wrong result in iteration 2: 2")
        self.assertEqual(len(result["iterations_ns"]), 2)

    def test_a_crash_keeps_the_iterations_before_it(self):
        result = self.run_text("""\
            import os
            EXPECTED = None
            calls = []
            def run():
                calls.append(0)
                if len(calls) == 3:
                    os.kill(os.getpid(), 11)
            """)
        self.assertEqual(result["failure"], "killed by SIGSEGV")
        self.assertEqual(len(result["iterations_ns"]), 2)

    def test_an_exception_is_quoted(self):
        result = self.run_text("EXPECTED = 0\ndef run(): return 1 // 0\n")
        self.assertIn("ZeroDivisionError", result["failure"])

    def test_an_early_exit_is_a_failure(self):
        result = self.run_text("import os\nEXPECTED = 0\ndef run(): os._exit(0)\n")
        self.assertEqual(result["failure"], "ended before its last iteration")

    def test_a_hanging_process_is_stopped(self):
        result = self.run_text("import time\nEXPECTED = 0\ndef run(): time.sleep(600)\n", timeout=1)
        self.assertEqual(result["failure"], "stopped after 1 s")

    def test_a_python_that_vanished_is_a_failure(self):
        result = launch.run_start_up(pythons.Python("x", [str(self.folder / "gone")]), 60)
        self.assertEqual(result["failure"], "cannot be started: No such file or directory")

    def test_a_missing_library_is_not_a_failure(self):
        (self.folder / "numpy.py").write_text("raise ImportError('not for this Python')\n")
        result = self.run_text("import numpy\nEXPECTED = 0\ndef run(): return 0\n")
        self.assertEqual(result["missing"], "numpy")
        self.assertNotIn("failure", result)

    def test_any_other_missing_module_is_a_failure(self):
        result = self.run_text("import no_such_thing\nEXPECTED = 0\ndef run(): return 0\n")
        self.assertIn("no_such_thing", result["failure"])


class Identity(Folder):
    def test_the_launcher_stands_for_its_binary(self):
        launcher = self.script("pyvm", f"""\
            #!/bin/sh
            export PYVM_PLUGIN_PATH=/some/plugins
            exec {PYTHON} "$@"
            """)
        with unittest.mock.patch.object(pythons, "LAUNCHER", launcher):
            found = pythons.identify(pythons.Python("pyvm", [str(launcher), "-S"]))
        self.assertEqual(found.command, [PYTHON, "-S"])
        self.assertEqual(found.environment, {"PYVM_PLUGIN_PATH": "/some/plugins"})
        self.assertEqual(found.identity["given"], f"{launcher} -S")

    def test_a_failed_build_is_named(self):
        launcher = self.script("pyvm", "#!/bin/sh\necho first build >&2\nexit 125\n")
        with unittest.mock.patch.object(pythons, "LAUNCHER", launcher):
            with self.assertRaises(UsageError) as caught:
                pythons.identify(pythons.Python("pyvm", [str(launcher)]))
        self.assertIn("the build failed", str(caught.exception))

    def test_any_other_command_is_run_as_given(self):
        script = self.script("mine", f"#!/bin/sh\nexec {PYTHON} \"$@\"\n")
        found = pythons.identify(pythons.Python("mine", [str(script)]))
        self.assertEqual(found.command, [str(script)])

    def test_an_unknown_option_is_quoted(self):
        with self.assertRaises(UsageError) as caught:
            pythons.identify(pythons.Python("x", [PYTHON, "--tears=interp"]))
        self.assertIn("unknown option --tears=interp", str(caught.exception))

    def test_the_baseline_is_cpython_or_the_first(self):
        a, b = pythons.Python("a", ["a"]), pythons.Python("cpython", ["b"])
        self.assertEqual(pythons.choose_baseline([a, b], None), "cpython")
        self.assertEqual(pythons.choose_baseline([a], None), "a")


class ProgramFiles(Folder):
    def test_a_file_that_breaks_the_protocol_is_refused(self):
        for text, needle in (('"""d"""\nEXPECTED = 1\ndef run(): pass\n', "KIND"),
                             ('"""d"""\nKIND = "python"\ndef run(): pass\n', "EXPECTED"),
                             ('"""d"""\nKIND = "python"\nEXPECTED = 1\n', "run()"),
                             ('KIND = "python"\nEXPECTED = 1\ndef run(): pass\n', "docstring"),
                             ("def", "cannot be read")):
            with self.assertRaises(UsageError) as caught:
                programs.read(self.script("p.py", text))
            self.assertIn(needle, str(caught.exception))

    def test_patterns_select_in_the_programs_order(self):
        found = programs.select(programs.find(), ["sor", "fib"])
        self.assertEqual([program.name for program in found], ["fib", "sor"])


class ProgressLine(unittest.TestCase):
    def test_the_estimate_uses_the_same_jobs_last_time(self):
        progress = Progress([("p", "x"), ("q", "x"), ("p", "x"), ("q", "x")], io.StringIO())
        self.assertIsNone(progress.time_left())
        progress.done(("p", "x"), 2.0)
        self.assertEqual(progress.time_left(), 6.0)
        progress.done(("q", "x"), 10.0)
        self.assertEqual(progress.time_left(), 12.0)

    def test_without_a_terminal_lines_are_sparse(self):
        clock, stream = [0.0], io.StringIO()
        progress = Progress([("p", "x")] * 100, stream, now=lambda: clock[0])
        for _ in range(100):
            progress.show(("p", "x"))
            progress.done(("p", "x"), 1.0)
            clock[0] += 1.0
        self.assertEqual(len(stream.getvalue().splitlines()), 3)
        self.assertNotIn("\r", stream.getvalue())


if __name__ == "__main__":
    unittest.main()
