"""What the generator knows of the function that it writes, and of those that it has written."""


class Function:
    """What a caller has to know of a generated function."""

    def __init__(self, name, kinds, result, cost, required=None, keywords=(), star=False, double=False):
        self.name = name
        self.kinds = kinds
        self.result = result
        self.cost = cost
        self.required = len(kinds) if required is None else required
        self.keywords = keywords
        self.star = star
        self.double = double
        self.stable = None  # arguments that it was tried with


class Scope:
    def __init__(self, sort, parent=None):
        self.sort = sort
        self.parent = parent
        self.names = {}  # name: kind
        self.functions = []
        self.loops = 0
        self.times = 1
        self.cost = 0
        self.cap = 250
        self.depth = 0  # of blocks
        self.result = "a"
        self.declared = set()
        self.outer = []
        self.left = 40
