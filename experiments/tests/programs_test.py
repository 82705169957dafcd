"""Every program gives its EXPECTED result on this Python, run once."""

import importlib
import sys
import unittest

import support  # noqa: F401
from comparing import programs


class Results(unittest.TestCase):
    pass


def make_test(program):
    def test(self):
        module = importlib.import_module(program.name)
        self.assertIsNotNone(module.EXPECTED)
        self.assertEqual(module.run(), module.EXPECTED)
    return test


sys.path.insert(0, str(programs.FOLDER))
for each in programs.find():
    setattr(Results, "test_" + each.name, make_test(each))

if __name__ == "__main__":
    unittest.main()
