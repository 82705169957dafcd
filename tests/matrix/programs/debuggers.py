"""pdb, bdb, cProfile, profile and trace on code that is already warm."""
# traced
import bdb
import cProfile
import io
import pdb
import profile
import pstats
import sys
import trace


def callee(n):
    total = 0
    for i in range(n):
        total += i
    return total


def target(n):
    a = callee(n)
    b = callee(n + 1)
    return a + b


for _ in range(100):
    target(3)
commands = ["b callee", "c", "p n", "n", "n", "p total", "w", "u", "p sorted(locals())", "d", "r", "cl 1", "c"]
out = io.StringIO()
debugger = pdb.Pdb(stdin=io.StringIO("\n".join(commands) + "\n"), stdout=out, nosigint=True, readrc=False)
debugger.use_rawinput = False
print(debugger.runcall(target, 4))
text = out.getvalue()
print("callee" in text, text.count("(Pdb)"), "['n']" in text)
sys.settrace(None)


class Stepper(bdb.Bdb):
    def __init__(self):
        super().__init__()
        self.lines = []

    def user_line(self, frame):
        if frame.f_code.co_filename == __file__:
            self.lines.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        self.set_step()

    def user_exception(self, frame, info):
        self.lines.append(info[0].__name__)


s = Stepper()
print(s.runcall(target, 2), s.lines)


def fails():
    try:
        {}["k"]
    except KeyError:
        pass


s = Stepper()
s.runcall(fails)
print(s.lines)
p = cProfile.Profile()
p.enable()
target(5)
[callee(i) for i in range(10)]
p.disable()
stats = pstats.Stats(p, stream=io.StringIO())
print(sorted((k[2], v[1]) for k, v in stats.stats.items() if k[0] == __file__))
p = profile.Profile()
p.runcall(target, 5)
p.create_stats()
print(sorted((k[2], v[1]) for k, v in p.stats.items() if k[0] == __file__))
t = trace.Trace(count=1, trace=0)
t.runfunc(target, 3)
counts = {line - target.__code__.co_firstlineno: n for (f, line), n in t.results().counts.items() if f == __file__}
print(sorted(counts.items()))
t = trace.Trace(count=0, trace=0, countfuncs=1, countcallers=1)
t.runfunc(target, 3)
print(sorted(name for _, _, name in t.results().calledfuncs if name in ("target", "callee")))
try:
    pdb.Pdb(stdin=io.StringIO("q\n"), stdout=io.StringIO(), nosigint=True, readrc=False).runcall(target, 1)
except bdb.BdbQuit:
    print("quit")
sys.settrace(None)
print(target(10), sys.gettrace())


def postmortem():
    local = "seen in post mortem"
    return local.missing


try:
    postmortem()
except AttributeError as e:
    out = io.StringIO()
    d = pdb.Pdb(stdin=io.StringIO("p local\nq\n"), stdout=out, nosigint=True, readrc=False)
    d.reset()
    d.interaction(None, e.__traceback__)
    print("seen in post mortem" in out.getvalue())
