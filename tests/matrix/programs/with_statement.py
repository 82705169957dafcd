"""with: enter and exit order, suppression, failures at every step."""
import sys
import traceback


class Manager:
    def __init__(self, name, suppress=False, fail=None):
        self.name, self.suppress, self.fail = name, suppress, fail

    def __enter__(self):
        print("enter", self.name)
        if self.fail == "enter":
            raise OSError(f"enter {self.name}")
        return self.name

    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind and kind.__name__, value, tb and tb.tb_lineno > 0)
        if self.fail == "exit":
            raise OSError(f"exit {self.name}")
        return self.suppress


def show(function, *args):
    print("==", function.__name__, *[type(a).__name__ for a in args])
    try:
        print("->", function(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


def plain():
    with Manager("a") as a, Manager("b") as b:
        return a + b


def suppressed():
    with Manager("a", suppress=True):
        1 / 0
    return "after"


def inner_suppresses():
    with Manager("a"):
        with Manager("b", suppress=[1]):
            raise KeyError("x")
        return "reached"


def not_suppressed():
    with Manager("a"), Manager("b", suppress=0):
        raise KeyError("x")


def enter_fails():
    with Manager("a"), Manager("b", fail="enter"):
        print("unreachable")


def exit_fails():
    with Manager("a"), Manager("b", fail="exit"):
        pass


def exit_fails_while_raising():
    with Manager("a"), Manager("b", fail="exit"):
        raise KeyError("original")


def target_fails():
    with Manager("a") as (x, y, z):
        pass


def no_enter():
    with 5:
        pass


class OnlyEnter:
    def __enter__(self):
        pass


class NoTruth:
    def __bool__(self):
        raise ValueError("truth")


def no_exit():
    with OnlyEnter():
        pass


def exit_result_without_truth():
    with Manager("a", suppress=NoTruth()):
        1 / 0


def instance_attributes_do_not_count():
    m = OnlyEnter()
    m.__exit__ = lambda *a: True
    with m:
        pass


class StaticManager:
    @staticmethod
    def __enter__():
        return "static"

    @classmethod
    def __exit__(cls, *info):
        print(cls.__name__, len(info))


def odd_methods():
    with StaticManager() as s:
        return s


class CallableExit:
    class Exit:
        def __call__(self, *info):
            print("callable", len(info), info[0])
            return True

    __exit__ = Exit()

    def __enter__(self):
        return self


def callable_exit():
    with CallableExit():
        raise TypeError
    return "suppressed"


def loops():
    out = []
    for i in range(4):
        with Manager(f"loop{i}", suppress=True) as name:
            if i == 0:
                continue
            if i == 1:
                1 / 0
            if i == 3:
                break
            out.append(name)
    return out


def targets():
    box = {}

    class A:
        pass

    with Manager("t") as box["key"], Manager("u") as A.attribute, Manager("v"):
        return box, A.attribute


def generator():
    with Manager("gen", suppress=True):
        yield 1
        yield 2


def generator_closed():
    g = generator()
    print(next(g))
    g.close()
    g = generator()
    print(next(g))
    try:
        g.throw(KeyError)
    except StopIteration:
        return "stopped"


for case in (plain, suppressed, inner_suppresses, not_suppressed, enter_fails, exit_fails, exit_fails_while_raising, target_fails, no_enter, no_exit, exit_result_without_truth, instance_attributes_do_not_count, odd_methods, callable_exit, loops, targets, generator_closed):
    show(case)
