"""sys.settrace and sys.setprofile switched on, changed and off inside running code."""
# traced
import sys

events = []


def tracer(frame, event, arg):
    if frame.f_code.co_filename != __file__:
        return None
    line = frame.f_lineno - frame.f_code.co_firstlineno
    if event == "exception":
        arg = arg[0].__name__
    elif not isinstance(arg, (int, str, type(None))):
        arg = type(arg).__name__
    events.append(f"{frame.f_code.co_name}+{line} {event} {arg}")
    return tracer


def flush(title):
    print("==", title)
    for e in events:
        print("  ", e)
    events.clear()


def callee(n):
    if n > 1:
        return callee(n - 1)
    return "bottom"


def loop(n):
    total = 0
    for i in range(n):
        if i == 2:
            sys.settrace(tracer)
        total += i
        if i == 4:
            sys.settrace(None)
    return total


def calls():
    x = callee(3)
    try:
        raise KeyError
    except KeyError:
        x += "!"
    return x


def gen():
    a = yield 1
    b = yield 2
    return a


print(loop(6))
flush("switched on in a loop: this frame itself has no f_trace")


def with_f_trace(n):
    total = 0
    for i in range(n):
        if i == 2:
            sys.settrace(tracer)
            sys._getframe().f_trace = tracer
        total += i
        if i == 4:
            sys.settrace(None)
    return total


print(with_f_trace(6))
flush("f_trace set on the running frame")

sys.settrace(tracer)
calls()
list(gen())
[c for c in "ab"]
(lambda: 1)()
sys.settrace(None)
flush("calls, generators, comprehension")


def opcode_tracer(frame, event, arg):
    frame.f_trace_opcodes = True
    frame.f_trace_lines = False
    if event == "opcode":
        events.append(frame.f_code.co_name)
    return opcode_tracer


sys.settrace(opcode_tracer)
callee(1)
sys.settrace(None)
print(len(events) > 5, set(events))
events.clear()


def jumper(frame, event, arg):
    if frame.f_code.co_name == "jumped":
        if event == "line" and frame.f_lineno == frame.f_code.co_firstlineno + 2:
            frame.f_lineno = frame.f_code.co_firstlineno + 4
        return jumper


def jumped():
    x = 1
    x = 2
    x += 100
    return x


sys.settrace(jumper)
print(jumped())
sys.settrace(None)
print(jumped())


def profiler(frame, event, arg):
    if frame.f_code.co_filename == __file__:
        events.append(f"{frame.f_code.co_name} {event} {getattr(arg, '__name__', arg) if event.startswith('c_') else arg}")


def profiled(n):
    x = len([n])
    if n:
        sys.setprofile(profiler)
    x += len("abc")
    callee(2)
    try:
        int("x")
    except ValueError:
        pass
    sys.setprofile(None)
    return x


print(profiled(0), profiled(1))
flush("profile")


def change_local(frame, event, arg):
    if event == "line" and frame.f_code.co_name == "victim":
        if "x" in frame.f_locals:
            frame.f_locals["x"] = "changed by tracer"
    return change_local


def victim():
    x = "original"
    y = x
    return x, y


sys.settrace(change_local)
print(victim())
sys.settrace(None)


def failing_tracer(frame, event, arg):
    if frame.f_code.co_name == "callee":
        raise RuntimeError("tracer failed")


sys.settrace(failing_tracer)
try:
    callee(1)
except RuntimeError as e:
    print(e, sys.gettrace())


def suspended():
    yield 1
    sys.settrace(None)
    yield 2
    yield 3


g = suspended()
next(g)
sys.settrace(tracer)
next(g)
next(g)
sys.settrace(None)
flush("generator started untraced")


def deep(n):
    if n == 0:
        sys.settrace(tracer)
        f = sys._getframe()
        while f is not None:
            f.f_trace = tracer
            f = f.f_back
        return 0
    x = deep(n - 1)
    return x + 1


print(deep(3))
sys.settrace(None)
sys._getframe().f_trace = None
flush("callers traced")
hot = sum(callee(2) == "bottom" for _ in range(1000))
print(hot, sys.gettrace(), sys.getprofile())


def trace_callers():
    sys.settrace(tracer)
    f = sys._getframe()
    while f is not None:
        f.f_trace = tracer
        f = f.f_back


def raises(n):
    if n == 0:
        trace_callers()
        raise KeyError(n)
    raises(n - 1)


def catches():
    try:
        raises(2)
    except KeyError:
        pass
    return "caught"


print(catches())
sys.settrace(None)
sys._getframe().f_trace = None
flush("an exception passes frames that were not traced when they were called")


def turned_on_by_a_failing_call(value):
    x = [value, value]
    try:
        x = sorted(x, key=lambda _: trace_callers() or missing)
    except NameError:
        x = x, value, len(x)
    return x


print(turned_on_by_a_failing_call(7))
sys.settrace(None)
sys._getframe().f_trace = None
flush("switched on below a call in C that fails")


def profile_unwind():
    def inner():
        sys.setprofile(profiler)
        raise KeyError

    try:
        inner()
    except KeyError:
        sys.setprofile(None)


profile_unwind()
flush("profile: an exception leaves a frame that was running")
