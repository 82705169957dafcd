#include "core/runtime/bind.h"

#include <algorithm>

#include "core/runtime/ref.h"

namespace pyvm {
namespace {

PyObject* ParameterName(PyCodeObject* code, Py_ssize_t i) {
  return PyTuple_GET_ITEM(code->co_localsplusnames, i);
}

Py_ssize_t NumDefaults(PyFunctionObject* func) {
  return func->func_defaults == nullptr ? 0
                                        : PyTuple_GET_SIZE(func->func_defaults);
}

void ReleaseAll(PyObject* const* args, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; ++i) Py_DECREF(args[i]);
}

// --- Errors ------------------------------------------------------------------

// "a", "a and b", or "a, b, and c"; null with an exception set. Shortens the
// list.
PyObject* Enumerate(PyObject* names) {
  Py_ssize_t n = PyList_GET_SIZE(names);
  if (n == 1) return Py_NewRef(PyList_GET_ITEM(names, 0));
  PyObject* last = PyList_GET_ITEM(names, n - 1);
  PyObject* before = PyList_GET_ITEM(names, n - 2);
  if (n == 2) return PyUnicode_FromFormat("%U and %U", before, last);
  Ref tail(PyUnicode_FromFormat(", %U, and %U", before, last));
  if (!tail || PyList_SetSlice(names, n - 2, n, nullptr) < 0) return nullptr;
  Ref comma(PyUnicode_FromString(", "));
  if (!comma) return nullptr;
  Ref head(PyUnicode_Join(comma.get(), names));
  if (!head) return nullptr;
  return PyUnicode_Concat(head.get(), tail.get());
}

// Some parameters from `begin` to `end` are unbound.
int MissingArguments(PyThreadState* tstate, PyFunctionObject* func,
                     PyCodeObject* code, const char* kind, Py_ssize_t begin,
                     Py_ssize_t end, PyObject** localsplus) {
  Ref names(PyList_New(0));
  if (!names) return -1;
  for (Py_ssize_t i = begin; i < end; ++i) {
    if (localsplus[i] != nullptr) continue;
    Ref name(PyObject_Repr(ParameterName(code, i)));
    if (!name || PyList_Append(names.get(), name.get()) < 0) return -1;
  }
  Py_ssize_t n = PyList_GET_SIZE(names.get());
  Ref text(Enumerate(names.get()));
  if (!text) return -1;
  _PyErr_Format(tstate, PyExc_TypeError,
                "%U() missing %zd required %s argument%s: %U",
                func->func_qualname, n, kind, n == 1 ? "" : "s", text.get());
  return -1;
}

int TooManyPositional(PyThreadState* tstate, PyFunctionObject* func,
                      PyCodeObject* code, Py_ssize_t given,
                      PyObject** localsplus) {
  Py_ssize_t num_positional = code->co_argcount;
  Py_ssize_t keyword_only = 0;
  for (Py_ssize_t i = 0; i < code->co_kwonlyargcount; ++i) {
    if (localsplus[num_positional + i] != nullptr) ++keyword_only;
  }
  Py_ssize_t num_defaults = NumDefaults(func);
  Ref takes(num_defaults != 0
                ? PyUnicode_FromFormat("from %zd to %zd",
                                       num_positional - num_defaults,
                                       num_positional)
                : PyUnicode_FromFormat("%zd", num_positional));
  if (!takes) return -1;
  Ref besides(keyword_only != 0
                  ? PyUnicode_FromFormat(" positional argument%s (and %zd "
                                         "keyword-only argument%s)",
                                         given != 1 ? "s" : "", keyword_only,
                                         keyword_only != 1 ? "s" : "")
                  : PyUnicode_FromString(""));
  if (!besides) return -1;
  bool plural = num_defaults != 0 || num_positional != 1;
  _PyErr_Format(tstate, PyExc_TypeError,
                "%U() takes %U positional argument%s but %zd%U %s given",
                func->func_qualname, takes.get(), plural ? "s" : "", given,
                besides.get(),
                given == 1 && keyword_only == 0 ? "was" : "were");
  return -1;
}

// No parameter takes `keyword`: perhaps since a positional-only one has a name
// that the call gives.
int UnexpectedKeyword(PyThreadState* tstate, PyFunctionObject* func,
                      PyCodeObject* code, PyObject* kwnames,
                      PyObject* keyword) {
  Ref conflicts(PyList_New(0));
  if (!conflicts) return -1;
  for (int i = 0; i < code->co_posonlyargcount; ++i) {
    PyObject* name = ParameterName(code, i);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); ++k) {
      PyObject* given = PyTuple_GET_ITEM(kwnames, k);
      int same = PyObject_RichCompareBool(name, given, Py_EQ);
      if (same < 0) return -1;
      if (same > 0 && PyList_Append(conflicts.get(), given) < 0) return -1;
    }
  }
  if (PyList_GET_SIZE(conflicts.get()) == 0) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "%U() got an unexpected keyword argument '%S'",
                  func->func_qualname, keyword);
    return -1;
  }
  Ref comma(PyUnicode_FromString(", "));
  if (!comma) return -1;
  Ref names(PyUnicode_Join(comma.get(), conflicts.get()));
  if (!names) return -1;
  _PyErr_Format(tstate, PyExc_TypeError,
                "%U() got some positional-only arguments passed as keyword "
                "arguments: '%U'",
                func->func_qualname, names.get());
  return -1;
}

// --- Binding -----------------------------------------------------------------

constexpr Py_ssize_t kNoParameter = -1;
constexpr Py_ssize_t kCompareFailed = -2;

// The index of the parameter that can be given as `keyword`.
Py_ssize_t FindParameter(PyCodeObject* code, PyObject* keyword) {
  PyObject** names = &PyTuple_GET_ITEM(code->co_localsplusnames, 0);
  Py_ssize_t begin = code->co_posonlyargcount;
  Py_ssize_t end = code->co_argcount + code->co_kwonlyargcount;
  // Names are interned nearly always.
  for (Py_ssize_t i = begin; i < end; ++i) {
    if (names[i] == keyword) return i;
  }
  for (Py_ssize_t i = begin; i < end; ++i) {
    int same = PyObject_RichCompareBool(keyword, names[i], Py_EQ);
    if (same < 0) return kCompareFailed;
    if (same > 0) return i;
  }
  return kNoParameter;
}

// Binds one keyword argument; steals `value` only if it returns 0. `kwdict` is
// that of **kwargs, or null.
int BindKeyword(PyThreadState* tstate, PyFunctionObject* func,
                PyCodeObject* code, PyObject** localsplus, PyObject* kwdict,
                PyObject* kwnames, PyObject* keyword, PyObject* value) {
  if (keyword == nullptr || !PyUnicode_Check(keyword)) {
    _PyErr_Format(tstate, PyExc_TypeError, "%U() keywords must be strings",
                  func->func_qualname);
    return -1;
  }
  Py_ssize_t i = FindParameter(code, keyword);
  if (i >= 0) {
    if (localsplus[i] != nullptr) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "%U() got multiple values for argument '%S'",
                    func->func_qualname, keyword);
      return -1;
    }
    localsplus[i] = value;
    return 0;
  }
  if (i == kCompareFailed) return -1;
  if (kwdict == nullptr) {
    return UnexpectedKeyword(tstate, func, code, kwnames, keyword);
  }
  if (PyDict_SetItem(kwdict, keyword, value) < 0) return -1;
  Py_DECREF(value);
  return 0;
}

// Gives the positional parameters that are not bound yet their defaults.
int BindDefaults(PyThreadState* tstate, PyFunctionObject* func,
                 PyCodeObject* code, PyObject** localsplus, Py_ssize_t nargs) {
  Py_ssize_t num_defaults = NumDefaults(func);
  Py_ssize_t required = code->co_argcount - num_defaults;
  for (Py_ssize_t i = nargs; i < required; ++i) {
    if (localsplus[i] == nullptr) {
      return MissingArguments(tstate, func, code, "positional", 0, required,
                              localsplus);
    }
  }
  for (Py_ssize_t i = std::max(nargs, required); i < code->co_argcount; ++i) {
    if (localsplus[i] != nullptr) continue;
    localsplus[i] =
        Py_NewRef(PyTuple_GET_ITEM(func->func_defaults, i - required));
  }
  return 0;
}

// The same for keyword-only parameters.
int BindKeywordDefaults(PyThreadState* tstate, PyFunctionObject* func,
                        PyCodeObject* code, PyObject** localsplus) {
  Py_ssize_t begin = code->co_argcount;
  Py_ssize_t end = begin + code->co_kwonlyargcount;
  bool missing = false;
  for (Py_ssize_t i = begin; i < end; ++i) {
    if (localsplus[i] != nullptr) continue;
    if (func->func_kwdefaults != nullptr) {
      PyObject* value = PyDict_GetItemWithError(func->func_kwdefaults,
                                                ParameterName(code, i));
      if (value == nullptr && _PyErr_Occurred(tstate)) return -1;
      localsplus[i] = Py_XNewRef(value);
    }
    missing |= localsplus[i] == nullptr;
  }
  if (!missing) return 0;
  return MissingArguments(tstate, func, code, "keyword-only", begin, end,
                          localsplus);
}

}  // namespace

int BindArguments(PyThreadState* tstate, PyFunctionObject* func,
                  PyObject** localsplus, PyObject* const* args,
                  Py_ssize_t nargs, PyObject* kwnames) {
  // Comparing keywords may give the function other code: this is the frame's.
  auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
  const bool has_varargs = (code->co_flags & CO_VARARGS) != 0;
  const Py_ssize_t num_parameters = code->co_argcount + code->co_kwonlyargcount;
  const Py_ssize_t num_keywords =
      kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  PyObject* const* keyword_args = args + nargs;

  PyObject* kwdict = nullptr;
  if ((code->co_flags & CO_VARKEYWORDS) != 0) {
    kwdict = PyDict_New();
    if (kwdict == nullptr) {
      ReleaseAll(args, nargs + num_keywords);
      return -1;
    }
    localsplus[num_parameters + (has_varargs ? 1 : 0)] = kwdict;
  }

  Py_ssize_t bound = std::min<Py_ssize_t>(nargs, code->co_argcount);
  std::copy_n(args, bound, localsplus);
  if (has_varargs) {
    // Steals the rest even if it fails.
    PyObject* rest = _PyTuple_FromArraySteal(args + bound, nargs - bound);
    if (rest == nullptr) {
      ReleaseAll(keyword_args, num_keywords);
      return -1;
    }
    localsplus[num_parameters] = rest;
  } else {
    ReleaseAll(args + bound, nargs - bound);  // an error, but not the first
  }

  for (Py_ssize_t i = 0; i < num_keywords; ++i) {
    if (BindKeyword(tstate, func, code, localsplus, kwdict, kwnames,
                    PyTuple_GET_ITEM(kwnames, i), keyword_args[i]) < 0) {
      ReleaseAll(keyword_args + i, num_keywords - i);
      return -1;
    }
  }

  if (nargs > code->co_argcount && !has_varargs) {
    return TooManyPositional(tstate, func, code, nargs, localsplus);
  }
  if (nargs < code->co_argcount &&
      BindDefaults(tstate, func, code, localsplus, nargs) < 0) {
    return -1;
  }
  if (code->co_kwonlyargcount == 0) return 0;
  return BindKeywordDefaults(tstate, func, code, localsplus);
}

}  // namespace pyvm
