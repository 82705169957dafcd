"""fork, pipes, subprocesses of the same interpreter, exit statuses."""
import os
import subprocess
import sys


def work(n):
    return sum(i * i for i in range(n))


for _ in range(50):
    work(20)
sys.stdout.flush()
r, w = os.pipe()
pid = os.fork()
if pid == 0:
    os.close(r)
    os.write(w, str(work(100)).encode())
    os._exit(7)
os.close(w)
print(os.read(r, 100), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
pid = os.fork()
if pid == 0:
    try:
        raise SystemExit(5)
    finally:
        os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def run(code, **kw):
    p = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **kw)
    return p.returncode, p.stdout, p.stderr.splitlines()[-1:] if p.stderr else []


print(run("print(sum(range(1000)))"))
print(run("import sys; sys.exit(3)"))
print(run("def f(): 1/0\nf()"))
print(run("print(input()[::-1])", input="abc\n"))
print(run("import os; os.kill(os.getpid(), 9)")[0])
print(run("import sys; print(sys.argv, __name__)"))
os.environ["MARK"] = "inherited"
print(run("import os; print(os.environ['MARK'])"))
p = subprocess.Popen([sys.executable, "-u", "-c", "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for word in ("a", "b"):
    p.stdin.write(word + "\n")
    p.stdin.flush()
    print(p.stdout.readline().strip())
p.stdin.close()
print(p.wait())
p.stdout.close()
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import multiprocessing

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        print(list(pool.map(work, [10, 100, 1000])))
    with ThreadPoolExecutor(3) as pool:
        print(list(pool.map(work, [10, 100, 1000])))
        try:
            pool.submit(lambda: {}["missing"]).result()
        except KeyError as e:
            print("KeyError", e)
