#include "core/runtime/match.h"

#include "core/runtime/ref.h"

namespace pyvm {
namespace {

// Adds `item` to the set `seen`. Returns 1 if it was there already, 0 if not,
// -1 with an exception set.
int AddNew(PyObject* seen, PyObject* item) {
  int there = PySet_Contains(seen, item);
  return there != 0 ? there : PySet_Add(seen, item);
}

// Returns a new tuple of the values of `keys` in `map`, None if one is missing,
// or null with an exception set.
PyObject* ValuesOfKeys(PyThreadState* tstate, PyObject* map, PyObject* keys) {
  Py_ssize_t n = PyTuple_GET_SIZE(keys);
  if (n == 0) return PyTuple_New(0);
  // map.get(key, dummy) neither raises KeyError nor creates items.
  Ref get;
  int is_method = _PyObject_GetMethod(map, &_Py_ID(get), get.out());
  if (!get) return nullptr;
  Ref seen(PySet_New(nullptr));
  if (!seen) return nullptr;
  Ref dummy(
      _PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type)));
  if (!dummy) return nullptr;
  Ref values(PyTuple_New(n));
  if (!values) return nullptr;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* key = PyTuple_GET_ITEM(keys, i);
    int err = AddNew(seen.get(), key);
    if (err > 0) {
      _PyErr_Format(tstate, PyExc_ValueError,
                    "mapping pattern checks duplicate key (%R)", key);
    }
    if (err != 0) return nullptr;
    PyObject* args[] = {map, key, dummy.get()};
    PyObject* value =
        is_method != 0 ? PyObject_Vectorcall(get.get(), args, 3, nullptr)
                       : PyObject_Vectorcall(get.get(), args + 1, 2, nullptr);
    if (value == nullptr) return nullptr;
    if (value == dummy.get()) {
      Py_DECREF(value);
      return Py_NewRef(Py_None);
    }
    PyTuple_SET_ITEM(values.get(), i, value);
  }
  return values.release();
}

// One match of a class pattern: what it has looked at, and what it has found.
class ClassMatch {
 public:
  ClassMatch(PyThreadState* tstate, PyObject* subject, PyObject* type)
      : tstate_(tstate), subject_(subject), type_(type) {}

  // Returns a new tuple of attributes; null if there is no match, or if an
  // exception is set.
  PyObject* Run(Py_ssize_t num_positional, PyObject* names) {
    if (!PyType_Check(type_)) {
      _PyErr_SetString(tstate_, PyExc_TypeError,
                       "called match pattern must be a type");
      return nullptr;
    }
    if (PyObject_IsInstance(subject_, type_) <= 0) return nullptr;
    *seen_.out() = PySet_New(nullptr);
    if (!seen_) return nullptr;
    *attrs_.out() = PyList_New(0);
    if (!attrs_) return nullptr;
    if (num_positional != 0 && !Positional(num_positional)) return nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
      if (!Attribute(PyTuple_GET_ITEM(names, i))) return nullptr;
    }
    return PyList_AsTuple(attrs_.get());
  }

 private:
  const char* TypeName() const {
    return reinterpret_cast<PyTypeObject*>(type_)->tp_name;
  }

  bool Positional(Py_ssize_t n) {
    Ref match_args(PyObject_GetAttrString(type_, "__match_args__"));
    bool match_self = false;
    if (match_args) {
      if (!PyTuple_CheckExact(match_args.get())) {
        _PyErr_Format(tstate_, PyExc_TypeError,
                      "%s.__match_args__ must be a tuple (got %s)", TypeName(),
                      Py_TYPE(match_args.get())->tp_name);
        return false;
      }
    } else {
      if (!_PyErr_ExceptionMatches(tstate_, PyExc_AttributeError)) return false;
      _PyErr_Clear(tstate_);
      // The flag holds only where there is no __match_args__.
      match_self = PyType_HasFeature(reinterpret_cast<PyTypeObject*>(type_),
                                     _Py_TPFLAGS_MATCH_SELF) != 0;
    }
    Py_ssize_t allowed = match_self   ? 1
                         : match_args ? PyTuple_GET_SIZE(match_args.get())
                                      : 0;
    if (allowed < n) {
      _PyErr_Format(tstate_, PyExc_TypeError,
                    "%s() accepts %zd positional sub-pattern%s (%zd given)",
                    TypeName(), allowed, allowed == 1 ? "" : "s", n);
      return false;
    }
    if (match_self) return PyList_Append(attrs_.get(), subject_) == 0;
    for (Py_ssize_t i = 0; i < n; ++i) {
      PyObject* name = PyTuple_GET_ITEM(match_args.get(), i);
      if (!PyUnicode_CheckExact(name)) {
        _PyErr_Format(tstate_, PyExc_TypeError,
                      "__match_args__ elements must be strings (got %s)",
                      Py_TYPE(name)->tp_name);
        return false;
      }
      if (!Attribute(name)) return false;
    }
    return true;
  }

  bool Attribute(PyObject* name) {
    int err = AddNew(seen_.get(), name);
    if (err > 0) {
      _PyErr_Format(tstate_, PyExc_TypeError,
                    "%s() got multiple sub-patterns for attribute %R",
                    TypeName(), name);
    }
    if (err != 0) return false;
    Ref value(PyObject_GetAttr(subject_, name));
    if (!value) {
      if (_PyErr_ExceptionMatches(tstate_, PyExc_AttributeError)) {
        _PyErr_Clear(tstate_);
      }
      return false;
    }
    return PyList_Append(attrs_.get(), value.get()) == 0;
  }

  PyThreadState* tstate_;
  PyObject* subject_;
  PyObject* type_;
  Ref seen_;   // set of the names so far
  Ref attrs_;  // list of their values
};

// Whether the type of the subject has the flag.
int MatchFlag(PyObject** s, unsigned long flag) {
  s[0] =
      Py_NewRef(PyType_HasFeature(Py_TYPE(s[-1]), flag) ? Py_True : Py_False);
  return 0;
}

}  // namespace

int GetLen(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
           uint32_t imm) {
  Py_ssize_t length = PyObject_Length(s[-1]);
  if (length < 0) return -1;
  s[0] = PyLong_FromSsize_t(length);
  return s[0] == nullptr ? -1 : 0;
}

int MatchMapping(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject** s, uint32_t imm) {
  return MatchFlag(s, Py_TPFLAGS_MAPPING);
}

int MatchSequence(PyThreadState* tstate, _PyInterpreterFrame* frame,
                  PyObject** s, uint32_t imm) {
  return MatchFlag(s, Py_TPFLAGS_SEQUENCE);
}

int MatchKeys(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
              uint32_t imm) {
  s[0] = ValuesOfKeys(tstate, s[-2], s[-1]);
  return s[0] == nullptr ? -1 : 0;
}

int MatchClass(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  Ref subject(Take(&s[0]));
  Ref type(Take(&s[1]));
  Ref names(Take(&s[2]));
  s[0] = ClassMatch(tstate, subject.get(), type.get()).Run(imm, names.get());
  if (s[0] == nullptr) {
    if (_PyErr_Occurred(tstate)) return -1;
    s[0] = Py_NewRef(Py_None);
  }
  return 0;
}

}  // namespace pyvm
