// The machine code of a unit, and what is known of the places where it can be
// left or looked at.
#ifndef PYVM_TIERS_LLVM_CODE_H_
#define PYVM_TIERS_LLVM_CODE_H_

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "core/bytecode/unit.h"
#include "core/host/activation.h"
#include "core/host/frame.h"
#include "core/host/observers.h"
#include "core/host/resume.h"
#include "core/tier/tier.h"

namespace pyvm::llvm_tier {

// How a register's content is found.
enum class Location : uint8_t {
  kEmpty,
  kConstant,  // an object at `constant`
  kObject,    // values[index]; null only where the register may be empty
  kInt,       // values[index] is an int64, which is boxed
  kFloat,     // a float64
  kBool,      // 0 or 1
  kRegister,  // an object: what register `index` of the outermost frame held
              // when the code began, and holds still; or null
  kVirtual,   // an object that does not exist yet: number `index` of the site
};
struct SlotMap {
  Location where = Location::kEmpty;
  bool owned = false;  // kObject, kRegister: the frame takes the reference
  // The register still has the word that it had when the code began, which
  // counts for nothing.
  bool held = false;
  uint16_t index = 0;  // equal ones are one object: boxed once
  // The register is empty if values[present] is 0.
  static constexpr uint16_t kAlways = 0xffff;
  uint16_t present = kAlways;
  PyObject* constant = nullptr;
};
// A frame as it stands at a site.
struct FrameMap {
  Unit* unit = nullptr;
  uint32_t instr = 0;
  SlotMap function;  // of an inlined frame
  std::vector<SlotMap> slots;
  // Whose speculation fails if code is left here; see ir::FrameState. Null:
  // that of `instr`.
  Unit* blamed_unit = nullptr;
  uint32_t blamed_instr = 0;
};

// An instance that the code has not made, since nothing but frames could know
// it.
struct VirtualMap {
  SlotMap cls;
  struct Field {
    bool is_inline;  // else at an offset
    uint32_t index;
    SlotMap content;
  };
  std::vector<Field> fields;
};

// A place in machine code where control may leave it, or where others may look
// at its frames. The frames are listed from the outermost, which is the real
// one, to the innermost; those behind the first are inlined, and exist only
// once somebody needs them.
struct Site {
  uint32_t number = 0;      // in the code
  uint32_t failures = 0;    // how often a guard has failed here
  const char* reason = "";  // the operation that it belongs to
  // Where it raises, operands of the instruction are in the registers yet.
  bool has_operands = false;
  // Its code begins at the header of the loop at this instruction; else at the
  // function's start.
  bool at_loop = false;
  uint32_t loop = 0;
  std::vector<FrameMap> frames;
  std::vector<VirtualMap> objects;  // that the frames mention

  // Of an operation that is not specialised for types: those of its first
  // operands, as long as each has always had the same one (null before; kMixed
  // afterwards), and how often they were looked at.
  const PyTypeObject* met[2] = {nullptr, nullptr};
  uint32_t times_met = 0;
};
// No operand has this type exactly, but for object() itself.
inline constexpr const PyTypeObject* kMixed = &PyBaseObject_Type;
// An operation that has met its operands so often has been seen enough of.
inline constexpr uint32_t kTimesToMeet = 200;

// What compiled code keeps on the native stack: the site where it is, and the
// values that the site's maps refer to.
//
// A function that machine code has called has no other frame at first. It gets
// one, as do its callers, when somebody may look at frames: before code runs
// that is not known to look at none, and where the function is left (Link). The
// frame's spare register (NativeFrameOf) points back to this one then.
struct NativeFrame {
  const Site* site;
  PyObject** regs;      // of its frame; null as long as it is not linked
  NativeFrame* caller;  // who has called; kGivenFrame or not
  PyObject* function;   // that runs; borrowed from the caller
  // Frames behind its own that are linked, of inlined functions that run now.
  uint64_t inlined;
  uint64_t values[1];  // as many as the code's sites need
};

// `caller` of a native frame whose frame comes from outside of machine code,
// which will clear it: the registers of that frame with the lowest bit set.
inline NativeFrame* GivenFrame(PyObject** regs) {
  return reinterpret_cast<NativeFrame*>(reinterpret_cast<uintptr_t>(regs) | 1);
}
inline bool IsGiven(const NativeFrame* caller) {
  return (reinterpret_cast<uintptr_t>(caller) & 1) != 0;
}
inline PyObject** GivenRegisters(const NativeFrame* caller) {
  return reinterpret_cast<PyObject**>(reinterpret_cast<uintptr_t>(caller) - 1);
}

// A frame that native code runs has this `stacktop`: its registers hold nothing
// but what the code has left there, and NativeFrame says the rest. Otherwise as
// in any running frame: linked, with its link in front.
inline constexpr int kNativeStacktop = kAwayStacktop;

// Frames of ours have room for one word behind their registers. Null as long as
// the code has not had to show the frame.
// Not of a generator's.
inline NativeFrame*& NativeFrameOf(PyObject** regs, const Unit* unit) {
  return *reinterpret_cast<NativeFrame**>(regs + unit->num_registers);
}
// A generator's frame has no such room. While it runs, its hint and the note in
// front of it (core/host/resume.h) say the same: addresses have 48 bits.
inline constexpr int kAddressBitsInNote = 32;
inline NativeFrame* NativeFrameOfGenerator(PyObject** regs) {
  uint32_t note;
  std::memcpy(&note, NoteOf(regs), sizeof note);
  return reinterpret_cast<NativeFrame*>(
      uintptr_t{ResumeHint(FrameOf(regs))} << kAddressBitsInNote | note);
}
inline void SetNativeFrameOfGenerator(PyObject** regs,
                                      const NativeFrame* native) {
  auto address = reinterpret_cast<uintptr_t>(native);
  auto note = static_cast<uint32_t>(address);
  std::memcpy(NoteOf(regs), &note, sizeof note);
  ResumeHint(FrameOf(regs)) =
      static_cast<uint16_t>(address >> kAddressBitsInNote);
}

// Runs the frame (pushed, linked as current, its registers as the entry expects
// them) to its end. Returns its result, or null with an exception. The frame
// stays linked, and holds nothing above its locals; its `stacktop` says how
// many registers may hold references, as ClearAndPopEntryFrame wants it.
using Entry = PyObject* (*)(Activation* act, PyObject** regs);

#define PYVM_PRESERVE_NONE __attribute__((preserve_none))

// Resumes a generator, whose frame is not linked, in its function's code.
// `sent` (taken over) is what it is resumed with, or null for None;
// `remaining` what the resumer's recursion_remaining would be. If the
// generator's state says that it is suspended, this is what it has yielded, and
// its note is for machine code; else it is its result or null with an
// exception, and FinishGenerator is left to do.
using GeneratorEntry = PyObject*(PYVM_PRESERVE_NONE*)(Activation* act,
                                                      PyGenObject* generator,
                                                      int64_t remaining,
                                                      PyObject* sent);

// Whether frames of the unit are a generator's, a coroutine's or the like, but
// for the one that makes it. Their entries are behind RETURN_GENERATOR, YIELDs
// and at loops.
inline bool IsGenerator(const Unit& unit) {
  return (unit.code->co_flags &
          (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
}
inline constexpr ptrdiff_t kGeneratorOfRegs =
    static_cast<ptrdiff_t>(offsetof(PyGenObject, gi_iframe)) +
    static_cast<ptrdiff_t>(offsetof(Frame, localsplus));

// Where machine code goes on with generators that are suspended at one place of
// a unit, or that have not begun. As old as the unit, which generators keep.
struct Resumption {
  // Null: this tier has no code there, or none yet.
  GeneratorEntry entry = nullptr;
};
// The one of the instruction, which can be entered behind a YIELD or
// RETURN_GENERATOR.
const Resumption* ResumptionOf(Unit* unit, uint32_t instr);
// Lets machine code resume generators of the unit straight: in the code that it
// has, if that is not stale.
void SetResumptions(Unit* unit);

// Calls a function of a unit as machine code does: without a frame, with its
// arguments (which are taken over) behind `remaining`. That is the caller's
// tstate->recursion_remaining; what the thread's own says is of no account
// while machine code runs, and anything afterwards. It is relative to
// Activation::recursion_limit, whatever the limit is by now. New reference, or
// null with an exception.
using Direct = void*;
template <typename... Args>
using DirectCall = PyObject*(PYVM_PRESERVE_NONE*)(Activation* act,
                                                  NativeFrame* caller,
                                                  PyObject* function,
                                                  int64_t remaining,
                                                  Args... args);

// Units whose functions can be called so; with more arguments they would not
// all be in registers.
inline constexpr uint32_t kMaxDirectArgs = 7;
inline bool CanBeDirect(const Unit& unit) {
  return unit.simple_args && unit.arg_count <= kMaxDirectArgs &&
         !IsGenerator(unit);
}

// Where code begins at a loop's header, or where a generator is resumed;
// `entry` is null if there can be none. A generator's is a GeneratorEntry.
struct LoopEntry {
  uint32_t instr;
  Entry entry;
};

// What the next compilation must not speculate on, since it has failed too
// often: the operation `reason` at this instruction. `unit` is that of the
// instruction, which may have been inlined.
struct Denial {
  const Unit* unit;
  uint32_t instr;
  const char* reason;  // a static string
};
using Denials = std::vector<Denial>;

// The types that the operands of an instruction have had whenever it was looked
// at; null: none that stays what it is.
struct Lesson {
  const Unit* unit;
  uint32_t instr;
  const PyTypeObject* types[2];
};

struct CodeRange {
  const uint8_t* begin;
  uint64_t bytes;
};

// Unit::tier_code of a unit that this tier runs. Guarded by the GIL.
struct Code {
  Unit* unit = nullptr;
  // One of the two if there is code for the start, which there cannot be if
  // no_start.
  Entry start = nullptr;
  Direct direct = nullptr;
  bool no_start = false;
  std::vector<LoopEntry> loops;
  // By instruction, of a generator: those of `loops`.
  std::vector<Entry> resumed_at;
  // Answers of ResumptionOf, by instruction.
  std::vector<const Resumption*> resumptions;
  // Where else it can be entered: headers of loops and, in a generator, what
  // follows a YIELD or RETURN_GENERATOR. Sorted.
  std::vector<uint32_t> headers;
  // Those that follow a YIELD or RETURN_GENERATOR. Sorted.
  std::vector<uint32_t> resumed_behind;
  // Stable addresses: machine code points to them.
  std::vector<std::unique_ptr<Site>> sites;
  std::vector<CodeRange> blocks;      // in code memory
  std::vector<PyObject*> references;  // what it refers to; owned, sorted
  uint64_t bytes = 0;                 // of machine code
  // Its guards have failed too often: it is to be replaced, at the next entry
  // or once its successor has been compiled.
  bool stale = false;
  bool learns = false;  // stale because there is something to learn from it
  uint32_t failures_since = 0;  // it has become stale
};

// What is known of a unit from code that it has had.
struct Experience final : TierNotes {
  uint32_t renewals = 0;
  Denials denials;
  Denials reached;      // where code has been left that had never run
  uint32_t rounds = 0;  // of compilations that were to learn
  std::vector<Lesson> lessons;
  // By instruction; their addresses stay.
  std::map<uint32_t, Resumption> resumptions;

  // A unit is compiled anew so often to make use of what code has learned.
  static constexpr uint32_t kMaxRounds = 2;
  // Whether code is to look at operands.
  bool IsToLearn() const { return rounds < kMaxRounds; }
};

// As Tier::compile and Tier::prepare: an entry at the function's start, or at
// the header of the loop at instruction request.loop.
CompileResult Compile(Unit* unit, const CompileRequest& request);
std::unique_ptr<CompileTask> Prepare(Unit* unit, const CompileRequest& request,
                                     const char** refused);

// Where code of the unit can be entered: at its start (`loop` null) or at the
// header of a loop: at any other instruction code has no entry. Compiles what
// has become stale, and entries that are wanted for the first time, or has it
// compiled beside the program; may run code. Both null if there is none, or
// none yet; `direct` only at the start.
struct Entrance {
  Entry entry = nullptr;
  Direct direct = nullptr;
  explicit operator bool() const {
    return entry != nullptr || direct != nullptr;
  }
};
Entrance FindEntry(Unit* unit, const uint32_t* loop);

// Lets machine code call functions of the unit: by the code that it has, if
// that is not stale, else by a stub that calls them in whatever tier. A unit
// that waits for other code looks for it when it is called so.
void SetDirect(Unit* unit);

// The unit's code if this tier runs it; else null.
Code* CodeOf(const Unit* unit);

// Gives the code back once nothing runs in it.
void Release(Code* code);

// Around each execution of code that C++ begins; machine code may call other
// code within it.
class Running {
 public:
  explicit Running(const Activation* act) : cframe_(&act->cframe) {
    entered_.push_back(cframe_);
  }
  ~Running() {
    // Unless greenlets have been switched, or there is something to do.
    if (entered_.back() == cframe_ && !watched_) [[likely]] {
      entered_.pop_back();
    } else {
      End();
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // The activations of all that there are, innermost last.
  static const std::vector<const _PyCFrame*>& All() { return entered_; }
  // Whether code waits to be given back when one ends.
  static void Watch(bool watch) { watched_ = watch; }

 private:
  void End();

  static std::vector<const _PyCFrame*>& entered_;
  static bool watched_;

  const _PyCFrame* const cframe_;
};

// A guard of the site, in a frame of `unit`, has failed.
void NoteFailure(Unit* unit, Site* site);

// The tier itself.
extern const Tier kTier;

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_CODE_H_
