// Arrays that are read in parts, in the type that they have in the file.
#include <hdf5.h>

#include <algorithm>
#include <vector>

#include "core/hdf5/hdf5.h"
#include "core/hdf5/hdf5_handle.h"
#include "core/hdf5/hdf5_state.h"

namespace tandem {
using hdf5::Handle;
using hdf5::Library;

namespace {

// Of an array whose type openArray() has checked.
Hdf5Values valuesIn(const Handle& type, const Shape& shape) {
  Hdf5Values values{.shape = shape};
  const std::size_t bytes = H5Tget_size(type.get());
  values.bytes = bytes <= 1 ? 1 : bytes <= 2 ? 2 : bytes <= 4 ? 4 : 8;
  if (H5Tget_class(type.get()) == H5T_FLOAT)
    values.bytes = std::max<std::size_t>(values.bytes, 4);
  else
    values.kind =
        H5Tget_sign(type.get()) == H5T_SGN_NONE ? Hdf5Values::Kind::Unsigned : Hdf5Values::Kind::Signed;
  return values;
}

hid_t memoryType(const Hdf5Values& values) {
  const bool isSigned = values.kind == Hdf5Values::Kind::Signed;
  if (values.kind == Hdf5Values::Kind::Float) return values.bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  switch (values.bytes) {
    case 1:
      return isSigned ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2:
      return isSigned ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4:
      return isSigned ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    default:
      return isSigned ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  }
}

}  // namespace

bool Hdf5Group::isGroup(const std::string& path) const {
  const Library library;
  if (!state_->hardLinked(path)) return false;
  const Handle object(H5Oopen(state_->id.get(), path.c_str(), H5P_DEFAULT), H5Oclose);
  return object && H5Iget_type(object.get()) == H5I_GROUP;
}

Result<Hdf5Values> Hdf5Group::valuesOf(const std::string& path) const {
  const Library library;
  TANDEM_ASSIGN(const OpenArray open, openArray(path));
  return valuesIn(open.type, open.shape);
}

Status Hdf5Group::readParts(const std::string& path,
                            const std::function<void(std::string_view)>& take) const {
  constexpr std::size_t kPart = 16u << 20;  // bytes
  const Library library;
  TANDEM_ASSIGN(const OpenArray open, openArray(path));
  if (open.count == 0) return success();
  const Hdf5Values values = valuesIn(open.type, open.shape);
  const hid_t type = memoryType(values);
  const auto extents = open.shape.dims();
  const std::vector<hsize_t> dims(extents.begin(), extents.end());
  const hsize_t samples = dims.empty() ? 1 : dims[0], width = open.count / samples;
  const hsize_t step = std::clamp<hsize_t>(kPart / (width * values.bytes), 1, samples);
  std::vector<char> bytes(step * width * values.bytes);
  const Handle space(H5Dget_space(open.set.get()), H5Sclose);
  for (hsize_t at = 0; at < samples; at += step) {
    const hsize_t count = std::min(step, samples - at);
    std::vector<hsize_t> start(dims.size(), 0), size = dims;
    if (!dims.empty()) {
      start[0] = at;
      size[0] = count;
    }
    const hsize_t inMemory = count * width;
    const Handle memory(H5Screate_simple(1, &inMemory, nullptr), H5Sclose);
    if (!space || !memory ||
        (!dims.empty() &&
         H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0) ||
        H5Dread(open.set.get(), type, memory.get(), space.get(), H5P_DEFAULT, bytes.data()) < 0)
      return state_->damaged("this array cannot be read: " + hdf5::lastMessage(), path);
    take({bytes.data(), inMemory * values.bytes});
  }
  return success();
}

}  // namespace tandem
