"""An interpreter for a small stack language that runs its own programs."""

KIND = "python"
EXPECTED = (['23107'], 15585)

SOURCE = """
set n 900
set total 0
label outer
  set x n
  label inner
    load x  push 3  mod  jump_if_zero three
    load total  load x  add  push 65521  mod  store total
    label three
    load x  push 40  sub  store x
    load x  jump_if_positive inner
  load n  push 10  sub  store n
  load n  jump_if_positive outer
load total
print
halt
"""


def assemble(source):
    words = source.split()
    program, labels, at = [], {}, 0
    with_operand = {"push", "load", "store", "jump_if_zero", "jump_if_positive", "jump"}
    while at < len(words):
        word = words[at]
        if word == "label":
            labels[words[at + 1]] = len(program)
            at += 2
        elif word == "set":
            name, value = words[at + 1:at + 3]
            program.append(("push", int(value)) if value.isdigit() else ("load", value))
            program.append(("store", name))
            at += 3
        elif word in with_operand:
            operand = words[at + 1]
            program.append((word, int(operand) if word == "push" else operand))
            at += 2
        else:
            program.append((word, None))
            at += 1
    return [(op, labels[arg]) if op.startswith("jump") else (op, arg) for op, arg in program]


def execute(program):
    stack, variables, printed, at, steps = [], {}, [], 0, 0
    while True:
        op, arg = program[at]
        at += 1
        steps += 1
        if op == "push":
            stack.append(arg)
        elif op == "load":
            stack.append(variables[arg])
        elif op == "store":
            variables[arg] = stack.pop()
        elif op == "add":
            right = stack.pop()
            stack[-1] += right
        elif op == "sub":
            right = stack.pop()
            stack[-1] -= right
        elif op == "mod":
            right = stack.pop()
            stack[-1] %= right
        elif op == "jump_if_zero":
            if stack.pop() == 0:
                at = arg
        elif op == "jump_if_positive":
            if stack.pop() > 0:
                at = arg
        elif op == "jump":
            at = arg
        elif op == "print":
            printed.append(str(stack.pop()))
        elif op == "halt":
            return printed, steps
        else:
            raise ValueError("unknown operation " + op)


def run():
    program = assemble(SOURCE)
    outputs = [execute(program) for _ in range(60)]
    return outputs[-1]
