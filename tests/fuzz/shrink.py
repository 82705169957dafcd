"""Makes a program smaller that still does what `interesting` asks: delta debugging on its syntax tree."""

import ast
import copy

BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


class OutOfTime(Exception):
    pass


def unparse(tree):
    return ast.unparse(ast.fix_missing_locations(tree))


def lists(tree):
    """All lists of statements, the outermost ones first: (node, field)."""
    for node in ast.walk(tree):
        for name in BODIES:
            value = getattr(node, name, None)
            if isinstance(value, list) and value:
                yield node, name


class Shrinker:
    def __init__(self, text, interesting):
        self.interesting = interesting
        self.tree = ast.parse(text)
        self.best = text

    def attempt(self):
        """Keeps the tree as it is now, if it is still interesting."""
        try:
            text = unparse(copy.deepcopy(self.tree))
            good = self.interesting(text)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return False
        if good:
            self.best = text
        return good

    def remove_statements(self):
        changed = False
        for node, name in list(lists(self.tree)):
            size = len(getattr(node, name))
            while size >= 1:
                position = 0
                while position < len(getattr(node, name)):
                    body = getattr(node, name)
                    kept = body[:position] + body[position + size :]
                    if not kept and name == "body" and not isinstance(node, ast.Module):
                        if all(isinstance(s, ast.Pass) for s in body):
                            break
                        kept = [ast.Pass()]
                    setattr(node, name, kept)
                    if self.attempt():
                        changed = True
                    else:
                        setattr(node, name, body)
                        position += size
                size //= 2
        return changed

    def unwrap(self):
        """Puts a block's own statements in its place."""
        changed = False
        for node, name in list(lists(self.tree)):
            position = 0
            while position < len(getattr(node, name)):
                body = getattr(node, name)
                inner = getattr(body[position], "body", None)
                flat = isinstance(inner, list) and not isinstance(body[position], (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler))
                if flat and not isinstance(body[position], ast.match_case):
                    for part in (inner, getattr(body[position], "finalbody", None), getattr(body[position], "orelse", None)):
                        if not part:
                            continue
                        setattr(node, name, body[:position] + part + body[position + 1 :])
                        if self.attempt():
                            changed = True
                            break
                        setattr(node, name, body)
                position += 1
        return changed

    def simplify(self):
        """Replaces expressions by parts of themselves, or by constants."""
        changed = False
        work = [(node, f, i) for node in ast.walk(self.tree) for f, i in self.expressions(node)]
        for node, name, index in work:
            try:
                old = getattr(node, name) if index is None else getattr(node, name)[index]
            except IndexError:
                continue
            if isinstance(old, (ast.Constant, ast.Name)) or not isinstance(getattr(old, "ctx", ast.Load()), ast.Load):
                if not isinstance(old, ast.Constant) or not isinstance(old.value, (int, float)) or old.value in (0, 1, 40):
                    continue
            parts = [c for c in ast.iter_child_nodes(old) if isinstance(c, ast.expr)]
            for new in parts + [ast.Constant(1)]:
                self.put(node, name, index, new)
                if self.attempt():
                    changed = True
                    break
                self.put(node, name, index, old)
        return changed

    def remove_elements(self):
        """Drops arguments, parameters, elements, decorators, targets, defaults."""
        changed = False
        for node in list(ast.walk(self.tree)):
            for name in ("args", "keywords", "elts", "bases", "decorator_list", "values", "ops", "items", "names", "ifs"):
                value = getattr(node, name, None)
                if not isinstance(value, list):
                    continue
                for position in reversed(range(len(value))):
                    old = list(value)
                    del value[position]
                    twin = getattr(node, "keys", None) if name == "values" else None
                    key = twin.pop(position) if isinstance(twin, list) else None
                    if self.attempt():
                        changed = True
                    else:
                        value[:] = old
                        if key is not None:
                            twin.insert(position, key)
        return changed

    @staticmethod
    def put(node, name, index, value):
        if index is None:
            setattr(node, name, value)
        else:
            getattr(node, name)[index] = value

    @staticmethod
    def expressions(node):
        for name, value in ast.iter_fields(node):
            if isinstance(node, (ast.FormattedValue, ast.JoinedStr, ast.MatchValue)):
                return
            if isinstance(value, ast.expr):
                yield name, None
            elif isinstance(value, list):
                for i, v in enumerate(value):
                    if isinstance(v, ast.expr):
                        yield name, i

    def run(self):
        try:
            if not self.attempt():  # without comments and the text's own lines
                return self.best
            while True:
                changed = self.remove_statements()
                changed |= self.unwrap()
                if changed:
                    continue
                if not (self.simplify() | self.remove_elements()):
                    return self.best
        except OutOfTime:
            return self.best


def shrink(text, interesting):
    return Shrinker(text, interesting).run()
