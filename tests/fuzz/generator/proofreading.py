"""A program in which every function fails at its first statement tests little: definitions are called on
stable arguments as they are made, and most of the lines that raise are replaced."""

from generator.prelude import PRELUDE


class Proofreading:
    """Tries what has been written, in a namespace of its own."""

    def execute(self, first, last, name):
        exec(compile("\n".join(self.lines[first:last]), name, "exec"), self.trial)

    def proofread(self, start, calls):
        """`calls` are expressions over `n`; lines from `start` on are what may be mended."""
        trial = self.trial
        if "show" not in trial:
            exec(PRELUDE, trial)
            trial.update(print=lambda *a, **k: None, tick=lambda: None, late=lambda key: None, peek=lambda depth=1: None, n=0)
        trial["show"] = trial["exc"] = lambda *a: None
        try:
            self.execute(self.tried, start, "<before>")
        except SyntaxError:
            raise
        except Exception:
            pass
        self.tried, here = start, f"<{start}>"
        for _ in range(10):
            try:
                self.execute(start, len(self.lines), here)
                for n in (0, 6):
                    trial["n"] = n
                    for call in calls:
                        eval(call, trial)
                break
            except SyntaxError:
                raise
            except Exception as error:
                tb, line = error.__traceback__, None
                while tb is not None:
                    if tb.tb_frame.f_code.co_filename == here:
                        line = tb.tb_lineno
                    tb = tb.tb_next
            if line is None or self.p(0.04) or not self.mend(start + line - 1):
                break
        self.tried = len(self.lines)

    def mend(self, index):
        text = self.lines[index].lstrip()
        margin = self.lines[index][: -len(text)]
        word = text.split(" ", 1)[0]
        if text.endswith(":") and " " in text:
            if word in ("if", "elif", "while"):
                text = f"{word} {self.choice(('True', 'TICK == 0', 'x9 != 1' if 'x9' in text else '1 < 2'))}:"
                if word == "while":
                    old = self.lines[index].strip()[6:-1]
                    text = f"while {old.split(' and ')[0]}:" if " and " in old and old[0] == "w" else "while False:"
            elif word == "for" and " in " in text:
                target = text[4:].split(" in ", 1)[0]
                text = f"for {target} in {'((1, 2), (3, 4))' if ',' in target else 'range(3)'}:"
            elif word == "match":
                text = "match 1:"
            elif word == "with" and self.managers:
                text = "if True:"
            elif word == "case":
                text = "case 77:"
            else:
                return False
            self.lines[index] = margin + text
            return True
        if text.startswith(("return ", "yield ")):
            value = self.choice(("1", "x1 + 1" if "x1" in text else "2.5", "3"))
            if text == f"{word} {value}":
                return False
            self.lines[index] = f"{margin}{word} {value}"
        elif self.p(0.2) and not text.startswith(("nonlocal", "global", "def", "try", "except", "if ")):
            self.lines[index : index + 1] = [f"{margin}try: {text}", f"{margin}except Exception as x: exc(x)"]
        else:
            target = text.split(" ", 1)[0]
            if len(target) == 2 and target[0] in "ifsltdo" and target[1].isdigit():
                new = f"{target} = {self.constant(target[0])}"
                self.lines[index] = margin + (new if new != text else "pass")
            else:
                self.lines[index] = margin + "pass"
        return True
