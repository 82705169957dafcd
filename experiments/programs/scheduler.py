"""An operating-system sketch: tasks of several classes pass messages by priority."""

KIND = "python"
EXPECTED = (
    [('disk', 33821), ('network', 16909), ('odd', 67640), ('even', 33817),
     ('reader', 16912), ('writer', 16908), ('logger', 16908), ('idle', 17085)],
    41679, 29491, 16910, 4227,
)

TICKS = 220000


class Message:
    def __init__(self, sender, payload):
        self.sender = sender
        self.payload = payload


class Task:
    def __init__(self, kernel, name, priority):
        self.kernel = kernel
        self.name = name
        self.priority = priority
        self.inbox = []
        self.blocked = False
        self.steps = 0
        kernel.add(self)

    def receive(self, message):
        self.inbox.append(message)
        self.blocked = False

    def runnable(self):
        return not self.blocked

    def step(self):
        raise NotImplementedError


class Producer(Task):
    def __init__(self, kernel, name, priority, target):
        super().__init__(kernel, name, priority)
        self.target = target
        self.counter = 0

    def step(self):
        self.counter += 1
        self.target.receive(Message(self, self.counter * 3 % 256))
        if self.counter % 4 == 0:
            self.blocked = True


class Filter(Task):
    def __init__(self, kernel, name, priority, target):
        super().__init__(kernel, name, priority)
        self.target = target
        self.dropped = 0

    def step(self):
        if not self.inbox:
            self.blocked = True
            return
        message = self.inbox.pop()
        if message.payload & 1:
            self.dropped += 1
        else:
            self.target.receive(message)


class Device(Task):
    def __init__(self, kernel, name, priority):
        super().__init__(kernel, name, priority)
        self.checksum = 0

    def step(self):
        if not self.inbox:
            self.blocked = True
            return
        message = self.inbox.pop()
        self.checksum = (self.checksum * 17 + message.payload) % 65521


class Idle(Task):
    def __init__(self, kernel, name, priority):
        super().__init__(kernel, name, priority)
        self.bits = 1

    def step(self):
        self.bits = (self.bits >> 1) ^ 0xD008 if self.bits & 1 else self.bits >> 1
        if self.bits & 6 == 0:
            self.kernel.wake()


class Kernel:
    def __init__(self):
        self.tasks = []
        self.wakes = 0

    def add(self, task):
        self.tasks.append(task)
        self.tasks.sort(key=lambda each: -each.priority)

    def wake(self):
        self.wakes += 1
        for task in self.tasks:
            if isinstance(task, Producer):
                task.blocked = False

    def pick(self):
        for task in self.tasks:
            if task.runnable():
                return task
        raise RuntimeError("the idle task never blocks")

    def run(self, ticks):
        for _ in range(ticks):
            task = self.pick()
            task.steps += 1
            task.step()


def run():
    kernel = Kernel()
    disk = Device(kernel, "disk", 40)
    network = Device(kernel, "network", 35)
    odd = Filter(kernel, "odd", 30, disk)
    even = Filter(kernel, "even", 28, network)
    Producer(kernel, "reader", 20, odd)
    Producer(kernel, "writer", 10, even)
    Producer(kernel, "logger", 9, odd)
    Idle(kernel, "idle", 0)
    kernel.run(TICKS)
    steps = [(task.name, task.steps) for task in kernel.tasks]
    return steps, disk.checksum, network.checksum, odd.dropped, kernel.wakes
