"""Threads: interleaving, thread-local data, exceptions, locks, frames of others."""
import queue
import sys
import threading
import time

results = {}


def work(name, n):
    total = 0
    for i in range(n):
        total += i * i % 7
    results[name] = total


threads = [threading.Thread(target=work, args=(i, 20000 + i)) for i in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(results.items()))

sys.setswitchinterval(1e-5)
count = 0
lock = threading.Lock()


def locked(n):
    global count
    for _ in range(n):
        with lock:
            count += 1


threads = [threading.Thread(target=locked, args=(5000,)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(count)

stop = False
running = threading.Event()


def spin():
    n = 0
    while not stop:
        n += 1
        if n == 1000:
            running.set()
    results["spin"] = n >= 1000


t = threading.Thread(target=spin)
t.start()
running.wait(20)
stop = True
t.join(20)
print(results["spin"], t.is_alive())

local = threading.local()


def set_local(i):
    local.value = i
    time.sleep(0.001)
    results[f"local{i}"] = local.value == i


threads = [threading.Thread(target=set_local, args=(i,)) for i in range(5)]
[t.start() for t in threads]
[t.join() for t in threads]
print(all(results[f"local{i}"] for i in range(5)), hasattr(local, "value"))

caught = []
threading.excepthook = lambda a: caught.append((a.exc_type.__name__, str(a.exc_value)))


def fails():
    raise ValueError("in thread")


t = threading.Thread(target=fails)
t.start()
t.join()
print(caught)


def producer(q, n):
    for i in range(n):
        q.put(i)
    q.put(None)


q = queue.Queue(3)
t = threading.Thread(target=producer, args=(q, 100))
t.start()
print(sum(iter(q.get, None)))
t.join()


def generator_shared():
    i = 0
    while True:
        yield i
        i += 1


class Safe:
    def __init__(self, it):
        self.it, self.lock = it, threading.Lock()

    def __next__(self):
        with self.lock:
            return next(self.it)


safe = Safe(generator_shared())
got = []


def pull():
    got.extend([next(safe) for _ in range(500)])


threads = [threading.Thread(target=pull) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(got) == list(range(2000)))


def waits(ready, event):
    marker = "visible from outside"
    ready.set()
    event.wait()


ready, event = threading.Event(), threading.Event()
t = threading.Thread(target=waits, args=(ready, event))
t.start()
ready.wait()
time.sleep(0.02)
frame = sys._current_frames()[t.ident]
while frame.f_code.co_name != "waits":
    frame = frame.f_back
print(frame.f_locals["marker"])
event.set()
t.join()
del frame


def recursion(n):
    return 0 if n == 0 else 1 + recursion(n - 1)


depths = []


def deep():
    depths.append(recursion(500))


threading.stack_size(16 * 1024 * 1024)
threads = [threading.Thread(target=deep) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(depths)


class Shape:
    def area(self):
        return 1


def poly(shapes, n, out):
    total = 0
    for _ in range(n):
        for s in shapes:
            total += s.area()
    out.append(total >= n)


out = []
threads = [threading.Thread(target=poly, args=([Shape() for _ in range(3)], 3000, out)) for _ in range(3)]
[t.start() for t in threads]
for i in range(50):
    Shape.area = lambda self, i=i: i + 1
    time.sleep(0.0005)
[t.join() for t in threads]
print(out)
barrier = threading.Barrier(3)
order = []


def meet():
    barrier.wait()
    order.append(1)


threads = [threading.Thread(target=meet) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(order), threading.active_count())
