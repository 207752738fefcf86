/* DLPack capsules of memory that the library has exported. The structures of its versions 0.x and 1.x are declared
 * here: they are an ABI, and no header of it is needed. A tensor's deleter is a plain C call and may run on any thread,
 * with or without Python. */
#include "dlpack.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  int32_t device_type, device_id;
} DlDevice;
typedef struct {
  uint8_t code, bits;
  uint16_t lanes;
} DlType;
typedef struct {
  void *data;
  DlDevice device;
  int32_t ndim;
  DlType type;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} DlTensor;
typedef struct DlManaged {
  DlTensor tensor;
  void *manager;
  void (*deleter)(struct DlManaged *);
} DlManaged;
typedef struct DlVersioned {
  uint32_t major, minor;
  void *manager;
  void (*deleter)(struct DlVersioned *);
  uint64_t flags;
  DlTensor tensor;
} DlVersioned;

enum { kDlCpu = 1, kDlReadOnly = 1, kDlCopied = 2 };

/* One allocation holds it all, and dropping it is a plain C call: a consumer may do that on any thread. */
typedef struct {
  union {
    DlManaged legacy;
    DlVersioned versioned;
  } managed;
  deltos_view *view;
  void *copy;
  int64_t lengths[];
} Tensor;

static void tensor_drop(Tensor *tensor) {
  library.view_release(&tensor->view);
  free(tensor->copy);
  free(tensor);
}

static void legacy_deleter(DlManaged *managed) { tensor_drop(managed->manager); }
static void versioned_deleter(DlVersioned *managed) { tensor_drop(managed->manager); }

static void legacy_capsule_dropped(PyObject *capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor")) return; /* consumed: the consumer calls the deleter */
  DlManaged *managed = PyCapsule_GetPointer(capsule, "dltensor");
  managed->deleter(managed);
  collect_loans(NULL);
}

static void versioned_capsule_dropped(PyObject *capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor_versioned")) return;
  DlVersioned *managed = PyCapsule_GetPointer(capsule, "dltensor_versioned");
  managed->deleter(managed);
  collect_loans(NULL);
}

/* A copy of the elements in C order, or NULL with the reason raised. */
static void *packed_copy(const deltos_view *view) {
  void *copy = NULL;
  if (posix_memalign(&copy, 256, view->nbytes + 1) != 0) {
    PyErr_NoMemory();
    return NULL;
  }
  Py_buffer buffer = {.buf = view->data,
                      .len = (Py_ssize_t)view->nbytes,
                      .itemsize = (Py_ssize_t)view->itemsize,
                      .ndim = view->ndim,
                      .shape = (Py_ssize_t *)view->shape,
                      .strides = (Py_ssize_t *)view->strides};
  if (view->nbytes > 0 && PyBuffer_ToContiguous(copy, &buffer, buffer.len, 'C') < 0) {
    free(copy);
    return NULL;
  }
  return copy;
}

/* Takes the view, also when it fails with NULL. */
static Tensor *tensor_of(deltos_view *view, int copy) {
  Tensor *tensor = calloc(1, sizeof *tensor + 2 * (size_t)view->ndim * sizeof(int64_t));
  if (tensor == NULL) PyErr_NoMemory();
  if (tensor != NULL && copy && (tensor->copy = packed_copy(view)) == NULL) {
    free(tensor);
    tensor = NULL;
  }
  if (tensor != NULL)
    tensor->view = view;
  else
    library.view_release(&view);
  return tensor;
}

static void fill_tensor(DlTensor *out, const Tensor *tensor, int code, int bits, int64_t *lengths) {
  const deltos_view *view = tensor->view;
  out->data = tensor->copy != NULL ? tensor->copy : view->data;
  if (view->nbytes == 0) out->data = NULL;
  out->device.device_type = kDlCpu;
  out->ndim = view->ndim;
  out->type.code = (uint8_t)code;
  out->type.bits = (uint8_t)bits;
  out->type.lanes = 1;
  out->shape = lengths;
  out->strides = lengths + view->ndim;
  int64_t stride = 1;
  for (int32_t k = view->ndim - 1; k >= 0; --k) {
    out->shape[k] = view->shape[k];
    out->strides[k] = tensor->copy != NULL ? stride : view->strides[k] / (int64_t)view->itemsize;
    stride *= view->shape[k];
  }
}

/* Why DLPack cannot say how memory lies; NULL when it can. */
static const char *unsayable(const deltos_view *view) {
  if (view->suboffsets != NULL) return "DLPack has no rows that are reached by pointers; make a copy: to_dense()";
  for (int32_t k = 0; k < view->ndim; ++k)
    if (view->strides[k] % (int64_t)view->itemsize != 0)
      return "DLPack counts strides in elements, and these are not whole; make a copy";
  return NULL;
}

PyObject *dlpack_capsule(deltos_view *view, int code, int bits, int versioned, int copy) {
  int readonly = view->readonly && !copy;
  if (readonly && !versioned) {
    library.view_release(&view);
    fail(DELTOS_E_READONLY, "the buffer is read-only, which DLPack before 1.0 cannot say; ask for max_version (1, 0)",
         0, 1);
    return NULL;
  }
  const char *reason = unsayable(view);
  if (reason != NULL) {
    library.view_release(&view);
    fail(DELTOS_E_LAYOUT, reason, 0, 1);
    return NULL;
  }
  Tensor *tensor = tensor_of(view, copy);
  if (tensor == NULL) return NULL;
  DlTensor layout = {0};
  fill_tensor(&layout, tensor, code, bits, tensor->lengths);
  if (copy) library.view_release(&tensor->view);
  PyObject *capsule;
  if (versioned) {
    DlVersioned *managed = &tensor->managed.versioned;
    managed->major = 1;
    managed->manager = tensor;
    managed->deleter = versioned_deleter;
    managed->flags = (readonly ? kDlReadOnly : 0) | (copy ? kDlCopied : 0);
    managed->tensor = layout;
    capsule = PyCapsule_New(managed, "dltensor_versioned", versioned_capsule_dropped);
  } else {
    DlManaged *managed = &tensor->managed.legacy;
    managed->manager = tensor;
    managed->deleter = legacy_deleter;
    managed->tensor = layout;
    capsule = PyCapsule_New(managed, "dltensor", legacy_capsule_dropped);
  }
  if (capsule == NULL) tensor_drop(tensor);
  return capsule;
}
