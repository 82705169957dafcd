"""Signals: handlers that run between instructions, in hot loops, that raise."""
import signal
import sys
import time

log = []


def handler(number, frame):
    log.append((signal.Signals(number).name, frame.f_code.co_name))


signal.signal(signal.SIGUSR1, handler)


def raise_here(n):
    for i in range(n):
        signal.raise_signal(signal.SIGUSR1)
    return i


print(raise_here(3), log)


class Alarm(Exception):
    pass


def on_alarm(number, frame):
    log.append(frame.f_code.co_name)
    raise Alarm(frame.f_code.co_name)


signal.signal(signal.SIGALRM, on_alarm)


def while_loop():
    n = 0
    while True:
        n += 1


def for_loop():
    import itertools

    for i in itertools.count():
        pass


def empty_loop():
    while True:
        pass


def try_loop():
    while True:
        try:
            x = 1
        finally:
            y = 2


def generator_loop():
    def g():
        while True:
            yield 1

    for i in g():
        pass


def callee():
    return 1


def call_loop():
    while True:
        callee()


def nested_loop():
    while 1:
        for i in range(10):
            for j in range(10):
                pass


def comprehension_loop():
    return [i for i in iter(int, 1) if i]


for loop in (while_loop, for_loop, empty_loop, try_loop, generator_loop, call_loop, nested_loop, comprehension_loop):
    log.clear()
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        loop()
    except Alarm:
        print(loop.__name__, "interrupted", len(log))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def recursion(n):
    return recursion(n - 1) + recursion(n - 2) if n > 1 else n


signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    recursion(60)
except Alarm as e:
    print("recursion interrupted")


def cleanup():
    order = []
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        try:
            while True:
                order.count(1)
        finally:
            order.append("finally")
    except Alarm:
        order.append("except")
    return order


print(cleanup())
signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupted():
    try:
        signal.raise_signal(signal.SIGINT)
        for _ in range(100):
            pass
        return "not interrupted"
    except KeyboardInterrupt:
        return "KeyboardInterrupt"


print(interrupted())
ticks = 0


def tick(number, frame):
    global ticks
    ticks += 1


signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)


def busy(until):
    total = 0
    while ticks < until:
        total += 1
    return total > 0


print(busy(20))
signal.setitimer(signal.ITIMER_REAL, 0)


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *info):
        print("exit", info[0] and info[0].__name__)
        return True


signal.signal(signal.SIGALRM, on_alarm)
with Manager():
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        log.count(1)
signal.signal(signal.SIGUSR1, lambda n, f: signal.raise_signal(signal.SIGUSR2))
signal.signal(signal.SIGUSR2, lambda n, f: log.append("nested"))
log.clear()
signal.raise_signal(signal.SIGUSR1)
for _ in range(10):
    pass
print(log)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.raise_signal(signal.SIGUSR1)
print(signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN)


class Suppress:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return exc[0] is Alarm


def line_of(error):
    tb = error.__traceback__
    return tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno


signal.signal(signal.SIGUSR1, on_alarm)
send, word = signal.raise_signal, (signal.SIGUSR1,)


def last_call_of_a_with_block():
    with Suppress():
        send(signal.SIGUSR1)
    with Suppress():
        send(*word)
    with Suppress():
        x = send(*word, **{})
    return "suppressed"


def last_call_of_a_try_block():
    found = []
    try:
        x = send(signal.SIGUSR1)
    except Alarm as e:
        found.append(line_of(e))
    try:
        y = send(*word)
    except Alarm as e:
        found.append(line_of(e))
    try:
        (
            signal
            .raise_signal(
                signal.SIGUSR1
            )
        )
    except Alarm as e:
        found.append(line_of(e))
    return found


print(last_call_of_a_with_block(), last_call_of_a_try_block())
