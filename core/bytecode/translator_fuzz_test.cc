// Code objects that no compiler makes: real ones with a few bytes changed are
// refused with a reason, or become a unit that the verifier accepts.
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>

#include "core/bytecode/disassembler.h"
#include "core/bytecode/test_python.h"
#include "core/bytecode/verifier.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

// Reproduce a failure with PYVM_FUZZ_SEED; look longer with PYVM_FUZZ_SECONDS.
int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

constexpr const char* kSeeds = R"(
from os import *
def f(a, b=1, *c, d=2, **e):
    try:
        for x in a:
            if x < b and c or not d: continue
            b, (y, *z) = x, e
    except (KeyError, ValueError) as error: raise TypeError from error
    finally: a.close(b, k=x, **e)
    return [b, *c, {d: e, 'k': {1, 2}}], f'{a!r}{b:>{c}}', a[b:c]
def g(a):
    with a as b:
        x = yield b
        y = yield from x
        del x
    return lambda z: (a, y, z)
async def h(a):
    async with a as b:
        async for c in b: yield await c
    return
def m(x, y):
    match x:
        case [a, *_, b] if a < b: return a
        case {'k': v, **rest}: return v
        case y.C(p, q=[r]): return r
    while y:
        try: y.pop()[0].x -= 1
        except* OSError: pass
    class K(x, metaclass=y):
        z: int = x
        def n(self): return super().n(y, *self, x=1), __class__
    import os.path as q
    return K if q else (t := -y, t, ~t)
)";

class Fuzzer {
 public:
  explicit Fuzzer(uint32_t seed) : random_(seed) {
    for (const OwnedCode& code : WithNested(Compile(kSeeds).get())) Add(code);
    auto modules = StandardLibrary();
    for (size_t i = 0; i < modules.size(); i += 9) {
      for (const OwnedCode& code : WithNested(modules[i].get())) {
        if (Below(40) == 0 && Py_SIZE(code.get()) < 400) Add(code);
      }
    }
  }
  size_t size() const { return codes_.size(); }

  // A changed copy of one of the code objects. Null where CPython refuses it.
  OwnedCode Next() {
    PyCodeObject* from = codes_[Below(codes_.size())].get();
    PyObject* changes = PyDict_New();
    std::string code = Bytes(from);
    std::string table = Text(from->co_exceptiontable);
    int times = 1 + static_cast<int>(Below(3));
    for (int i = 0; i < times; ++i) {
      switch (Below(12)) {
        case 0:
          Mutate(&table);
          break;
        case 1:
          table = Text(codes_[Below(codes_.size())]->co_exceptiontable);
          break;
        case 2:
          Put(changes, "co_stacksize",
              PyLong_FromLong(from->co_stacksize + static_cast<long>(Below(5)) -
                              2));
          break;
        case 3:
          Put(changes, "co_consts", Shortened(from->co_consts));
          break;
        case 4:
          Put(changes, "co_names", Shortened(from->co_names));
          break;
        case 5:
          Put(changes, "co_flags",
              PyLong_FromLong(from->co_flags ^ (1 << Below(10))));
          break;
        case 6: {
          PyObject* cells = PyCode_GetCellvars(from);
          Put(changes, "co_cellvars", Shortened(cells));
          Py_DECREF(cells);
          break;
        }
        default:
          MutateCode(&code);
          break;
      }
    }
    Put(changes, "co_code", FromBytes(code));
    Put(changes, "co_exceptiontable", FromBytes(table));
    PyObject* self = reinterpret_cast<PyObject*>(from);
    PyObject* replace = PyObject_GetAttrString(self, "replace");
    PyObject* none = PyTuple_New(0);
    PyObject* changed = PyObject_Call(replace, none, changes);
    Py_DECREF(none);
    Py_DECREF(replace);
    Py_DECREF(changes);
    if (changed == nullptr) PyErr_Clear();
    return OwnedCode(reinterpret_cast<PyCodeObject*>(changed));
  }

  static std::string Bytes(PyCodeObject* code) {
    const auto* p = reinterpret_cast<const char*>(_PyCode_CODE(code));
    return std::string(p, static_cast<size_t>(Py_SIZE(code)) * 2);
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  void Add(const OwnedCode& code) {
    codes_.emplace_back(code.get());
    Py_INCREF(reinterpret_cast<PyObject*>(code.get()));
  }
  static std::string Text(PyObject* bytes) {
    return std::string(PyBytes_AS_STRING(bytes),
                       static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
  }
  static PyObject* FromBytes(const std::string& s) {
    return PyBytes_FromStringAndSize(s.data(),
                                     static_cast<Py_ssize_t>(s.size()));
  }
  static void Put(PyObject* changes, const char* key, PyObject* value) {
    PyDict_SetItemString(changes, key, value);
    Py_DECREF(value);
  }
  PyObject* Shortened(PyObject* tuple) {
    auto n = static_cast<size_t>(PyTuple_GET_SIZE(tuple));
    return PyTuple_GetSlice(tuple, 0, static_cast<Py_ssize_t>(Below(n + 1)));
  }

  void Mutate(std::string* s) {
    if (s->empty()) {
      for (size_t n = Below(9); n > 0; --n) *s += static_cast<char>(Below(90));
    } else if (Below(4) == 0) {
      s->erase(Below(s->size()), 1 + Below(4));
    } else {
      (*s)[Below(s->size())] = static_cast<char>(Below(256));
    }
  }
  // Works on whole code units, most often on their arguments.
  void MutateCode(std::string* s) {
    size_t units = s->size() / 2;
    if (units == 0) return;
    size_t at = 2 * Below(units);
    switch (Below(9)) {
      case 0:
        (*s)[at] = static_cast<char>(1 + Below(180));
        break;
      case 1:
        (*s)[at + 1] = static_cast<char>(Below(256));
        break;
      case 2:
        s->erase(at, 2 * (1 + Below(3)));
        break;
      case 3:  // a copy of other units
        s->insert(at, s->substr(2 * Below(units), 2 * (1 + Below(4))));
        break;
      case 4: {
        const std::string& other = Bytes(codes_[Below(codes_.size())].get());
        s->insert(
            at, other.substr(2 * Below(other.size() / 2), 2 * (1 + Below(8))));
        break;
      }
      case 5:
        s->resize(at + 2);
        break;
      case 6: {
        constexpr uint8_t kInteresting[] = {POP_TOP,
                                            PUSH_NULL,
                                            NOP,
                                            SWAP,
                                            COPY,
                                            EXTENDED_ARG,
                                            KW_NAMES,
                                            CALL,
                                            RETURN_VALUE,
                                            YIELD_VALUE,
                                            LOAD_CLOSURE,
                                            MAKE_CELL,
                                            DELETE_FAST,
                                            UNPACK_SEQUENCE,
                                            JUMP_BACKWARD,
                                            JUMP_FORWARD,
                                            LOAD_FAST,
                                            SEND,
                                            FOR_ITER,
                                            POP_EXCEPT,
                                            RERAISE,
                                            STORE_FAST,
                                            CALL_FUNCTION_EX};
        (*s)[at] =
            static_cast<char>(kInteresting[Below(std::size(kInteresting))]);
        if (Below(2) == 0) (*s)[at + 1] = static_cast<char>(Below(5));
        break;
      }
      default:
        (*s)[at + 1] = static_cast<char>(static_cast<uint8_t>((*s)[at + 1]) +
                                         Below(5) - 2);
        break;
    }
  }

  std::mt19937 random_;
  std::vector<OwnedCode> codes_;
};

TEST(TranslatorFuzzTest, RefusedOrValid) {
  auto seed = static_cast<uint32_t>(FromEnvironment("PYVM_FUZZ_SEED", 311));
  auto end = std::chrono::steady_clock::now() +
             std::chrono::seconds(FromEnvironment("PYVM_FUZZ_SECONDS", 4));
  Fuzzer fuzzer(seed);
  ASSERT_GT(fuzzer.size(), 50u);
  std::map<std::string, int> reasons;
  int tried = 0, valid = 0, failures = 0;
  while (std::chrono::steady_clock::now() < end) {
    OwnedCode code = fuzzer.Next();
    if (code == nullptr) continue;
    ++tried;
    std::string error;
    OwnedUnit unit = TranslateOrError(code.get(), &error);
    if (unit == nullptr) {
      size_t begin = error.find("is invalid: ");
      EXPECT_NE(begin, std::string::npos) << error;
      ++reasons[error.substr(begin, error.find(" at offset") - begin)];
      continue;
    }
    ++valid;
    error = error + Verify(*unit);
    if (error.empty()) continue;
    ADD_FAILURE() << Describe(code.get()) << ", mutation " << tried
                  << " of seed " << seed << ": " << error << "\n"
                  << Disassemble(*unit);
    if (++failures == 5) break;
  }
  for (const auto& [reason, count] : reasons) {
    std::printf("%8d %s\n", count, reason.c_str());
  }
  std::printf("%d code objects, %d units\n", tried, valid);
  EXPECT_GT(valid, 100);
}

}  // namespace
}  // namespace pyvm
