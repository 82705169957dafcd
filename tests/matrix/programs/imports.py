"""Every form of import, on packages made at run time."""
import importlib
import os
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
folder = tempfile.mkdtemp()
FILES = {
    "mx_plain.py": "print('executing', __name__)\nvalue = 1\n_private = 2\n__all__ = ['value', 'late']\ndef __getattr__(name):\n    if name == 'late': return 'from module getattr'\n    raise AttributeError(f'no {name}')\n",
    "mx_no_all.py": "public = 1\n_private = 2\n",
    "mx_bad_all.py": "__all__ = ['nothing']\n",
    "mx_bad_all2.py": "__all__ = [5]\n",
    "mx_syntax.py": "def f(:\n",
    "mx_error.py": "x = 1\n1 / 0\n",
    "mx_nested_error.py": "import mx_error\n",
    "mx_circular_a.py": "print('a start')\nimport mx_circular_b\nfrom mx_circular_b import b_value\na_value = 'a' + b_value\n",
    "mx_circular_b.py": "print('b start')\nimport mx_circular_a\nb_value = 'b'\ntry:\n    from mx_circular_a import a_value\nexcept ImportError as e:\n    print(str(e).split(' (')[0])\ntry:\n    mx_circular_a.a_value\nexcept AttributeError as e:\n    print(e)\n",
    "mx_replaced.py": "import sys\nclass Fake:\n    value = 'replaced module'\n    __path__ = []\nsys.modules[__name__] = Fake()\n",
    "mx_pkg/__init__.py": "print('package', __name__, __package__)\nfrom . import first\nfrom .first import name as first_name\nhere = 'package attribute'\n",
    "mx_pkg/first.py": "from . import second as alias\nfrom .second import *\nfrom .sub.deep import up\nname = 'first'\n",
    "mx_pkg/second.py": "name = 'second'\nother = 'other'\n",
    "mx_pkg/sub/__init__.py": "",
    "mx_pkg/sub/deep.py": "from .. import second\nfrom ..second import other as up\ndef beyond():\n    from .... import x\n",
    "mx_namespace/inner.py": "value = 'namespace'\n",
}
for name, text in FILES.items():
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
sys.path.insert(0, folder)


def show(f):
    try:
        print(f())
    except Exception:
        print(traceback.format_exc().replace(folder, "<folder>"))


import mx_plain
import mx_plain as renamed
import mx_pkg.sub.deep
import mx_pkg.second as second, mx_pkg.first as first
from mx_pkg import sub, here, first_name
from mx_pkg.sub.deep import up as up2
import mx_namespace.inner as inner
import mx_replaced
from mx_replaced import value as replaced_value
import os.path as p, sys as s

print(renamed is mx_plain, mx_pkg.sub.deep.up, second.name, first.name, first.alias.name, sub.__name__, here, first_name, up2, inner.value, mx_replaced.value, replaced_value, p is os.path)


def star():
    scope = {}
    exec("from mx_plain import *\nfrom mx_no_all import *", scope)
    return sorted(k for k in scope if not k.startswith("__"))


print(star())
for text in (
    "from mx_bad_all import *",
    "from mx_bad_all2 import *",
    "import mx_missing",
    "import mx_plain.child",
    "from mx_plain import absent",
    "from mx_no_all import absent",
    "from mx_pkg import absent",
    "from . import x",
    "from .x import y",
    "import mx_syntax",
    "import mx_error",
    "import mx_nested_error",
    "from mx_pkg.sub.deep import beyond; beyond()",
    "import mx_circular_a",
    "from os import path, absent",
    "from mx_pkg.second import name, absent",
):
    print("--", text)
    show(lambda: exec(text, {"__name__": "scratch"}))
print("mx_error" in sys.modules, "mx_nested_error" in sys.modules)


def in_function():
    import mx_pkg.second
    from mx_pkg import second as local_second
    from mx_no_all import public as p1, _private as p2

    return mx_pkg.second is local_second, p1, p2


print(in_function())


class InClass:
    import mx_no_all as module
    from mx_no_all import public


print(InClass.public, InClass.module.__name__)
calls = []


def hook(name, globals=None, locals=None, fromlist=(), level=0):
    calls.append((name, fromlist, level, globals is not None and globals.get("__name__")))
    return original(name, globals, locals, fromlist, level)


import builtins

original = builtins.__import__
builtins.__import__ = hook
import mx_no_all
from mx_pkg import first as f1, second as f2
import mx_pkg.sub
exec("from .second import name\nfrom . import second", {"__name__": "mx_pkg.x", "__package__": "mx_pkg"})
builtins.__import__ = original
print(calls)
builtins.__import__ = lambda *a: "not a module"
import anything
show(lambda: exec("from anything import upper, nope"))
builtins.__import__ = original
print(anything)
mx_plain.value = "changed"
importlib.reload(mx_plain)
print(mx_plain.value, importlib.import_module(".second", "mx_pkg").other)
sys.modules["mx_none"] = None
show(lambda: exec("import mx_none"))
show(lambda: exec("import a.b.c", {"__builtins__": {"__import__": lambda *a: 5}}))
show(lambda: exec("import a.b.c as d", {"__builtins__": {"__import__": lambda *a: 5}}))
import __future__

print(type(__future__.annotations).__name__, importlib.util.find_spec("mx_pkg.second").name)
import shutil

shutil.rmtree(folder)
