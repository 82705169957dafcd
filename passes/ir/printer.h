// The text of a function in the intermediate representation, which parser.h
// reads:
//
//   function f(x, n), 2 temporaries
//   b0:
//     v0 = TakeReg x
//     v1: object? int = GuardType v0, int [@0 x=v0]
//     Jump b1
//   b1: from b0 b1, loop header [@4 x=v3]
//     v3: int = Phi v1, v4
//     ...
//
// A value's type follows it where its operation does not imply it. States are
// in brackets, the innermost frame first: the instruction, what its registers
// hold (`lent`: without a reference of their own; `if v5`: empty where that is
// false), the unit and the function
// object of an inlined frame: [@3 n=lent v4 in g of v2; @17 x=v3]. `for @5`: a
// guard of that instruction has been moved there.
#ifndef PYVM_PASSES_IR_PRINTER_H_
#define PYVM_PASSES_IR_PRINTER_H_

#include <map>
#include <string>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir {

// Names for units that have no code object: those of tests.
struct UnitNames {
  std::string name;
  std::vector<std::string> locals;
};
using Names = std::map<const Unit*, UnitNames>;

// Needs no GIL, as long as the objects that the function refers to live.
std::string Print(const Function& function, const Names* names = nullptr);

// The same in parts, for who lays them out in another way.
struct PrintedNode {
  const Node* node;
  std::string text;   // "v4 = AddInt v2, v3"
  std::string state;  // "[@0 x=v0]", or ""
};
struct PrintedBlock {
  const Block* block;
  std::string state;  // on entry
  std::vector<PrintedNode> nodes;
};
struct PrintedFunction {
  std::string head;  // lines
  std::vector<PrintedBlock> blocks;
};
PrintedFunction PrintParts(const Function& function,
                           const Names* names = nullptr);

// One node, without its state: "v4 = AddInt v2, v3". For messages.
std::string Describe(const Node& node);

// "object? int"
std::string Describe(const Type& type);

// Of the code object; "?" if there is none.
std::string NameOf(const Unit* unit);

// The type that a node of this operation has unless more is known: by its row
// alone, so kNoValue for `same`.
Type DefaultType(Op op);

// The text of a binary operator, by CPython's oparg; null if there is none.
const char* OperatorSymbol(int64_t arg);
const char* CondSymbol(Cond cond);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PRINTER_H_
