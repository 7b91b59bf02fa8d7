// What is open: for the .cpp files of the HDF5 layer. Includes <hdf5.h>, so include it only in .cpp files.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/hdf5/hdf5.h"
#include "core/hdf5/hdf5_handle.h"

namespace tandem {

constexpr hsize_t kMaxStrings = 1 << 20;

template <class T>
hid_t nativeType() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
}

// Shared by a file and the groups opened from it.
struct OpenFile {
  std::filesystem::path path;
  hsize_t size = 0;  // bytes on disk, of a file opened for reading
  hdf5::Handle file;
  ~OpenFile() {
    const hdf5::Library library;
    file = {};
  }
};

struct Hdf5Group::State {
  std::shared_ptr<OpenFile> file;
  std::string name;  // from the root, for messages
  hdf5::Handle id;
  ~State() {
    const hdf5::Library library;
    id = {};
  }

  std::string where(const std::string& item = {}) const {
    std::string text = file->path.string() + ":" + (name.empty() ? "/" : name);
    if (!item.empty()) text += (text.back() == '/' ? "" : "/") + item;
    return text;
  }
  Error damaged(std::string_view message, const std::string& item = {}) const {
    return invalid(message, where(item), "The file is damaged or was written by an unsupported program");
  }
  Error writeFailed(const std::string& item) const {
    return {ErrorCode::Io, "cannot create the file: " + hdf5::lastMessage(), where(item), {}};
  }

  // Whether each component of the path is a hard link: a malicious file may point to other files.
  bool hardLinked(const std::string& path) const {
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      H5L_info_t info{};
      if (part.empty() || H5Lexists(id.get(), part.c_str(), H5P_DEFAULT) <= 0 ||
          H5Lget_info(id.get(), part.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
        return false;
      if (end == std::string::npos) return true;
    }
  }

  Result<hdf5::Handle> openAttribute(const std::string& attribute) const {
    if (H5Aexists(id.get(), attribute.c_str()) <= 0)
      return damaged("attribute '" + attribute + "' is missing");
    hdf5::Handle handle(H5Aopen(id.get(), attribute.c_str(), H5P_DEFAULT), H5Aclose);
    if (!handle) return damaged("attribute '" + attribute + "' cannot be read");
    return handle;
  }

  // Number of elements of an attribute.
  Result<hsize_t> attributeCount(const hdf5::Handle& handle, const std::string& attribute) const {
    const hdf5::Handle space(H5Aget_space(handle.get()), H5Sclose);
    const hssize_t count = space ? H5Sget_simple_extent_npoints(space.get()) : -1;
    if (count < 0 || static_cast<hsize_t>(count) > kMaxStrings)
      return damaged("attribute '" + attribute + "' has an invalid size");
    return static_cast<hsize_t>(count);
  }

  Status writeAttribute(const std::string& attribute, const hdf5::Handle& type, const hdf5::Handle& space,
                        const void* data) {
    if (H5Aexists(id.get(), attribute.c_str()) > 0) H5Adelete(id.get(), attribute.c_str());
    const hdf5::Handle handle(
        H5Acreate2(id.get(), attribute.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!handle || H5Awrite(handle.get(), type.get(), data) < 0) return writeFailed(attribute);
    return success();
  }

  template <class T>
  Status writeNumber(const std::string& attribute, T value) {
    const hdf5::Handle type(H5Tcopy(nativeType<T>()), H5Tclose);
    const hdf5::Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    return writeAttribute(attribute, type, space, &value);
  }

  template <class T>
  Result<T> readNumber(const std::string& attribute) const {
    TANDEM_ASSIGN(const hdf5::Handle handle, openAttribute(attribute));
    TANDEM_ASSIGN(const hsize_t count, attributeCount(handle, attribute));
    const hdf5::Handle type(H5Aget_type(handle.get()), H5Tclose);
    const H5T_class_t kind = type ? H5Tget_class(type.get()) : H5T_NO_CLASS;
    T value{};
    if (count != 1 || (kind != H5T_INTEGER && kind != H5T_FLOAT) || H5Tget_size(type.get()) > 8 ||
        H5Aread(handle.get(), nativeType<T>(), &value) < 0)
      return damaged("attribute '" + attribute + "' is not a single number");
    return value;
  }
};

// An array whose declaration has been checked.
struct Hdf5Group::OpenArray {
  hdf5::Handle set, type, properties;
  Shape shape;
  hsize_t count = 0;
};

}  // namespace tandem
