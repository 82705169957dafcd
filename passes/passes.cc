#include "passes/passes.h"

#include "passes/dce/dce.h"
#include "passes/escape/escape.h"
#include "passes/guards/guards.h"
#include "passes/inline/inline.h"
#include "passes/licm/licm.h"
#include "passes/refcount/refcount.h"
#include "passes/simplify/simplify.h"
#include "passes/unbox/unbox.h"

namespace pyvm::ir {
namespace {

constexpr const Pass* kAll[] = {
    &kInlinePass, &kSimplifyPass, &kEscapePass,   &kUnboxPass,
    &kGuardsPass, &kLicmPass,     &kRefcountPass, &kDcePass,
};

}  // namespace

std::span<const Pass* const> AllPasses() { return kAll; }

// Releases that cannot be the last go before anybody asks what code may run,
// and again when more is known. Guards come first where types are known that
// unboxing asks for.
std::string_view DefaultPasses() {
  return "inline,simplify,refcount,guards,simplify,inline:operators=1,"
         "simplify,escape,simplify,refcount,"
         "guards,simplify,escape,simplify,unbox,simplify,guards,licm,guards,"
         "simplify,refcount,dce";
}

}  // namespace pyvm::ir
