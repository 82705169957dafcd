"""Golden tests of passes."""

def golden_test(name = "golden_test", data = None):
    """Runs each testdata/*.ir through the passes that its header names.

    Args:
      name: of the test.
      data: the files; default: all of testdata.
    """
    files = data or native.glob(["testdata/*.ir"])
    native.cc_test(
        name = name,
        size = "small",
        args = ["$(rootpath %s)" % file for file in files],
        data = files,
        deps = ["//passes/ir:golden"],
    )
