// The walk over the bytecode: stretches, blocks, phis, states, references.
#include "passes/ir/builder.h"

#include <algorithm>

#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

constexpr uint32_t kMaxInstrs = 4000;
constexpr int kGeneratorFlags =
    CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;

// The value whose reference `node` is: guards own nothing.
const Node* RootOf(const Node* node) {
  while (node->info().result == Result::same && node->op != Op::kPhi) {
    node = node->inputs[0];
  }
  return node;
}

Type JoinFull(const Type& a, const Type& b, const Node* b_node) {
  if (b_node->op == Op::kNull) return {a.rep, true, a.exact};
  return Join(a, b);
}

}  // namespace

Builder::Builder(Function* function, Unit* unit, const BuildOptions& options)
    : f_(function), unit_(unit), options_(options) {}

bool Builder::Run(const std::span<Node* const>* args) {
  if (!Check()) return false;
  FindBegin();
  if (options_.caller == nullptr) FindHandlers();
  FindStretches();
  Order();
  if (options_.function == nullptr) FindSample();
  CountVotes();
  FindNamespaces();
  MakeEntry(args);
  for (uint32_t index : rpo_) {
    if (IsRefused()) return false;
    BuildStretch(&stretches_[index]);
  }
  if (IsRefused()) return false;
  Conclude();
  return true;
}

// --- Which code there is
// -----------------------------------------------------

bool Builder::Check() {
  int flags = unit_->code->co_flags;
  generator_ = (flags & kGeneratorFlags) != 0;
  if (generator_ && options_.entry_instr == 0) {
    return Refuse("its start makes a generator or a coroutine");
  }
  if ((flags & CO_OPTIMIZED) == 0) {
    return Refuse("its names are in a namespace");
  }
  if (unit_->instrs == nullptr || unit_->num_instrs == 0) {
    return Refuse("it has no bytecode");
  }
  if (unit_->num_instrs > kMaxInstrs) return Refuse("it is too large");
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    const Instr& in = unit_->instrs[i];
    switch (BaseOf(in.op)) {
      case Bytecode::kLOAD_NAME:
      case Bytecode::kSTORE_NAME:
      case Bytecode::kDELETE_NAME:
      case Bytecode::kLOAD_CLASSDEREF:
      case Bytecode::kSETUP_ANNOTATIONS:
        return Refuse("its names are in a namespace");
      case Bytecode::kLOAD_GLOBAL:
      case Bytecode::kLOAD_GLOBAL_MODULE:
      case Bytecode::kLOAD_GLOBAL_BUILTIN:
        // Without arguments it reads the first register of the running frame.
        if (_PyUnicode_EqualToASCIIString(unit_->caches()[in.c].name,
                                          "super")) {
          return Refuse("it uses super");
        }
        break;
      default:
        break;
    }
  }
  if (!pyvm::Verify(*unit_, &flow_).empty()) {
    return Refuse("its bytecode does not verify");
  }
  return true;
}

// Where a loop goes on that takes pairs apart, with the UNPACK; for others,
// what follows them.
uint32_t Builder::AfterPair(uint32_t at) const {
  const Instr& loop = unit_->instrs[at];
  uint32_t next = at + InstrWords(*unit_, at);
  Bytecode op = BaseOf(loop.op);
  if (op != Bytecode::kFOR_ITER_ENUMERATE && op != Bytecode::kFOR_ITER_ITEMS &&
      op != Bytecode::kFOR_ITER_ZIP) {
    return next;
  }
  const Instr& unpack = unit_->instrs[next];
  bool pair =
      BaseOf(unpack.op) == Bytecode::kUNPACK && unpack.b == 2 &&
      unpack.a == TempOperand(loop.a) &&
      (handlers_.empty() || handlers_[at].instr == handlers_[next].instr);
  return pair ? next + InstrWords(*unit_, next) : next;
}

void Builder::FindStretches() {
  uint32_t n = unit_->num_instrs;
  std::vector<bool> reached(n), leader(n);
  std::vector<uint32_t> work = {begin_};
  leader[begin_] = true;
  while (!work.empty()) {
    uint32_t i = work.back();
    work.pop_back();
    while (i < n && !reached[i]) {
      reached[i] = true;
      uint32_t next = i + InstrWords(*unit_, i);
      if (!handlers_.empty() && handlers_[i].instr != 0) {
        leader[handlers_[i].instr] = true;
        work.push_back(handlers_[i].instr);
      }
      int64_t target = JumpTarget(*unit_, i);
      if (target >= 0) {
        leader[static_cast<size_t>(target)] = true;
        work.push_back(static_cast<uint32_t>(target));
      }
      if ((InfoOf(BaseOf(unit_->instrs[i].op)).effects & kEffectEnd) != 0) {
        break;
      }
      if (target >= 0) {
        next = AfterPair(i);
        leader[next] = true;
      }
      i = next;
    }
  }
  stretch_at_.assign(n, -1);
  for (uint32_t i = 0; i < n; ++i) {
    if (!reached[i] || !leader[i]) continue;
    stretch_at_[i] = static_cast<int32_t>(stretches_.size());
    stretches_.emplace_back().begin = i;
  }
  for (Stretch& stretch : stretches_) {
    uint32_t i = stretch.begin, last;
    do {
      last = i;
      if (!handlers_.empty() && handlers_[i].instr != 0) {
        auto handler = static_cast<uint32_t>(stretch_at_[handlers_[i].instr]);
        if (std::find(stretch.succs.begin(), stretch.succs.end(), handler) ==
            stretch.succs.end()) {
          stretch.succs.push_back(handler);
        }
      }
      i += InstrWords(*unit_, i);
    } while ((InfoOf(BaseOf(unit_->instrs[last].op)).effects &
              (kEffectEnd | kEffectJump)) == 0 &&
             !leader[i]);
    int64_t target = JumpTarget(*unit_, last);
    if (target >= 0 && !leader[i]) i = AfterPair(last);
    stretch.end = i;
    if (target >= 0) {
      stretch.succs.push_back(
          static_cast<uint32_t>(stretch_at_[static_cast<size_t>(target)]));
    }
    if ((InfoOf(BaseOf(unit_->instrs[last].op)).effects & kEffectEnd) == 0) {
      stretch.succs.push_back(static_cast<uint32_t>(stretch_at_[i]));
    }
  }
}

void Builder::Order() {
  enum : uint8_t { kNew, kOpen, kDone };
  std::vector<uint8_t> state(stretches_.size(), kNew);
  struct Visit {
    uint32_t stretch;
    size_t next;
  };
  auto first = static_cast<uint32_t>(stretch_at_[begin_]);
  std::vector<Visit> stack = {{first, 0}};
  state[first] = kOpen;
  while (!stack.empty()) {
    Visit& visit = stack.back();
    Stretch& from = stretches_[visit.stretch];
    if (visit.next == from.succs.size()) {
      state[visit.stretch] = kDone;
      rpo_.push_back(visit.stretch);
      stack.pop_back();
      continue;
    }
    uint32_t to = from.succs[visit.next++];
    if (state[to] == kOpen) stretches_[to].has_retreating = true;
    if (state[to] == kNew) {
      state[to] = kOpen;
      stack.push_back({to, 0});
    }
  }
  std::reverse(rpo_.begin(), rpo_.end());
}

// --- The entry
// ---------------------------------------------------------------

void Builder::MakeEntry(const std::span<Node* const>* args) {
  entry_ = block_ = f_->NewBlock();
  at_ = options_.entry_instr;
  regs_.assign(unit_->num_registers, nullptr);
  if (args != nullptr) {
    std::copy(args->begin(), args->end(), regs_.begin());
  } else {
    TakeArguments();
  }
  at_start_ = regs_;
  if (begin_ != at_) DropReceived();
  GuardNamespaces();
  GoTo(at_);
}

// What a generator is resumed with is seldom wanted: without it, the code
// begins behind the DROP.
void Builder::FindBegin() {
  begin_ = options_.entry_instr;
  if (!generator_) return;
  int64_t receives = ReceivingRegister(*unit_, begin_);
  if (receives < 0) return;
  uint32_t drop = begin_;
  if (BaseOf(unit_->instrs[drop].op) == Bytecode::kRESUME) ++drop;
  const Instr& in = unit_->instrs[drop];
  if (BaseOf(in.op) == Bytecode::kDROP &&
      in.a == TempOperand(static_cast<uint32_t>(receives))) {
    begin_ = drop + 1;
  }
}

void Builder::DropReceived() {
  bool resumes = BaseOf(unit_->instrs[at_].op) == Bytecode::kRESUME;
  at_ = begin_;
  before_ = nullptr;
  Node* received = EmitImm(Op::kReceived, {}, 1);
  Append(Make(Op::kXDecRef, {received}, State(begin_ - 1, regs_)));
  if (resumes) Append(Make(Op::kSafepoint, {}, Before()));
}

void Builder::TakeArguments() {
  const PyCodeObject* code = unit_->code;
  uint32_t num_args =
      static_cast<uint32_t>(code->co_argcount + code->co_kwonlyargcount +
                            ((code->co_flags & CO_VARARGS) != 0) +
                            ((code->co_flags & CO_VARKEYWORDS) != 0));
  int64_t receives = generator_ ? ReceivingRegister(*unit_, at_) : -1;
  for (uint32_t r = 0; r < unit_->num_registers; ++r) {
    // Nothing but arguments is there when a function begins.
    bool there = at_ == 0 ? r < num_args : flow_.MayBeFull(at_, r);
    if (!there) continue;
    Op source = options_.direct                       ? Op::kParameter
                : static_cast<int64_t>(r) == receives ? Op::kReceived
                                                      : Op::kTakeReg;
    if (source == Op::kReceived && begin_ != at_) continue;
    Node* node = EmitImm(source, {}, source == Op::kReceived ? 0 : r);
    node->type = flow_.IsFull(at_, r) ? kObject : kNullableObject;
    if (generator_ && source == Op::kTakeReg) taken_.push_back(node);
    SetExample(node, SampleOf(r));
    regs_[r] = node;
  }
}

// --- Stretches
// ---------------------------------------------------------------

void Builder::BuildStretch(Stretch* stretch) {
  block_ = nullptr;
  unobserved_pending_ = false;
  stretch->has_retreating ? BeginLoop(stretch) : Merge(stretch);
  for (uint32_t i = stretch->begin;
       i < stretch->end && block_ != nullptr && !IsRefused(); i = next_) {
    at_ = i;
    Step();
  }
  if (block_ != nullptr && !IsRefused()) GoTo(stretch->end);
  stretch->built = true;
}

void Builder::Merge(Stretch* stretch) {
  std::vector<Edge>& edges = stretch->edges;
  if (edges.empty()) return;
  regs_ = edges[0].regs;
  if (edges.size() == 1) {
    block_ = edges[0].from;
    return;
  }
  block_ = f_->NewBlock();
  for (Edge& edge : edges) {
    f_->Append(edge.from, Make(Op::kJump, {}, nullptr));
    f_->AddEdge(edge.from, block_);
  }
  std::vector<Node*> inputs(edges.size());
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    bool same = true, same_root = true;
    for (const Edge& edge : edges) same &= edge.regs[r] == regs_[r];
    if (same) continue;
    Type type;
    for (size_t i = 0; i < edges.size(); ++i) {
      inputs[i] = edges[i].regs[r] != nullptr ? edges[i].regs[r] : NullNode();
      type =
          i == 0 ? inputs[0]->type : JoinFull(type, inputs[i]->type, inputs[i]);
      same_root &= RootOf(inputs[i]) == RootOf(inputs[0]);
    }
    if (inputs[0]->op == Op::kNull) type = kNullableObject;
    Node* root = const_cast<Node*>(RootOf(inputs[0]));
    if (same_root && type == root->type) {
      regs_[r] = root;
      continue;
    }
    Node* phi = Append(Make(Op::kPhi, inputs, nullptr));
    phi->type = type;
    SetExample(phi, ExampleOf(inputs[0]));
    SetElement(phi, ElementOf(inputs[0]));
    SetCode(phi, CodeOf(inputs[0]));
    for (const Node* input : inputs) {
      if (IsBig(input)) SetBig(phi);
    }
    phis_.push_back(phi);
    regs_[r] = phi;
  }
  block_->entry_state = State(stretch->begin, regs_);
}

// Numbers that a loop computes are guarded where they come in: what they are in
// the loop follows.
void Builder::GuardAtLoop(uint32_t begin, uint32_t reg, Edge* edge) {
  Node* value = edge->regs[reg];
  if (reg >= unit_->num_locals || value == nullptr || value->type.nullable ||
      value->type.exact != nullptr || votes_[reg].split ||
      (votes_[reg].type != &PyLong_Type && votes_[reg].type != &PyFloat_Type) ||
      Expected(value) != votes_[reg].type || !votes_[reg].written ||
      votes_[reg].big || IsBig(value) || DeniedAt(begin)) {
    return;
  }
  Node* guard = Make(Op::kGuardType, {value}, State(begin, edge->regs));
  guard->ptr = votes_[reg].type;
  guard->type.exact = votes_[reg].type;
  block_ = edge->from;
  Append(guard);
  std::replace(edge->regs.begin(), edge->regs.end(), value, guard);
}

void Builder::BeginLoop(Stretch* stretch) {
  std::vector<Edge>& edges = stretch->edges;
  if (edges.empty()) return;
  for (Edge& edge : edges) {
    for (uint32_t r = 0; r < unit_->num_locals; ++r) {
      GuardAtLoop(stretch->begin, r, &edge);
    }
  }
  block_ = stretch->header = f_->NewBlock();
  block_->loop_header = true;
  for (Edge& edge : edges) {
    f_->Append(edge.from, Make(Op::kJump, {}, nullptr));
    f_->AddEdge(edge.from, block_);
  }
  regs_.assign(unit_->num_registers, nullptr);
  stretch->phis.assign(unit_->num_registers, nullptr);
  std::vector<Node*> inputs(edges.size());
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    if (!flow_.MayBeFull(stretch->begin, r)) continue;
    bool nullable = !flow_.IsFull(stretch->begin, r);
    for (size_t i = 0; i < edges.size(); ++i) {
      inputs[i] = edges[i].regs[r] != nullptr ? edges[i].regs[r] : NullNode();
      nullable |= inputs[i]->type.nullable;
    }
    Node* phi = Append(Make(Op::kPhi, inputs, nullptr));
    phi->type = nullable ? kNullableObject : kObject;
    SetExample(phi, ExampleOf(inputs[0]));
    Expect(phi, Expected(inputs[0]));
    SetElement(phi, ElementOf(inputs[0]));
    SetCode(phi, CodeOf(inputs[0]));
    phis_.push_back(phi);
    regs_[r] = stretch->phis[r] = phi;
  }
  block_->entry_state = State(stretch->begin, regs_);
}

void Builder::GoTo(uint32_t target) {
  Stretch& to = StretchAt(target);
  bool back = in_ != nullptr && target <= at_;
  if (back && BaseOf(in_->op) != Bytecode::kJUMP_BACK_QUIET) {
    Append(Make(Op::kSafepoint, {}, State(target, regs_)));
  }
  if (unobserved_pending_) FlushUnobserved(target);
  if (to.header == nullptr) {
    if (to.built) {  // nothing was known to lead there
      Append(Make(Op::kDeopt, {}, State(target, regs_)));
    } else {
      to.edges.push_back({block_, regs_});
    }
    block_ = nullptr;
    return;
  }
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    Node* phi = to.phis[r];
    if (phi == nullptr) {
      if (regs_[r] != nullptr)
        Refuse("a register is full that should be empty");
      continue;
    }
    Node* value = regs_[r] != nullptr ? regs_[r] : NullNode();
    if (value->type.nullable && !phi->type.nullable) {
      value = Emit(Op::kAssumeFull, {value});
      value->type.nullable = false;
    }
    f_->AddPhiInput(phi, value);
  }
  Append(Make(Op::kJump, {}, nullptr));
  f_->AddEdge(block_, to.header);
  block_ = nullptr;
}

// --- Instructions
// ------------------------------------------------------------

void Builder::Step() {
  in_ = unit_->instrs + at_;
  next_ = at_ + InstrWords(*unit_, at_);
  at_start_ = regs_;
  before_ = nullptr;
  called_ = false;
  if (unobserved_pending_) FlushUnobserved(at_);
  Bytecode op = BaseOf(in_->op);
  if (IsCold(*in_) && !options_.cold_is_generic && !Denied()) {
    return DeoptHere();
  }
  bool done = StepRest(op) || Numbers(op) || Jumps(op) || Generators(op) ||
              Objects(op) || Containers(op) || Calls(op) || Windows(op) ||
              Exceptions(op);
  if (!done) RunHandler();
  if (block_ != nullptr && !borrowed_.empty()) {
    Refuse("an operand has not been released");
  }
}

// Moves, and what belongs to no family.
bool Builder::StepRest(Bytecode op) {
  switch (op) {
    case Bytecode::kMOVE:
      if (KindOf(in_->b) == OperandKind::kTemp) {
        // May hold the null of a call.
        Node* value = regs_[RegisterOf(in_->b)];
        regs_[RegisterOf(in_->b)] = nullptr;
        if (value == nullptr) return true;
        Finish(in_->a, value);
      } else {
        Finish(in_->a, Take(in_->b));
      }
      return true;
    case Bytecode::kMOVE_WIDE:
      FinishLent(
          in_->a,
          Constant(unit_->pool[-1 - static_cast<int64_t>(static_cast<uint32_t>(
                                        LongJump(*in_)))]));
      return true;
    case Bytecode::kCOPY:
      if (regs_[in_->b] == nullptr) return true;
      if (regs_[in_->b]->type.nullable) return false;
      FinishLent(in_->a, regs_[in_->b]);
      return true;
    case Bytecode::kDROP:
      if (KindOf(in_->a) == OperandKind::kTemp) {
        Node* value = regs_[RegisterOf(in_->a)];
        regs_[RegisterOf(in_->a)] = nullptr;
        if (value != nullptr) Release(value);
      }
      return true;
    case Bytecode::kSWAP:
      std::swap(regs_[in_->a], regs_[in_->b]);
      return true;
    case Bytecode::kCHECK_LOCAL: {
      Node* value = regs_[in_->a];
      if (value == nullptr) {
        return false;
      } else if (value->type.nullable) {
        if (Denied()) return false;
        Refine(value, Guard(Op::kGuardFull, {value}));
      }
      return true;
    }
    case Bytecode::kDELETE_LOCAL: {
      Node* value = regs_[in_->a];
      if (value == nullptr) return false;
      if (value->type.nullable) {
        if (Denied()) return false;
        value = Guard(Op::kGuardFull, {value});
      }
      regs_[in_->a] = nullptr;
      Release(value);
      return true;
    }
    case Bytecode::kRESUME:
      // Otherwise whoever enters the code has done it.
      if (generator_ || (options_.direct && block_ == entry_)) {
        Append(Make(Op::kSafepoint, {}, Before()));
      }
      return true;
    case Bytecode::kRAISE:
      Raise();
      return true;
    case Bytecode::kRERAISE:
      Append(Make(Op::kReraise, {}, Before()));
      block_ = nullptr;
      return true;
    case Bytecode::kEND_ASYNC_FOR:
      DeoptHere();
      return true;
    default:
      return false;
  }
}

// --- What others call
// --------------------------------------------------------

std::unique_ptr<Function> Build(Unit* unit, const BuildOptions& options,
                                const char** refused) {
  auto function = std::make_unique<Function>(unit);
  function->entry_instr = options.entry_instr;
  function->direct = options.direct;
  function->generator = (unit->code->co_flags & kGeneratorFlags) != 0;
  function->denied = options.denied;
  function->failed = options.failed;
  function->met = options.met;
  Builder builder(function.get(), unit, options);
  if (!builder.Run(nullptr)) {
    *refused = builder.refused();
    return nullptr;
  }
  function->ComputeDominators();
  return function;
}

int64_t ReceivingRegister(const Unit& unit, uint32_t instr) {
  uint32_t i = 0;
  while (i + InstrWords(unit, i) < instr) i += InstrWords(unit, i);
  const Instr& in = unit.instrs[i];
  Bytecode op = BaseOf(in.op);
  bool receives = op == Bytecode::kYIELD || op == Bytecode::kRETURN_GENERATOR;
  return receives && i + 1 == instr ? in.a : -1;
}

bool BuildInlined(Function* function, Unit* unit, const BuildOptions& options,
                  std::span<Node* const> args, InlinedBody* body,
                  const char** refused) {
  Builder builder(function, unit, options);
  if (!builder.Run(&args)) {
    *refused = builder.refused();
    return false;
  }
  body->entry = builder.entry();
  body->returns = builder.Returns();
  return true;
}

PyObject* ConstantOf(const Node* node) {
  while (true) {
    switch (node->op) {
      case Op::kConst:
      case Op::kKnown:
      case Op::kGuardIs:
        return node->object();
      case Op::kGuardFunction:
        if (node->ptr != nullptr) return node->object();
        break;
      default:
        break;
    }
    if (node->info().result != Result::same || node->op == Op::kPhi) {
      return nullptr;
    }
    node = node->inputs[0];
  }
}

}  // namespace pyvm::ir
