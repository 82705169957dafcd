"""Exceptions caught where they are raised: tracebacks, context, handlers in loops."""
# traced
import sys
import traceback

ROUNDS = 60


class Note:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Note.log.append((self.name, repr(sys.exc_info()[1])))


class Problem(Exception):
    pass


class Worse(Problem):
    pass


class BadInit(Exception):
    def __init__(self, *args):
        raise KeyError("in __init__")


def trace(error):
    return [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]


def chain(error):
    out = []
    while error is not None and len(out) < 5:
        out.append((type(error).__name__, error.args, trace(error)))
        error = error.__context__
    return out


def fail(x):
    if x % 3 == 0:
        raise Problem(x)
    if x % 3 == 1:
        raise Worse(x, "worse")
    return x


def simple(n):
    total = 0
    for i in range(n):
        try:
            total += fail(i)
        except Worse as error:
            total += len(error.args)
        except Problem:
            total += 100
    return total


def divide(n):
    out = []
    for i in range(n):
        try:
            out.append(10 // (i % 3))
        except ZeroDivisionError as error:
            out.append(trace(error))
        try:
            out.append([1, 2][i % 4])
        except IndexError as error:
            out.append((str(error), trace(error)))
        try:
            out.append({"a": 1}["ab"[i % 2]])
        except LookupError as error:
            out.append((str(error), trace(error)))
    return out[-4:], len(out)


def missing(n):
    out = []
    for i in range(n):
        try:
            out.append(undefined_name)
        except NameError as error:
            out.append(error.name)
        try:
            if i % 2:
                x = i
            out.append(x)
            del x
        except UnboundLocalError as error:
            out.append(str(error))
        try:
            out.append((5).missing)
        except AttributeError as error:
            out.append((error.name, trace(error)))
    return out[-4:]


def deep_stack(n):
    # What lies on the stack when the exception comes is released.
    out = []
    for i in range(n):
        try:
            out.append([Note(("a", i)), (Note(("b", i)), fail(i * 3)), i])
        except Problem as error:
            out.append(sorted(Note.log))
            Note.log.clear()
    return out[-1]


def with_position(n):
    # The cleanup of the inner handler needs the number of the instruction.
    out = []
    for i in range(n):
        try:
            try:
                fail(i)
            except Worse as error:
                fail(3)
            else:
                out.append("else")
        except Problem as error:
            out.append(chain(error))
        finally:
            out.append("finally")
    return out[-6:], len(out)


def context(n):
    out = []
    for i in range(n):
        try:
            fail(0)
        except Problem:
            try:
                fail(1)
            except Worse as error:
                out.append(chain(error))
                handled = sys.exc_info()[1] is error
            out.append((handled, type(sys.exc_info()[1]).__name__))
        out.append(sys.exc_info())
    return out[-3:]


def reraise(x):
    try:
        return fail(x)
    except Worse:
        raise
    except Problem as error:
        raise ValueError("from") from error


def reraised(n):
    out = []
    for i in range(n):
        try:
            out.append(reraise(i))
        except (ValueError, Worse) as error:
            out.append((chain(error), repr(error.__cause__)))
    return out[-3:]


def bare(n):
    total = 0
    for i in range(n):
        try:
            total += fail(i)
        except:
            total += 1
            continue
        total += 1000
    return total


def leave_loop(n):
    for i in range(n):
        try:
            if i == 7:
                raise StopIteration(i)
        except StopIteration as error:
            return error.value, trace(error)
    return None


def keep(n):
    # The frame is kept by a traceback while it goes on.
    kept = None
    values = []
    for i in range(n):
        try:
            fail(3)
        except Problem as error:
            if i == n - 2:
                kept = error
        values.append(i)
        if kept is not None:
            frame = kept.__traceback__.tb_frame
            values.append((frame.f_locals["i"], frame.f_lineno))
    return kept, values[-3:]


def kept(n):
    error, values = keep(n)
    frame = error.__traceback__.tb_frame
    return values, sorted(frame.f_locals), frame.f_locals["i"], trace(error)


def wrong_class(x):
    try:
        try:
            fail(x)
        except x:
            return "never"
    except TypeError as error:
        return str(error), chain(error)
    return "none"


def makes_worse(n):
    out = []
    for i in range(n):
        try:
            raise BadInit
        except KeyError as error:
            out.append((str(error), trace(error)))
        try:
            raise Problem("x", i % 2) from None
        except Problem as error:
            out.append((error.args, error.__suppress_context__))
    return out[-2:]


def in_while(n):
    i = total = 0
    while True:
        try:
            i += 1
            if i > n:
                break
            total += fail(i)
        except Worse:
            continue
        except Problem as error:
            total += error.args[0]
    return total, i


def unpacks(n):
    out = 0
    for i in range(n):
        try:
            a, b = (1, 2, 3)[:i % 4]
            out += a + b
        except ValueError as error:
            out += len(str(error))
        try:
            {[]: 1}
        except TypeError as error:
            out += len(str(error))
        try:
            s = "a"
            s += [1, "b"][i % 2]
        except TypeError:
            out += 3
        try:
            for k, v in {1: 2}.items():
                for p, q in zip([k], fail_late(v)):
                    out += p
        except Problem as error:
            out += error.args[0]
    return out


def fail_late(x):
    yield x
    raise Problem(x)


def finalizer_sees(n):
    out = []
    for i in range(n):
        try:
            x = Note(i)
            fail(3 * i)
        except Problem as error:
            del x
            out.append(Note.log[-1])
        del error_free[:]
    Note.log.clear()
    return out[-2:]


error_free = []


def recursive(n):
    try:
        if n == 0:
            raise Problem("bottom")
        return recursive(n - 1)
    except Problem as error:
        if n == 3:
            return len(trace(error)), n
        raise


def deep(n):
    try:
        return deep(n + 1)
    except RecursionError as error:
        if n < 3:
            return str(error)
        raise


def traced(n):
    events = []

    def tracer(frame, event, arg):
        if frame.f_code is simple.__code__:
            events.append((event, frame.f_lineno - simple.__code__.co_firstlineno))
        return tracer
    sys.settrace(tracer)
    simple(n)
    sys.settrace(None)
    return len(events), events[-5:]


def starts_tracing(n):
    # In the middle, while exceptions come.
    events = []

    def tracer(frame, event, arg):
        events.append(event)
        return tracer
    for i in range(n):
        try:
            if i == n - 2:
                sys.settrace(tracer)
                sys._getframe().f_trace = tracer
            fail(3)
        except Problem:
            pass
    sys.settrace(None)
    return events


def main():
    for turn in range(ROUNDS):
        rows = [
            simple(30), divide(12), missing(5), deep_stack(3),
            with_position(6), context(3), reraised(6), bare(9), leave_loop(9),
            kept(5), wrong_class(3), wrong_class(4), makes_worse(4),
            in_while(20), unpacks(8), finalizer_sees(3), recursive(6),
            leave_loop(3),
        ]
        if turn % 20 == 0 or turn == ROUNDS - 1:
            rows += [traced(5), starts_tracing(6), deep(0)]
            for row in rows:
                print(row)
        assert sys.exc_info() == (None, None, None)


main()
