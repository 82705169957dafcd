#include "passes/guards/guards.h"

#include <array>
#include <optional>
#include <unordered_map>

#include "core/bytecode/python.h"
#include "passes/guards/versions.h"
#include "passes/ir/edit.h"

namespace pyvm::ir {
namespace {

// What a node computes: equal keys, equal values.
struct Key {
  Op op;
  int64_t imm = 0;
  const void* ptr = nullptr;
  const Node* frame = nullptr;  // function of the inlined frame it is about
  std::array<const Node*, 3> inputs = {};
  MemVersions versions = {};  // of what it reads

  bool operator==(const Key&) const = default;
};
struct Hash {
  size_t operator()(const Key& key) const {
    size_t hash = static_cast<size_t>(key.op);
    auto add = [&](size_t x) { hash = (hash ^ x) * 0x9e3779b97f4a7c15u; };
    add(static_cast<size_t>(key.imm));
    add(reinterpret_cast<size_t>(key.ptr));
    for (const Node* input : key.inputs) add(reinterpret_cast<size_t>(input));
    for (uint32_t version : key.versions) add(version);
    return hash ^ (hash >> 32);
  }
};

class Numberer {
 public:
  explicit Numberer(Function* function)
      : function_(*function), versions_(*function) {}

  uint32_t Run() {
    for (Block* block : function_.blocks()) {
      // Only what stands in dominating blocks is of use: Find looks at that.
      versions_.Begin(block);
      for (Node* node : NodesOf(block)) Visit(node);
      versions_.End();
    }
    return changes_;
  }

 private:
  // Of a node that can be found again, or nothing.
  std::optional<Key> KeyOf(const Node& node) const {
    const OpInfo& info = node.info();
    bool repeats =
        (info.Has(kPure) && node.op != Op::kPhi) ||
        (info.Has(kGuard) && !info.Has(kEnd) && info.writes == kMemNone) ||
        node.op == Op::kSizeOf || node.op == Op::kTableSize ||
        node.op == Op::kKnown;
    // Each object that is made has a reference of its own.
    if (MakesReference(node)) repeats = false;
    if (!repeats || node.inputs.size() > 3) return std::nullopt;
    Key key{node.op, node.imm, node.ptr};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      // Guards do not change a value.
      Node* input = Function::Find(node.inputs[i]);
      key.inputs[i] = input->type.rep == Rep::kObject ? OwnerOf(input) : input;
    }
    if (node.op == Op::kGuardGlobals && node.state->function != nullptr) {
      key.frame = OwnerOf(node.state->function);
    }
    for (int kind = 0; kind < kMemKinds; ++kind) {
      if ((info.reads & (1 << kind)) != 0) {
        key.versions[kind] = versions_.now()[kind];
      }
    }
    return key;
  }

  Node* Find(const Key& key, const Block* at) const {
    auto [it, end] = known_.equal_range(key);
    for (; it != end; ++it) {
      if (Function::Dominates(it->second.block, at)) return it->second.value;
    }
    return nullptr;
  }

  void Visit(Node* node) {
    for (Node*& input : node->inputs) input = Function::Find(input);
    std::optional<Key> key = KeyOf(*node);
    if (key) {
      Node* known = Find(*key, node->block);
      if (known != nullptr && Replaces(known, node)) {
        ++changes_;
        if (node->info().result == Result::none) {
          Function::Remove(node);
        } else {
          function_.Replace(node, Function::Find(known));
        }
        return;
      }
      known_.insert({*key, {node->block, node}});
    }
    uint8_t writes = WritesOf(*node);
    if (writes == kMemNone) return;
    switch (node->op) {
      case Op::kStoreInline:
        Store(node, Op::kLoadInline);
        break;
      case Op::kStoreSlot:
        Store(node, Op::kLoadSlot);
        break;
      case Op::kSetListItem:
        SetItem(node);
        break;
      case Op::kSetDictItem:
        SetDictItem(node);
        break;
      default:
        versions_.Write(writes);
        break;
    }
  }

  // Whoever uses `node` must not miss what it has said of the value.
  static bool Replaces(const Node* known, const Node* node) {
    known = Function::Find(const_cast<Node*>(known));
    if (node->info().result == Result::none) return true;
    const Type &have = known->type, &want = node->type;
    return have.rep == want.rep && (!have.nullable || want.nullable) &&
           (want.exact == nullptr || have.exact == want.exact);
  }

  // The key of a load of what a store writes.
  Key LoadKey(Op load, const Node& store) const {
    Key key{load, store.imm};
    key.inputs[0] = OwnerOf(store.inputs[0]);
    int kind = 0;
    while ((1 << kind) != kMemAttrs) ++kind;
    key.versions[kind] = versions_.now()[kind];
    return key;
  }

  // Takes away what may be another's: attributes of other names stay.
  void Store(Node* store, Op load) {
    NoteType(store, Find(LoadKey(load, *store), store->block));
    std::vector<std::pair<Key, Known>> kept;
    MemVersions before = versions_.now();
    for (const auto& [key, known] : known_) {
      if (key.op == load && key.imm != store->imm && IsNow(key, before) &&
          Function::Dominates(known.block, store->block)) {
        kept.push_back({key, known});
      }
    }
    versions_.Write(kMemAttrs);
    for (auto& [key, known] : kept) {
      int kind = 0;
      while ((1 << kind) != kMemAttrs) ++kind;
      key.versions[kind] = versions_.now()[kind];
      known_.insert({key, {store->block, known.value}});
    }
    known_.insert({LoadKey(load, *store), {store->block, store->inputs[1]}});
  }
  static bool IsNow(const Key& key, const MemVersions& now) {
    for (int kind = 0; kind < kMemKinds; ++kind) {
      if (key.versions[kind] != 0 && key.versions[kind] != now[kind]) {
        return false;
      }
    }
    return true;
  }

  void SetItem(Node* store) {
    auto key = [&] {
      Key key{Op::kListItem};
      key.inputs = {OwnerOf(store->inputs[0]), store->inputs[1]};
      int kind = 0;
      while ((1 << kind) != kMemItems) ++kind;
      key.versions[kind] = versions_.now()[kind];
      return key;
    };
    NoteType(store, Find(key(), store->block));
    versions_.Write(kMemItems);
    known_.insert({key(), {store->block, store->inputs[2]}});
  }

  void SetDictItem(Node* store) {
    Key key{Op::kDictFind};
    key.inputs = {OwnerOf(store->inputs[0]), OwnerOf(store->inputs[1])};
    int kind = 0;
    while ((1 << kind) != kMemTables) ++kind;
    key.versions[kind] = versions_.now()[kind];
    NoteType(store, Find(key, store->block));
    versions_.Write(kMemTables);
  }

  // What a store takes out is what was loaded there; if that has been a number,
  // nothing runs when it dies.
  void NoteType(Node* store, Node* loaded) const {
    if (loaded == nullptr) return;
    loaded = Function::Find(loaded);
    if (!loaded->type.nullable) store->type.nullable = false;
    if (loaded->type.exact != nullptr) {
      store->type.exact = loaded->type.exact;
      return;
    }
    Key key{};
    key.inputs[0] = OwnerOf(loaded);
    for (auto [op, type] : {std::pair{Op::kUnboxFloat, &PyFloat_Type},
                            std::pair{Op::kUnboxInt, &PyLong_Type}}) {
      key.op = op;
      key.ptr = nullptr;
      Node* unboxed = Find(key, store->block);
      key.op = Op::kGuardType;
      key.ptr = type;
      if (unboxed != nullptr || Find(key, store->block) != nullptr) {
        store->type.exact = type;
      }
    }
  }

  struct Known {
    const Block* block;  // from which on it is known
    Node* value;
  };

  Function& function_;
  Versions versions_;
  std::unordered_multimap<Key, Known, Hash> known_;
  uint32_t changes_ = 0;
};

uint32_t Run(Function& function, const PassContext&) {
  return Numberer(&function).Run();
}

}  // namespace

constinit const Pass kGuardsPass = {
    "guards",
    "drops guards, loads and arithmetic that repeat what a dominating node has "
    "found",
    Run,
    {}};

}  // namespace pyvm::ir
