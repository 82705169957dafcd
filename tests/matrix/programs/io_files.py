"""Files, iteration over lines, io classes written in Python, context managers."""
import io
import os
import sys
import tempfile

folder = tempfile.mkdtemp()
path = os.path.join(folder, "file.txt")
with open(path, "w", encoding="utf-8") as f:
    for i in range(200):
        f.write(f"line {i} \u00e9\n")
    print("tail", file=f, end="")
with open(path, encoding="utf-8") as f:
    lengths = [len(line) for line in f]
print(len(lengths), sum(lengths), lengths[-1])
with open(path, "rb") as f:
    f.seek(-4, 2)
    print(f.read(), f.tell(), f.read())
count = 0
with open(path, encoding="utf-8") as f:
    while chunk := f.read(64):
        count += chunk.count("\n")
print(count)


class Upper(io.TextIOBase):
    def __init__(self):
        self.parts = []

    def write(self, s):
        self.parts.append(s.upper())
        return len(s)


u = Upper()
print("hello", 1, sep="-", file=u)
saved, sys.stdout = sys.stdout, u
print("captured")
sys.stdout = saved
print(u.parts)


class Raw(io.RawIOBase):
    def __init__(self, data):
        self.data, self.pos = data, 0

    def readable(self):
        return True

    def readinto(self, b):
        n = min(len(b), 3, len(self.data) - self.pos)
        b[:n] = self.data[self.pos : self.pos + n]
        self.pos += n
        return n


print(io.BufferedReader(Raw(b"abc\ndefgh\nij")).readlines(), io.TextIOWrapper(io.BufferedReader(Raw(b"x\r\ny"))).read())
for bad in (lambda: open("/nonexistent/x"), lambda: open(folder), lambda: open(path, "zz"), lambda: open(path, "rb").write(b"x"), lambda: io.StringIO("x").fileno()):
    try:
        bad()
    except (OSError, ValueError) as e:
        print(type(e).__name__, str(e).replace(folder, "<folder>"))
f = open(path)
f.close()
try:
    next(f)
except ValueError as e:
    print(e)


class Broken:
    def write(self, s):
        raise OSError("broken write")


try:
    print("x", file=Broken())
except OSError as e:
    print(e)
s = io.StringIO("a b\nc d\n\ne")
print([line.split() for line in s], s.getvalue()[:3], io.BytesIO(b"ab\ncd").readlines())
words = {}
with open(path, encoding="utf-8") as f:
    for n, line in enumerate(f, 1):
        for w in line.split():
            words.setdefault(w, []).append(n)
print(len(words), words["line"][:3], words["tail"], max(words, key=lambda w: len(words[w])))
for root, dirs, files in os.walk(folder):
    print(len(dirs), files)
os.unlink(path)
os.rmdir(folder)
print(os.path.exists(folder))
