// CPython 3.11's private structs, for the code that has to know them. The only
// place that includes CPython's internal headers.
#ifndef PYVM_CORE_HOST_CPYTHON_H_
#define PYVM_CORE_HOST_CPYTHON_H_

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include "core/bytecode/python.h"

extern "C" {
#include <internal/pycore_abstract.h>
#include <internal/pycore_call.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_floatobject.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_function.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_genobject.h>
#include <internal/pycore_global_objects.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_list.h>
#include <internal/pycore_long.h>
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_object.h>
#include <internal/pycore_pyerrors.h>
#include <internal/pycore_pymem.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_tuple.h>
#include <internal/pycore_typeobject.h>
#include <internal/pycore_unicodeobject.h>
}

#endif  // PYVM_CORE_HOST_CPYTHON_H_
