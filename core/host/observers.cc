#include "core/host/observers.h"

#include <cstring>
#include <memory>

namespace pyvm {
namespace {

LocalsReader reader = nullptr;

bool IsAway(const Frame* frame) { return frame->stacktop == kAwayStacktop; }

// A frame that holds what the observed one would hold if its values were in its
// registers. Runs nothing, and is linked nowhere.
class Image {
 public:
  explicit Image(Frame* frame)
      : num_locals_(frame->f_code->co_nlocalsplus),
        memory_(std::make_unique<PyObject*[]>(
            FRAME_SPECIALS_SIZE + static_cast<size_t>(num_locals_) + 1)) {
    image_ = reinterpret_cast<Frame*>(memory_.get());
    std::memcpy(image_, frame, offsetof(Frame, localsplus));
    ok_ = reader(frame, image_->localsplus);
    image_->stacktop = num_locals_;
  }
  ~Image() {
    for (int i = 0; ok_ && i < num_locals_; ++i) {
      Py_XDECREF(image_->localsplus[i]);
    }
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  bool ok() const { return ok_; }
  Frame* frame() { return image_; }

 private:
  const int num_locals_;
  std::unique_ptr<PyObject*[]> memory_;
  Frame* image_;
  bool ok_;
};

}  // namespace

extern "C" {

int __real__PyFrame_FastToLocalsWithError(Frame* frame);

// In front of CPython's (the linker's --wrap): locals(), eval() and the like.
int __wrap__PyFrame_FastToLocalsWithError(Frame* frame) {
  if (!IsAway(frame)) [[likely]] {
    return __real__PyFrame_FastToLocalsWithError(frame);
  }
  Image image(frame);
  if (!image.ok()) {
    if (PyErr_Occurred()) return -1;
    // Nothing is known: the dict stays as it is.
    if (frame->f_locals == nullptr) frame->f_locals = PyDict_New();
    return frame->f_locals == nullptr ? -1 : 0;
  }
  int err = __real__PyFrame_FastToLocalsWithError(image.frame());
  if (frame->f_locals == nullptr) frame->f_locals = image.frame()->f_locals;
  return err;
}

}  // extern "C"

namespace {

getter cpython_locals;
initproc cpython_super;

// As frame_getlocals.
PyObject* GetLocals(PyObject* self, void* closure) {
  auto* object = reinterpret_cast<PyFrameObject*>(self);
  Frame* frame = object->f_frame;
  if (!IsAway(frame)) return cpython_locals(self, closure);
  if (__wrap__PyFrame_FastToLocalsWithError(frame) < 0) return nullptr;
  object->f_fast_as_locals = 1;
  return Py_NewRef(frame->f_locals);
}

// What super() finds in the frame, borrowed from it: as
// super_init_without_args. Leaves null what it does not find.
void FindSuper(Frame* frame, PyObject** type, PyObject** object) {
  PyCodeObject* code = frame->f_code;
  auto kind = [code](int i) {
    return _PyLocals_GetKind(code->co_localspluskinds, i);
  };
  if (code->co_argcount == 0) return;
  PyObject* first = frame->localsplus[0];
  if (first != nullptr && (kind(0) & CO_FAST_CELL) != 0 && PyCell_Check(first))
    first = PyCell_GET(first);
  *object = first;
  int i = code->co_nlocals + code->co_nplaincellvars;
  for (; i < code->co_nlocalsplus; ++i) {
    PyObject* name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
    if (!_PyUnicode_EqualToASCIIString(name, "__class__")) continue;
    PyObject* cell = frame->localsplus[i];
    if (cell != nullptr && PyCell_Check(cell)) *type = PyCell_GET(cell);
    return;
  }
}

// As super_init.
int InitSuper(PyObject* self, PyObject* args, PyObject* kwargs) {
  Frame* frame = _PyThreadState_GET()->cframe->current_frame;
  if (frame == nullptr || !IsAway(frame) || PyTuple_GET_SIZE(args) != 0 ||
      (kwargs != nullptr && PyDict_GET_SIZE(kwargs) != 0)) {
    return cpython_super(self, args, kwargs);
  }
  Image image(frame);
  PyObject *type = nullptr, *object = nullptr;
  if (image.ok()) FindSuper(image.frame(), &type, &object);
  if (type == nullptr || object == nullptr || !PyType_Check(type)) {
    // CPython complains about what is missing, which runs no code.
    _PyCFrame* cframe = _PyThreadState_GET()->cframe;
    if (image.ok()) cframe->current_frame = image.frame();
    int err = cpython_super(self, args, kwargs);
    cframe->current_frame = frame;
    return err;
  }
  PyObject* both = PyTuple_Pack(2, type, object);
  if (both == nullptr) return -1;
  int err = cpython_super(self, both, nullptr);
  Py_DECREF(both);
  return err;
}

}  // namespace

void SetLocalsReader(LocalsReader function) {
  if (reader == nullptr) {
    for (PyGetSetDef* def = PyFrame_Type.tp_getset; def->name != nullptr;
         ++def) {
      if (std::strcmp(def->name, "f_locals") != 0) continue;
      cpython_locals = def->get;
      def->get = GetLocals;
    }
    cpython_super = PySuper_Type.tp_init;
    PySuper_Type.tp_init = InitSuper;
  }
  reader = function;
}

}  // namespace pyvm
