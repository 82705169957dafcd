"""Object-oriented programs in the classic benchmark style, small and checked."""
import heapq


class Packet:
    def __init__(self, link, ident, kind):
        self.link, self.ident, self.kind = link, ident, kind
        self.datum = 0
        self.data = [0] * 4

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        p = queue
        while p.link is not None:
            p = p.link
        p.link = self
        return queue


class Task:
    def __init__(self, scheduler, ident, priority, work):
        self.scheduler, self.ident, self.priority = scheduler, ident, priority
        self.queue, self.work, self.runs, self.held = work, work, 0, False

    def step(self):
        self.runs += 1
        return self.run(self.take())

    def take(self):
        p = self.queue
        if p is not None:
            self.queue = p.link
            p.link = None
        return p

    def run(self, packet):
        raise NotImplementedError


class Worker(Task):
    target = 1

    def run(self, packet):
        if packet is None:
            self.held = True
            return None
        self.target = 3 - self.target
        for i in range(4):
            self.scheduler.sum = (self.scheduler.sum * 31 + i + packet.datum) % 1000003
            packet.data[i] = self.scheduler.sum & 255
        packet.ident = self.target
        return packet


class Handler(Task):
    def run(self, packet):
        if packet is None:
            self.held = True
            return None
        packet.datum = sum(packet.data) % 17
        packet.ident = 0
        return packet


class Scheduler:
    def __init__(self):
        self.sum = 1
        self.tasks = []

    def loop(self, limit):
        done = 0
        while done < limit:
            progressed = False
            for t in self.tasks:
                if t.held and t.queue is None:
                    continue
                t.held = False
                p = t.step()
                done += 1
                if p is not None:
                    progressed = True
                    self.tasks[p.ident].queue = p.append_to(self.tasks[p.ident].queue)
            if not progressed:
                break
        return done, self.sum, [t.runs for t in self.tasks]


s = Scheduler()
first = None
for k in range(3):
    first = Packet(first, 0, k)
s.tasks = [Worker(s, 0, 1, first), Handler(s, 1, 2, None), Handler(s, 2, 3, None)]
print(s.loop(5000))


class Vec:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, o):
        return Vec(self.x + o.x, self.y + o.y, self.z + o.z)

    def __sub__(self, o):
        return Vec(self.x - o.x, self.y - o.y, self.z - o.z)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k, self.z * k)

    __rmul__ = __mul__

    def dot(self, o):
        return self.x * o.x + self.y * o.y + self.z * o.z

    def __repr__(self):
        return f"({self.x:.3f}, {self.y:.3f}, {self.z:.3f})"


class Sphere:
    def __init__(self, center, radius):
        self.center, self.radius = center, radius

    def hit(self, origin, direction):
        oc = origin - self.center
        b = oc.dot(direction)
        c = oc.dot(oc) - self.radius**2
        d = b * b - c
        return -b - d**0.5 if d > 0 else None


def trace(w, h):
    scene = [Sphere(Vec(0, 0, 5), 1), Sphere(Vec(1, 1, 4), 0.5)]
    light = Vec(0.577, 0.577, -0.577)
    out = []
    for j in range(h):
        row = ""
        for i in range(w):
            d = Vec((i - w / 2) / w * 1.5, (h / 2 - j) / h * 1.5, 1.0)
            d = (1 / d.dot(d) ** 0.5) * d
            best = None
            for sphere in scene:
                t = sphere.hit(Vec(0, 0, 0), d)
                if t is not None and (best is None or t < best[0]):
                    best = (t, sphere)
            if best is None:
                row += "."
            else:
                n = (d * best[0] - best[1].center) * (1 / best[1].radius)
                row += "0123456789"[max(0, min(9, int(n.dot(light) * 10)))]
        out.append(row)
    return "\n".join(out)


print(trace(40, 16))


class Tree:
    def __init__(self, key, left=None, right=None):
        self.key, self.left, self.right = key, left, right

    def insert(self, key):
        if key < self.key:
            if self.left is None:
                self.left = Tree(key)
            else:
                self.left.insert(key)
        elif self.right is None:
            self.right = Tree(key)
        else:
            self.right.insert(key)

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.key
        if self.right:
            yield from self.right

    def depth(self):
        return 1 + max(self.left.depth() if self.left else 0, self.right.depth() if self.right else 0)


seed, root = 42, Tree(500)
for _ in range(500):
    seed = (seed * 1103515245 + 12345) % 2**31
    root.insert(seed % 1000)
print(list(root)[::50], root.depth())


class Shape:
    sides = 0

    def area(self):
        return 0

    def describe(self):
        return f"{type(self).__name__}:{self.area():.1f}:{self.sides}"


class Square(Shape):
    sides = 4

    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a**2


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3.14159 * self.r**2


class Rect(Square):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

    def area(self):
        return super().area() / self.a * self.b


shapes = [Square(2), Circle(1), Rect(2, 3), Shape()]
print(sum(s.area() * s.sides for s in shapes * 300), [s.describe() for s in shapes])


class Interp:
    def __init__(self, program):
        self.program, self.stack, self.vars = program, [], {}
        self.ops = {"push": self.push, "add": self.add, "load": self.load, "store": self.store, "jlt": self.jlt}

    def push(self, a):
        self.stack.append(a)

    def add(self, _):
        b = self.stack.pop()
        self.stack[-1] += b

    def load(self, n):
        self.stack.append(self.vars.get(n, 0))

    def store(self, n):
        self.vars[n] = self.stack.pop()

    def jlt(self, arg):
        target, limit = arg
        return target if self.stack.pop() < limit else None

    def run(self):
        pc = steps = 0
        while pc < len(self.program):
            op, arg = self.program[pc]
            result = self.ops[op](arg)
            pc = pc + 1 if result is None else result
            steps += 1
        return steps, self.vars


print(Interp([("load", "i"), ("push", 1), ("add", None), ("store", "i"), ("load", "s"), ("load", "i"), ("add", None), ("store", "s"), ("load", "i"), ("jlt", (0, 500))]).run())


def dijkstra(n):
    graph = {i: [((i * 7 + 3) % n, i % 5 + 1), ((i * 3 + 1) % n, i % 7 + 2), ((i + 1) % n, 9)] for i in range(n)}
    best, heap = {}, [(0, 0)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node in best:
            continue
        best[node] = cost
        for other, weight in graph[node]:
            if other not in best:
                heapq.heappush(heap, (cost + weight, other))
    return sum(best.values()), max(best.values())


print(dijkstra(400))


class Account:
    log = []

    def __init__(self):
        self._balance = 0

    @property
    def balance(self):
        return self._balance

    @balance.setter
    def balance(self, v):
        if v < 0:
            raise ValueError("overdrawn")
        self._balance = v


a = Account()
failures = 0
for i in range(1000):
    try:
        a.balance += (-1) ** i * i
    except ValueError:
        failures += 1
print(a.balance, failures)
