"""Properties, validating descriptors, cached attributes and __getattr__."""

KIND = "python"
EXPECTED = 68802444

ROUNDS = 70000


class Bounded:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __set_name__(self, owner, name):
        self.slot = "_" + name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return instance.__dict__[self.slot]

    def __set__(self, instance, value):
        if not self.low <= value <= self.high:
            value = self.low + value % (self.high - self.low + 1)
        instance.__dict__[self.slot] = value


class Cached:
    """Not a data descriptor: the instance's own attribute wins after the first read."""

    def __init__(self, function):
        self.function = function
        self.name = function.__name__

    def __get__(self, instance, owner=None):
        value = instance.__dict__[self.name] = self.function(instance)
        return value


class Thermostat:
    target = Bounded(5, 30)
    actual = Bounded(-40, 60)

    def __init__(self):
        self.target = 20
        self.actual = 18

    @property
    def error(self):
        return self.target - self.actual

    @error.setter
    def error(self, value):
        self.actual = self.target - value

    @Cached
    def gain(self):
        return self.target * 3 + 1

    @staticmethod
    def clamp(value):
        return max(-9, min(9, value))

    @classmethod
    def default(cls):
        return cls()

    def __getattr__(self, name):
        if name.startswith("zone"):
            return int(name[4:])
        raise AttributeError(name)


def run():
    device = Thermostat.default()
    total = 0
    for turn in range(ROUNDS):
        device.target = turn % 41
        device.error = device.clamp(device.error - 1)
        total += device.actual * device.gain + device.error
        if turn % 8 == 0:
            total += device.zone7
            device = Thermostat()
    return total
