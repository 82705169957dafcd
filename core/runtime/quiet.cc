#include "core/runtime/quiet.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/runtime/instance.h"
#include "core/runtime/iterator.h"

namespace pyvm {
namespace {

// Objects that refer to nothing and that nobody refers to weakly.
bool IsSimple(PyObject* o) {
  return PyLong_CheckExact(o) || PyFloat_CheckExact(o) ||
         PyUnicode_CheckExact(o) || o == Py_None || PyBool_Check(o) ||
         PyBytes_CheckExact(o);
}

// A class of an extension module that comes with Python, whose instances refer
// to nothing. Such modules are never unloaded.
bool IsSimpleForeign(const PyTypeObject* type) {
  static const PyTypeObject* last = nullptr;
  if (type == last) return true;
  if (std::strcmp(type->tp_name, "decimal.Decimal") != 0) return false;
  last = type;
  return true;
}

// The references that are given up when objects die, followed until nothing
// else dies.
class LastWill {
 public:
  // One reference less.
  bool Give(PyObject* o) {
    if (o == nullptr || IsSimple(o)) return true;
    int i = 0;
    while (i < size_ && given_[i].object != o) ++i;
    if (i == size_) {
      if (size_ == kMost) return false;
      given_[size_++] = {o, 0};
    }
    return ++given_[i].count < o->ob_refcnt || Dies(o);
  }
  bool Give(PyObject* const* objects, Py_ssize_t n) {
    if (n > kMostItems) return false;
    for (Py_ssize_t i = 0; i < n; ++i) {
      if (!Give(objects[i])) return false;
    }
    return true;
  }
  bool Dies(PyObject* o);

 private:
  static constexpr int kMost = 12;
  static constexpr Py_ssize_t kMostItems = 64;

  template <typename... Objects>
  bool GiveAll(Objects... objects) {
    return (Give(reinterpret_cast<PyObject*>(objects)) && ...);
  }
  bool FunctionDies(PyFunctionObject* f);
  bool DictDies(PyObject* o);
  bool SetDies(PySetObject* set);
  bool InstanceDies(PyObject* o);
  bool GeneratorDies(PyGenObject* gen);

  struct {
    PyObject* object;
    Py_ssize_t count;
  } given_[kMost];
  int size_ = 0;
};

bool LastWill::FunctionDies(PyFunctionObject* f) {
  return f->func_weakreflist == nullptr && f->func_dict == nullptr &&
         GiveAll(f->func_globals, f->func_builtins, f->func_name,
                 f->func_qualname, f->func_code, f->func_defaults,
                 f->func_kwdefaults, f->func_doc, f->func_module,
                 f->func_annotations, f->func_closure);
}

bool LastWill::DictDies(PyObject* o) {
  if (PyDict_GET_SIZE(o) > kMostItems) return false;
  PyObject *key, *value;
  Py_ssize_t position = 0;
  while (PyDict_Next(o, &position, &key, &value)) {
    if (!GiveAll(key, value)) return false;
  }
  return true;
}

bool LastWill::SetDies(PySetObject* set) {
  if (set->weakreflist != nullptr || set->mask >= kMostItems) return false;
  for (Py_ssize_t i = 0; i <= set->mask; ++i) {
    // What has been removed leaves a key that is no object of the program's.
    PyObject* key = set->table[i].key;
    if (key != nullptr && set->table[i].hash != -1 && !Give(key)) return false;
  }
  return true;
}

// One that has ended: others go on to their end.
bool LastWill::GeneratorDies(PyGenObject* gen) {
  return gen->gi_frame_state == FRAME_CLEARED &&
         gen->gi_weakreflist == nullptr &&
         gen->gi_exc_state.exc_value == nullptr &&
         gen->gi_origin_or_finalizer == nullptr &&
         GiveAll(gen->gi_code, gen->gi_name, gen->gi_qualname);
}

bool LastWill::InstanceDies(PyObject* o) {
  PyObject* objects[kMost];
  int n = RefersTo(o, objects, kMost);
  return n >= 0 && Give(objects, n);
}

bool LastWill::Dies(PyObject* o) {
  const PyTypeObject* type = Py_TYPE(o);
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) return InstanceDies(o);
  if ((type->tp_flags & Py_TPFLAGS_HAVE_GC) == 0) {
    // A range holds exact ints, for it has asked for their indices.
    return IsSimpleForeign(type) || IsSimple(o) || type == &PyRangeIter_Type ||
           type == &PyRange_Type;
  }
  if (type == &PyTuple_Type) {
    return Give(reinterpret_cast<PyTupleObject*>(o)->ob_item, Py_SIZE(o));
  }
  if (type == &PyList_Type) {
    return Give(reinterpret_cast<PyListObject*>(o)->ob_item, Py_SIZE(o));
  }
  if (type == &PyListIter_Type || type == &PyTupleIter_Type ||
      type == &PyUnicodeIter_Type || type == text_iterator_type) {
    return Give(reinterpret_cast<SequenceIterator*>(o)->sequence);
  }
  if (type == &PyFunction_Type) {
    return FunctionDies(reinterpret_cast<PyFunctionObject*>(o));
  }
  if (type == &PyMethod_Type) {
    auto* method = reinterpret_cast<PyMethodObject*>(o);
    return method->im_weakreflist == nullptr &&
           GiveAll(method->im_func, method->im_self);
  }
  if (type == &PyCFunction_Type) {
    auto* function = reinterpret_cast<PyCFunctionObject*>(o);
    return function->m_weakreflist == nullptr &&
           GiveAll(function->m_self, function->m_module);
  }
  if (type == &PyGen_Type || type == &PyCoro_Type) {
    return GeneratorDies(reinterpret_cast<PyGenObject*>(o));
  }
  if (type == &PyCell_Type) {
    return Give(reinterpret_cast<PyCellObject*>(o)->ob_ref);
  }
  if (type == &PyDict_Type) return DictDies(o);
  if (type == &PyGen_Type || type == &PyCoro_Type) {
    auto* gen = reinterpret_cast<PyGenObject*>(o);
    return gen->gi_frame_state == FRAME_CLEARED &&
           gen->gi_weakreflist == nullptr &&
           gen->gi_exc_state.exc_value == nullptr &&
           gen->gi_origin_or_finalizer == nullptr && GiveAll(gen->gi_code);
  }
  if (type == &PySet_Type || type == &PyFrozenSet_Type) {
    return SetDies(reinterpret_cast<PySetObject*>(o));
  }
  if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type ||
      type == &PyDictIterItem_Type) {
    auto* it = reinterpret_cast<DictIterator*>(o);
    return GiveAll(it->dict, it->result);
  }
  if (type == &PyDictKeys_Type || type == &PyDictValues_Type ||
      type == &PyDictItems_Type) {
    return GiveAll(reinterpret_cast<_PyDictViewObject*>(o)->dv_dict);
  }
  if (type == &PyEnum_Type) {
    auto* it = reinterpret_cast<EnumerateIterator*>(o);
    return GiveAll(it->iterator, it->result);
  }
  if (type == &PyZip_Type) {
    auto* it = reinterpret_cast<ZipIterator*>(o);
    return GiveAll(it->iterators, it->result);
  }
  if (type == &PySlice_Type) {
    auto* slice = reinterpret_cast<PySliceObject*>(o);
    return GiveAll(slice->start, slice->stop, slice->step);
  }
  return false;
}

bool ComparesQuietly(PyObject* const* items, Py_ssize_t n, int depth);

// bytes may warn where they are compared with strs.
bool ComparesQuietly(PyObject* o, int depth) {
  if (IsSimple(o)) return !PyBytes_CheckExact(o);
  if (depth == 0) return false;
  if (PyTuple_CheckExact(o)) {
    return ComparesQuietly(reinterpret_cast<PyTupleObject*>(o)->ob_item,
                           Py_SIZE(o), depth - 1);
  }
  return PyList_CheckExact(o) &&
         ComparesQuietly(reinterpret_cast<PyListObject*>(o)->ob_item,
                         Py_SIZE(o), depth - 1);
}

bool ComparesQuietly(PyObject* const* items, Py_ssize_t n, int depth) {
  constexpr Py_ssize_t kMost = 16;
  return n <= kMost && std::all_of(items, items + n, [depth](PyObject* item) {
           return ComparesQuietly(item, depth);
         });
}

// What an iterator lets go of at its end, or keeps.
bool EndsQuietly(PyObject* o) {
  return o == nullptr || o->ob_refcnt > 1 || DiesQuietly(o);
}

// The tuple that an iterator gives again and again, with other items.
bool IsReusedQuietly(PyObject* result) {
  return result == nullptr || result->ob_refcnt > 1 || DiesQuietly(result);
}

bool StepsQuietly(PyObject* iterator, int depth) {
  const PyTypeObject* type = Py_TYPE(iterator);
  if (type == &PyRangeIter_Type || type == &PyLongRangeIter_Type) return true;
  if (type == &PyListIter_Type || type == &PyTupleIter_Type ||
      type == &PyUnicodeIter_Type || type == text_iterator_type ||
      type == &PyListRevIter_Type || type == &PyReversed_Type ||
      type == &PyBytesIter_Type) {
    PyObject* sequence =
        reinterpret_cast<SequenceIterator*>(iterator)->sequence;
    // reversed() takes whatever has items.
    bool known = type != &PyReversed_Type || sequence == nullptr ||
                 PyTuple_CheckExact(sequence) || PyUnicode_CheckExact(sequence);
    return known && EndsQuietly(sequence);
  }
  if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type ||
      type == &PyDictIterItem_Type) {
    auto* it = reinterpret_cast<DictIterator*>(iterator);
    return EndsQuietly(reinterpret_cast<PyObject*>(it->dict)) &&
           IsReusedQuietly(it->result);
  }
  if (type == &PySetIter_Type) {
    return EndsQuietly(reinterpret_cast<PyObject*>(
        reinterpret_cast<SetIterator*>(iterator)->set));
  }
  if (depth == 0) return false;
  if (type == &PyEnum_Type) {
    auto* it = reinterpret_cast<EnumerateIterator*>(iterator);
    return StepsQuietly(it->iterator, depth - 1) && IsReusedQuietly(it->result);
  }
  if (type == &PyZip_Type) {
    auto* it = reinterpret_cast<ZipIterator*>(iterator);
    PyObject** inner = &PyTuple_GET_ITEM(it->iterators, 0);
    return IsReusedQuietly(it->result) &&
           std::all_of(
               inner, inner + PyTuple_GET_SIZE(it->iterators),
               [depth](PyObject* i) { return StepsQuietly(i, depth - 1); });
  }
  return false;
}

bool IsPlainNumber(PyObject* o) {
  return PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o);
}

// An exact container whose items are taken out without code of others, and
// without objects that the collector counts.
bool IsContainer(PyObject* o) {
  const PyTypeObject* type = Py_TYPE(o);
  return type == &PyList_Type || type == &PyTuple_Type ||
         type == &PyRange_Type || type == &PyDict_Type || type == &PySet_Type ||
         type == &PyFrozenSet_Type || type == &PyUnicode_Type ||
         type == &PyBytes_Type || type == &PyDictKeys_Type ||
         type == &PyDictValues_Type;
}

bool ConstructsQuietly(const PyTypeObject* type, PyObject* const* args,
                       Py_ssize_t n) {
  if (type == &PyLong_Type || type == &PyFloat_Type || type == &PyRange_Type ||
      type == &PyBool_Type) {
    return std::all_of(args, args + n, IsSimple);
  }
  if (type == &PyUnicode_Type) {
    return n == 1 && IsSimple(args[0]) && !PyBytes_CheckExact(args[0]);
  }
  if (type == &PyList_Type || type == &PyTuple_Type) {
    return std::all_of(args, args + n, IsContainer);
  }
  if (type == &PyEnum_Type) {
    return n > 0 && IteratesQuietly(args[0]) &&
           std::all_of(args + 1, args + n, IsSimple);
  }
  if (type == &PyZip_Type || type == &PyReversed_Type) {
    bool lists = type == &PyZip_Type;
    return std::all_of(args, args + n, [lists](PyObject* o) {
      return lists ? IteratesQuietly(o)
                   : PyList_CheckExact(o) || PyTuple_CheckExact(o) ||
                         PyRange_Check(o) || PyUnicode_CheckExact(o);
    });
  }
  return (type == &PyDict_Type || type == &PySet_Type ||
          type == &PyFrozenSet_Type || type == &PyBaseObject_Type) &&
         n == 0;
}

}  // namespace

bool DiesQuietly(PyObject* o) {
  LastWill will;
  return will.Dies(o);
}

bool ReleasedQuietly(PyObject* const* objects, Py_ssize_t n) {
  LastWill will;
  return will.Give(objects, n);
}

bool ComparesQuietly(PyObject* o) {
  constexpr int kDepth = 3;
  return ComparesQuietly(o, kDepth);
}

bool IteratesQuietly(PyObject* o) {
  const PyTypeObject* type = Py_TYPE(o);
  return IsContainer(o) || type == &PyDictItems_Type || type == &PyEnum_Type ||
         type == &PyZip_Type || type == &PyGen_Type;
}

bool StepsQuietly(PyObject* iterator) {
  constexpr int kDepth = 2;
  return StepsQuietly(iterator, kDepth);
}

bool IsOfNumbers(PyObject* callable) {
  if (!PyCFunction_CheckExact(callable)) return false;
  auto* function = reinterpret_cast<PyCFunctionObject*>(callable);
  std::string_view name = function->m_ml->ml_name;
  return (name == "min" || name == "max" || name == "abs" || name == "round" ||
          name == "pow") &&
         function->m_module != nullptr &&
         PyUnicode_CheckExact(function->m_module) &&
         _PyUnicode_EqualToASCIIString(function->m_module, "builtins");
}

bool CallsQuietly(PyObject* callable, PyObject* const* args, Py_ssize_t n) {
  if (Py_IS_TYPE(callable, &PyType_Type)) {
    return ConstructsQuietly(reinterpret_cast<PyTypeObject*>(callable), args,
                             n);
  }
  return IsOfNumbers(callable) && std::all_of(args, args + n, IsPlainNumber);
}

}  // namespace pyvm
