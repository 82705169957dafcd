// What holds for every unit that is translated, on all of the standard library
// and on code that is made for the purpose.
#include "core/bytecode/translator.h"

#include <map>

#include "core/bytecode/analysis.h"
#include "core/bytecode/decode.h"
#include "core/bytecode/test_python.h"
#include "core/bytecode/verifier.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

// Whether slot d of the stack may hold a call's null before instruction i:
// pushed in this block, or on the stack where the block begins.
bool MayBeNull(const Analysis& a, uint32_t i, uint32_t d) {
  for (; !a.instrs[i].leader; --i) {
    const SourceInstr& before = a.instrs[i - 1];
    if (before.depth == static_cast<int32_t>(d) &&
        (before.op == PUSH_NULL || before.op == LOAD_GLOBAL)) {
      return true;
    }
  }
  uint32_t bit = a.num_locals + d;
  return static_cast<int32_t>(d) < a.instrs[i].depth &&
         (a.bound[a.bound_at[i] + bit / 64] >> bit % 64 & 1) == 0;
}

// Whether what DescribeStack says of an instruction is the case: CPython's
// depth, operands that hold a value, and no temporary that it forgets.
std::string CheckImage(const Unit& unit, const Analysis& analysis,
                       const FlowStates& states, uint32_t i) {
  StackImage image = DescribeStack(unit, i);
  if (!image.ok) return "no image";
  if (image.next_unit >= analysis.instr_at.size() ||
      analysis.instr_at[image.next_unit] == kNoTarget) {
    return "goes on at no instruction";
  }
  const SourceInstr& next = analysis.instrs[analysis.instr_at[image.next_unit]];
  auto depth = static_cast<uint32_t>(image.entries.size());
  if (static_cast<int32_t>(depth) != next.depth) {
    return "has depth " + std::to_string(depth) + ", CPython " +
           std::to_string(next.depth);
  }
  for (uint32_t d = 0; d < depth; ++d) {
    Operand x = image.entries[d];
    bool own = x == TempOperand(unit.num_locals + d);
    if (x == kNullEntry || KindOf(x) == OperandKind::kConst) continue;
    if (KindOf(x) == OperandKind::kTemp && !own) {
      return "has a temporary out of place";
    }
    if (own && !states.MayBeFull(i, RegisterOf(x)) &&
        !MayBeNull(analysis, analysis.instr_at[image.next_unit], d)) {
      return "has a temporary that is null";
    }
    if (KindOf(x) == OperandKind::kLocal && !states.IsFull(i, x)) {
      return "has a local that may be unbound";
    }
  }
  for (uint32_t r = unit.num_locals; r < unit.num_registers; ++r) {
    uint32_t d = r - unit.num_locals;
    bool held = d < depth && image.entries[d] == TempOperand(r);
    if (states.MayBeFull(i, r) && !held) {
      return "loses temporary " + std::to_string(d);
    }
  }
  return "";
}

// Translates, verifies, and checks each image if the unit is not larger than
// `images` instructions. Returns what is wrong.
std::string Check(PyCodeObject* code, uint32_t images) {
  std::string error;
  OwnedUnit unit = TranslateOrError(code, &error);
  if (unit == nullptr) return error;
  FlowStates states;
  error = Verify(*unit, &states);
  if (!error.empty() || unit->num_instrs > images) return error;
  Analysis analysis;
  Analyze(code, &analysis);
  for (uint32_t i = 0; i < unit->num_instrs; i += InstrWords(*unit, i)) {
    if (!states.reached[i]) continue;
    error = CheckImage(*unit, analysis, states, i);
    if (!error.empty()) {
      return "the stack image of instruction " + std::to_string(i) + " " +
             error;
    }
  }
  return "";
}

TEST(TranslatorTest, StandardLibrary) {
  auto modules = StandardLibrary();
  ASSERT_GT(modules.size(), 100u);
  int units = 0, failures = 0;
  for (const OwnedCode& module : modules) {
    for (const OwnedCode& code : WithNested(module.get())) {
      ++units;
      std::string error = Check(code.get(), 40);
      if (error.empty()) continue;
      ADD_FAILURE() << Describe(code.get()) << ": " << error;
      if (++failures == 20) FAIL() << "and so on";
    }
  }
  EXPECT_GT(units, 10000);
}

// Shapes of code that compilers seldom make, one a function.
constexpr const char* kFunctions[] = {
    "def f(a, b): return a + b, a - b",
    "def f(a):\n  x = a + (a := 2)\n  return x, (a, a := 3, a)",
    "def f(a, b):\n  a, b = b, a\n  a, b, c = b, a, b\n  return c",
    "def f(p):\n  a, (b, *c), d.e = p\n  [a, b], c[0] = p\n  return a",
    "def f(n):\n  for i in range(n):\n    if i < n > 3 or i == 2: continue\n"
    "    n += i\n  else: return n\n  return i",
    "def f(a):\n  try: x = a()\n  except (A, B) as e: x = e\n"
    "  except: raise\n  else: del a\n  finally: g(x)\n  return x",
    "def f(a):\n  try: a()\n  except* A as e: b(e)\n  except* B: raise",
    "def f(a):\n  with a as b, c(b) as d:\n    return b(d, k=1, *a, **d)",
    "def f(a):\n  for x in a:\n    try:\n      if x: return x\n"
    "    finally: g(x)",
    "def f(x):\n  match x:\n    case [a, *_, b] if a < b: return a\n"
    "    case {'k': v, **rest}: return v\n    case C(p, q=[r]): return r\n"
    "    case 1 | 'a' | None: return 0",
    "def f(a):\n  x = yield a\n  y = g(a, (yield x), k=(yield))\n"
    "  return (yield from y)",
    "async def f(a):\n  async with a as b:\n    async for c in b:\n"
    "      yield [d async for d in c if await d], (await c) + a",
    "def f(a, *b, c=1, **d):\n  def g(): return a, c, d\n  del c\n"
    "  class K:\n    x = a\n    def m(self): return super().m, __class__\n"
    "  return g, lambda z=a, *, y=b: z",
    "def f(a):\n  return f'{a}{a!r:>{a}}' if a else a.b.c(a[1:2:a]) or not a",
    "def f(a):\n  a[a], a.b, a.c[a] = a\n  a[a] += a.b\n  a.b -= a[0]\n"
    "  del a[0], a.b\n  global q; q = -a; del q\n  return {**a, 'k': a}",
    "def f(a):\n  return g(a if a else 1, *[x for x in a], **{y: y for y in "
    "a})",
    "def f(a):\n  while True:\n    try: return g(a)\n    except E: continue\n"
    "    finally:\n      if a: break",
    "def f(a):\n  if a < 1 < 2 <= a != 3: return {1, a, *a}\n"
    "  assert a is not None, 'x'\n  return [a, a, *a, a], (a, *a)",
    "def f(a):\n  import x.y as z\n  from . import w\n  return z, w",
    "class f:\n  x: int = 1\n  y: str\n  print(x, y)\n  del x",
    "def f(x):\n  if x: y = 1\n  g(y, y)\n  del y\n  return y",
};

TEST(TranslatorTest, EachImageOfChosenFunctions) {
  for (const char* source : kFunctions) {
    OwnedCode module = Compile(source);
    ASSERT_NE(module, nullptr) << source;
    for (const OwnedCode& code : WithNested(module.get())) {
      EXPECT_EQ(Check(code.get(), 1000), "") << source;
    }
  }
}

// A function whose body repeats the lines `times` times.
std::string Repeated(const std::string& lines, int times) {
  std::string source = "def f(a, b):\n";
  for (int i = 0; i < times; ++i) source += lines;
  return source + "  return a\n";
}

// In long code the jumps of fused operations take two steps.
TEST(TranslatorTest, LongCode) {
  OwnedCode code =
      CompileFunction(Repeated("  for x in a:\n    if x < b: b = x.y(a, k=b)\n"
                               "    while a[x] is not b or a.z in b: a += 1\n",
                               120),
                      "f");
  EXPECT_EQ(Check(code.get(), 0), "");
  std::string error;
  OwnedUnit unit = TranslateOrError(code.get(), &error);
  ASSERT_NE(unit, nullptr) << error;
  EXPECT_EQ(unit->positions32, nullptr);
  Analysis analysis;
  Analyze(code.get(), &analysis);
  ASSERT_GT(analysis.instr_at.size(), 8000u);
  FlowStates states;
  ASSERT_EQ(Verify(*unit, &states), "");
  for (uint32_t i = 0; i < 300; i += InstrWords(*unit, i)) {
    if (!states.reached[i]) continue;
    EXPECT_EQ(CheckImage(*unit, analysis, states, i), "") << i;
  }
}

TEST(TranslatorTest, CodeBeyond16BitPositions) {
  OwnedCode code = CompileFunction(
      Repeated("  for x in a: b = x.y if x.z < b else x.w\n", 2500), "f");
  EXPECT_EQ(Check(code.get(), 0), "");
  std::string error;
  OwnedUnit unit = TranslateOrError(code.get(), &error);
  ASSERT_NE(unit, nullptr) << error;
  EXPECT_NE(unit->positions32, nullptr);
}

TEST(TranslatorTest, MoreConstantsThanOperandsCanName) {
  std::string source = "def f(a):\n";
  for (int i = 0; i < 70000; ++i) {
    source += "  a = " + std::to_string(i + 0.5) + "\n";
  }
  OwnedCode code = CompileFunction(source + "  a(1.5, k=1)\n", "f");
  EXPECT_EQ(Check(code.get(), 0), "");
}

TEST(TranslatorTest, ManyLocals) {
  std::string source = "def f(a):\n";
  for (int i = 0; i < 3000; ++i) {
    source += "  a" + std::to_string(i) + " = a\n";
  }
  source += "  return a2999\n";
  OwnedCode code = CompileFunction(source, "f");
  EXPECT_EQ(Check(code.get(), 0), "");
}

TEST(TranslatorTest, TooManyRegistersAreRefused) {
  std::string source = "def f(a):\n";
  for (int i = 0; i < 17000; ++i) {
    source += "  a" + std::to_string(i) + " = a\n";
  }
  OwnedCode code = CompileFunction(source, "f");
  EXPECT_EQ(Check(code.get(), 0),
            "SystemError: pyvm: the bytecode of f is invalid: more than 16382 "
            "local variables and stack slots");
}

// Positions are CPython's, so tracebacks and f_lasti are.
TEST(TranslatorTest, PositionsAreThoseOfTheInstructions) {
  OwnedCode code = CompileFunction("def f(a):\n  return a.b(a[0]) + 1\n", "f");
  std::string error;
  OwnedUnit unit = TranslateOrError(code.get(), &error);
  ASSERT_NE(unit, nullptr) << error;
  const std::map<Op, uint8_t> sources = {{Op::kLOAD_METHOD, LOAD_METHOD},
                                         {Op::kLOAD_ITEM, BINARY_SUBSCR},
                                         {Op::kCALL_METHOD, CALL},
                                         {Op::kBINARY_OP, BINARY_OP},
                                         {Op::kRETURN, RETURN_VALUE}};
  size_t found = 0;
  for (uint32_t i = 0; i < unit->num_instrs; i += InstrWords(*unit, i)) {
    auto source = sources.find(BaseOf(unit->instrs[i].op));
    if (source == sources.end()) continue;
    ++found;
    auto word = unit->first_code_unit[unit->PositionOf(unit->instrs + i)];
    EXPECT_EQ(word & 0xff, source->second);
  }
  EXPECT_EQ(found, sources.size());
}

}  // namespace
}  // namespace pyvm
