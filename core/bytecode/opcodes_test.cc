// The table of operations, and the encodings that are generated from it.
#include "core/bytecode/opcodes.h"

#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "core/bytecode/decode.h"
#include "core/bytecode/window.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

constexpr Operand kOperands[] = {LocalOperand(5), TempOperand(6),
                                 ConstOperand(7)};

template <typename F>
void ForEachOp(F f) {
  for (int i = 0; i < kNumOps; ++i) {
    SCOPED_TRACE(InfoOf(static_cast<Op>(i)).name);
    f(static_cast<Op>(i), InfoOf(static_cast<Op>(i)));
  }
}

TEST(OpcodesTest, NamesAreUniqueAndProseIsProse) {
  std::set<std::string> names;
  ForEachOp([&](Op, const OpInfo& info) {
    EXPECT_TRUE(names.insert(info.name).second);
    for (const char* c = info.name; *c != '\0'; ++c) {
      EXPECT_TRUE(isupper(*c) || *c == '_');
    }
    std::string_view prose = info.prose;
    EXPECT_GT(prose.size(), 3u);
    EXPECT_LT(prose.size(), 90u);
    EXPECT_NE(prose.back(), '.');
  });
}

TEST(OpcodesTest, FieldsAgreeWithEachOtherAndWithTheEffects) {
  ForEachOp([](Op op, const OpInfo& info) {
    const Field a = info.fields[0], b = info.fields[1], c = info.fields[2];
    EXPECT_LE(info.NumKinded(), 2);
    // Where a field may stand.
    EXPECT_TRUE(a == Field::N || a == Field::D || a == Field::S ||
                a == Field::X || a == Field::R || a == Field::B);
    for (Field f : {b, c}) {
      EXPECT_TRUE(f != Field::D && f != Field::B) << "is field A alone";
    }
    EXPECT_NE(b, Field::J);
    EXPECT_NE(b, Field::C);
    EXPECT_NE(c, Field::Z);
    // A number of 32 bits takes two fields.
    EXPECT_EQ(b == Field::O, c == Field::O);
    // A jump has a distance, of either length; others have none of 16 bits.
    bool jumps = (info.effects & kEffectJump) != 0;
    EXPECT_EQ(jumps, c == Field::J || (jumps && c == Field::O));
    // A list has a length, in the instruction or in a call's cache.
    bool list = (info.effects & kEffectList) != 0;
    EXPECT_EQ(list, b == Field::Z || IsCall(op));
    if (IsCall(op)) EXPECT_EQ(info.feedback, Feedback::kCall);
    if (IsMethodCall(op)) EXPECT_TRUE(IsCall(op));
    if (info.feedback == Feedback::kAttr ||
        info.feedback == Feedback::kGlobal ||
        info.feedback == Feedback::kCall) {
      EXPECT_EQ(c, Field::C) << "has nowhere to keep its feedback";
    }
  });
}

TEST(OpcodesTest, EachWindowHasAShape) {
  ForEachOp([](Op op, const OpInfo& info) {
    if (info.fields[0] != Field::B || info.fields[1] != Field::O) return;
    WindowShape shape = ShapeOfWindow(op, 3);
    EXPECT_LE(shape.inputs, 6u);
    EXPECT_LE(shape.outputs, 4u);
  });
}

// Quickening changes the operation in place: what it becomes has its fields.
TEST(OpcodesTest, SpecialisedFormsHaveTheFieldsOfTheirOperation) {
  int forms = 0;
  ForEachOp([&](Op op, const OpInfo& info) {
    std::string_view name = info.name;
    for (int i = 0; i < static_cast<int>(op); ++i) {
      const OpInfo& base = InfoOf(static_cast<Op>(i));
      std::string_view base_name = base.name;
      std::string_view prose = info.prose;
      // "LOAD_ITEM on a list" is a LOAD_ITEM; the words come first.
      if (!name.starts_with(base_name) || !prose.starts_with(base_name)) {
        continue;
      }
      ++forms;
      for (int f = 0; f < 3; ++f) {
        EXPECT_EQ(info.fields[f], base.fields[f]) << base.name;
      }
      EXPECT_EQ(info.effects, base.effects) << base.name;
    }
  });
  EXPECT_GT(forms, 20);
}

TEST(OpcodesTest, ConcreteOpcodesRoundTrip) {
  int concrete = 0;
  ForEachOp([&](Op op, const OpInfo& info) {
    EXPECT_EQ(FirstConcrete(op), concrete);
    switch (info.NumKinded()) {
      case 0:
        EXPECT_EQ(BaseOf(ConcreteOp(op)), op);
        break;
      case 1:
        for (Operand x : kOperands) {
          EXPECT_EQ(BaseOf(ConcreteOp(op, x)), op);
          EXPECT_EQ(KindedOperand(ConcreteOp(op, x), 0), KindOf(x));
        }
        break;
      case 2:
        for (Operand x : kOperands) {
          for (Operand y : kOperands) {
            uint16_t variant = ConcreteOp(op, x, y);
            EXPECT_EQ(BaseOf(variant), op);
            EXPECT_EQ(KindedOperand(variant, 0), KindOf(x));
            EXPECT_EQ(KindedOperand(variant, 1), KindOf(y));
          }
        }
        break;
    }
    concrete += info.NumVariants();
  });
  EXPECT_EQ(concrete, kNumConcreteOps);
  EXPECT_LE(kNumConcreteOps, 0x10000);
}

TEST(OpcodesTest, RebaseKeepsTheKinds) {
  ForEachOp([](Op from, const OpInfo& info) {
    ForEachOp([&](Op to, const OpInfo& other) {
      if (info.NumKinded() != other.NumKinded()) return;
      for (int v = 0; v < info.NumVariants(); ++v) {
        auto concrete = static_cast<uint16_t>(FirstConcrete(from) + v);
        uint16_t rebased = Rebase(concrete, to);
        ASSERT_EQ(BaseOf(rebased), to);
        for (int i = 0; i < info.NumKinded(); ++i) {
          ASSERT_EQ(KindedOperand(rebased, i), KindedOperand(concrete, i));
        }
      }
    });
  });
}

TEST(InstrTest, OperandsRoundTripAtTheirLimits) {
  for (uint32_t reg : {0u, 1u, kMaxRegisters - 2, kMaxRegisters - 1}) {
    EXPECT_EQ(KindOf(LocalOperand(reg)), OperandKind::kLocal) << reg;
    EXPECT_EQ(RegisterOf(LocalOperand(reg)), reg);
    EXPECT_EQ(KindOf(TempOperand(reg)), OperandKind::kTemp) << reg;
    EXPECT_EQ(RegisterOf(TempOperand(reg)), reg);
  }
  for (uint32_t index :
       {0u, 1u, kMaxConstantOperand - 1, kMaxConstantOperand}) {
    EXPECT_EQ(KindOf(ConstOperand(index)), OperandKind::kConst) << index;
    EXPECT_EQ(ConstIndexOf(ConstOperand(index)), index);
    // What the tiers do: the operand is an index into the pool.
    EXPECT_EQ(static_cast<int16_t>(ConstOperand(index)),
              -1 - static_cast<int32_t>(index));
  }
}

TEST(InstrTest, ListsTakeWholeWords) {
  EXPECT_EQ(ListWords(0), 0u);
  EXPECT_EQ(ListWords(1), 1u);
  EXPECT_EQ(ListWords(4), 1u);
  EXPECT_EQ(ListWords(5), 2u);
  const Instr words[] = {{}, {10, 11, 12, 13}, {14, 15, 16, 17}};
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(ListOperand(words, i), 10 + i);
}

TEST(InstrTest, LongJumpsReachBothWays) {
  for (int32_t distance : {0, 1, -1, 0x7fff, 0x8000, -0x8000, 0x10000, -0x10001,
                           0x7fffffff, -0x7fffffff - 1}) {
    auto bits = static_cast<uint32_t>(distance);
    Instr in{0, 0, static_cast<uint16_t>(bits),
             static_cast<uint16_t>(bits >> 16)};
    EXPECT_EQ(LongJump(in), distance);
  }
}

}  // namespace
}  // namespace pyvm
