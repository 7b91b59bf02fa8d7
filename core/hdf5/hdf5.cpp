#include "core/hdf5/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "core/base/file.h"
#include "core/hdf5/hdf5_handle.h"

namespace tandem {
namespace fs = std::filesystem;
using hdf5::Handle;
using hdf5::Library;

namespace {

// Deflate, HDF5's usual filter, compresses by at most about 1032 : 1.
constexpr hsize_t kMaxExpansion = 1032;
constexpr hsize_t kMaxStrings = 1 << 20;
constexpr std::size_t kMaxText = 256u << 20;

template <class T>
hid_t nativeType() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
}

// Of an array whose type openArray() has checked.
Hdf5Values valuesIn(const Handle& type, const Shape& shape) {
  Hdf5Values values{.shape = shape};
  const std::size_t bytes = H5Tget_size(type.get());
  values.bytes = bytes <= 1 ? 1 : bytes <= 2 ? 2 : bytes <= 4 ? 4 : 8;
  if (H5Tget_class(type.get()) == H5T_FLOAT)
    values.bytes = std::max<std::size_t>(values.bytes, 4);
  else
    values.kind = H5Tget_sign(type.get()) == H5T_SGN_NONE ? Hdf5Values::Kind::Unsigned : Hdf5Values::Kind::Signed;
  return values;
}

hid_t memoryType(const Hdf5Values& values) {
  const bool isSigned = values.kind == Hdf5Values::Kind::Signed;
  if (values.kind == Hdf5Values::Kind::Float)
    return values.bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
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

// Shared by a file and the groups opened from it.
struct OpenFile {
  fs::path path;
  hsize_t size = 0;  // bytes on disk, of a file opened for reading
  Handle file;
  ~OpenFile() {
    const Library library;
    file = {};
  }
};

struct Hdf5Group::State {
  std::shared_ptr<OpenFile> file;
  std::string name;  // from the root, for messages
  Handle id;
  ~State() {
    const Library library;
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

  Result<Handle> openAttribute(const std::string& attribute) const {
    if (H5Aexists(id.get(), attribute.c_str()) <= 0)
      return damaged("attribute '" + attribute + "' is missing");
    Handle handle(H5Aopen(id.get(), attribute.c_str(), H5P_DEFAULT), H5Aclose);
    if (!handle) return damaged("attribute '" + attribute + "' cannot be read");
    return handle;
  }

  // Number of elements of an attribute.
  Result<hsize_t> attributeCount(const Handle& handle, const std::string& attribute) const {
    const Handle space(H5Aget_space(handle.get()), H5Sclose);
    const hssize_t count = space ? H5Sget_simple_extent_npoints(space.get()) : -1;
    if (count < 0 || static_cast<hsize_t>(count) > kMaxStrings)
      return damaged("attribute '" + attribute + "' has an invalid size");
    return static_cast<hsize_t>(count);
  }

  Status writeAttribute(const std::string& attribute, const Handle& type, const Handle& space,
                        const void* data) {
    if (H5Aexists(id.get(), attribute.c_str()) > 0) H5Adelete(id.get(), attribute.c_str());
    const Handle handle(
        H5Acreate2(id.get(), attribute.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!handle || H5Awrite(handle.get(), type.get(), data) < 0) return writeFailed(attribute);
    return success();
  }

  template <class T>
  Status writeNumber(const std::string& attribute, T value) {
    const Handle type(H5Tcopy(nativeType<T>()), H5Tclose);
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    return writeAttribute(attribute, type, space, &value);
  }

  template <class T>
  Result<T> readNumber(const std::string& attribute) const {
    TANDEM_ASSIGN(const Handle handle, openAttribute(attribute));
    TANDEM_ASSIGN(const hsize_t count, attributeCount(handle, attribute));
    const Handle type(H5Aget_type(handle.get()), H5Tclose);
    const H5T_class_t kind = type ? H5Tget_class(type.get()) : H5T_NO_CLASS;
    T value{};
    if (count != 1 || (kind != H5T_INTEGER && kind != H5T_FLOAT) || H5Tget_size(type.get()) > 8 ||
        H5Aread(handle.get(), nativeType<T>(), &value) < 0)
      return damaged("attribute '" + attribute + "' is not a single number");
    return value;
  }
};

Hdf5Group::Hdf5Group(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hdf5Group::Hdf5Group(Hdf5Group&&) noexcept = default;
Hdf5Group& Hdf5Group::operator=(Hdf5Group&&) noexcept = default;
Hdf5Group::~Hdf5Group() = default;

Result<Hdf5Group> Hdf5Group::createGroup(const std::string& path) {
  const Library library;
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  Handle group(H5Gcreate2(state_->id.get(), path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (!group) return state_->writeFailed(path);
  auto state = std::make_unique<State>();
  state->file = state_->file;
  state->name = state_->name + "/" + path;
  state->id = std::move(group);
  return Hdf5Group(std::move(state));
}

template <class T>
Status Hdf5Group::write(const std::string& path, const Shape& shape, std::span<const T> values) {
  TANDEM_CHECK(static_cast<std::size_t>(shape.elements()) == values.size(), "shape and values of " + path);
  const Library library;
  std::vector<hsize_t> dims(shape.dims().begin(), shape.dims().end());
  const Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                  : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                     H5Sclose);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const Handle set(H5Dcreate2(state_->id.get(), path.c_str(), nativeType<T>(), space.get(), links.get(),
                              H5P_DEFAULT, H5P_DEFAULT),
                   H5Dclose);
  if (!set) return state_->writeFailed(path);
  if (!values.empty() &&
      H5Dwrite(set.get(), nativeType<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    return state_->writeFailed(path);
  return success();
}

Status Hdf5Group::setText(const std::string& attribute, std::string_view text) {
  const Library library;
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const std::string terminated(text);
  const char* data = terminated.c_str();
  return state_->writeAttribute(attribute, type, space, static_cast<const void*>(&data));
}

Status Hdf5Group::setTexts(const std::string& attribute, std::span<const std::string> texts) {
  const Library library;
  std::size_t length = 1;
  for (const std::string& text : texts) length = std::max(length, text.size());
  // HDF5 needs a buffer even for an empty list.
  std::vector<char> flat(length * std::max<std::size_t>(texts.size(), 1), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::ranges::copy(texts[i], flat.begin() + static_cast<std::ptrdiff_t>(i * length));
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), length);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  const hsize_t count = texts.size();
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  return state_->writeAttribute(attribute, type, space, flat.data());
}

Status Hdf5Group::setNumber(const std::string& attribute, double value) {
  const Library library;
  return state_->writeNumber(attribute, value);
}

Status Hdf5Group::setInteger(const std::string& attribute, std::int64_t value) {
  const Library library;
  return state_->writeNumber(attribute, value);
}

bool Hdf5Group::has(const std::string& path) const {
  const Library library;
  return state_->hardLinked(path);
}

bool Hdf5Group::hasAttribute(const std::string& attribute) const {
  const Library library;
  return H5Aexists(state_->id.get(), attribute.c_str()) > 0;
}

Result<std::vector<std::string>> Hdf5Group::names() const {
  const Library library;
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  hsize_t index = 0;
  if (H5Literate(state_->id.get(), H5_INDEX_NAME, H5_ITER_INC, &index, add, &names) < 0)
    return state_->damaged("the contents cannot be listed");
  return names;
}

Result<Hdf5Group> Hdf5Group::group(const std::string& path) const {
  const Library library;
  if (!state_->hardLinked(path)) return state_->damaged("this group is missing", path);
  auto state = std::make_unique<State>();
  state->file = state_->file;
  state->name = state_->name + "/" + path;
  state->id = Handle(H5Gopen2(state_->id.get(), path.c_str(), H5P_DEFAULT), H5Gclose);
  if (!state->id) return state_->damaged("this is not a group", path);
  return Hdf5Group(std::move(state));
}

// An array whose declaration has been checked.
struct Hdf5Group::OpenArray {
  Handle set, type, properties;
  Shape shape;
  hsize_t count = 0;
};

Result<Hdf5Group::OpenArray> Hdf5Group::openArray(const std::string& path) const {
  const State& s = *state_;
  if (!s.hardLinked(path)) return s.damaged("this array is missing", path);
  OpenArray array;
  array.set = Handle(H5Dopen2(s.id.get(), path.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle& set = array.set;
  if (!set) return s.damaged("this is not an array, or a damaged one: " + hdf5::lastMessage(), path);
  array.type = Handle(H5Dget_type(set.get()), H5Tclose);
  const Handle& type = array.type;
  const H5T_class_t kind = type ? H5Tget_class(type.get()) : H5T_NO_CLASS;
  const std::size_t itemBytes = type ? H5Tget_size(type.get()) : 0;
  if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || itemBytes < 1 || itemBytes > 8)
    return s.damaged("this array does not hold numbers", path);

  const Handle space(H5Dget_space(set.get()), H5Sclose);
  const int rank = space ? H5Sget_simple_extent_ndims(space.get()) : -1;
  if (rank < 0 || rank > Shape::kMaxRank)
    return s.damaged("this array has " + std::to_string(rank) + " dimensions; at most " +
                         std::to_string(Shape::kMaxRank) + " are supported",
                     path);
  hsize_t dims[Shape::kMaxRank] = {};
  if (H5Sget_simple_extent_dims(space.get(), dims, nullptr) != rank ||
      H5Sget_simple_extent_type(space.get()) == H5S_NULL)
    return s.damaged("this array has no shape", path);

  array.properties = Handle(H5Dget_create_plist(set.get()), H5Pclose);
  const Handle& properties = array.properties;
  const H5D_layout_t layout = properties ? H5Pget_layout(properties.get()) : H5D_LAYOUT_ERROR;
  const bool plain = layout == H5D_CONTIGUOUS || layout == H5D_COMPACT || layout == H5D_CHUNKED;
  if (!plain || H5Pget_external_count(properties.get()) != 0)
    return s.damaged("this array is stored outside the file, which is not supported", path);

  // The allocation is bounded by what the file can hold.
  const hsize_t stored = H5Dget_storage_size(set.get());
  const hsize_t expansion = H5Pget_nfilters(properties.get()) > 0 ? kMaxExpansion : 1;
  const hsize_t limit = std::min(stored, s.file->size) * expansion / itemBytes;
  // Also an empty array's other dimensions must have a product, since Shape::elements() multiplies them first.
  hsize_t count = 1, nonZero = 1;
  for (const hsize_t dim : std::span(dims, static_cast<std::size_t>(rank))) {
    const hsize_t factor = std::max<hsize_t>(dim, 1);
    if (nonZero > static_cast<hsize_t>(std::numeric_limits<std::int64_t>::max()) / factor)
      return s.damaged("this array declares more values than the file can hold", path);
    nonZero *= factor;
    count *= dim;
  }
  if (count > limit) return s.damaged("this array declares more values than the file can hold", path);

  std::int64_t extents[Shape::kMaxRank] = {};
  std::copy_n(dims, rank, extents);
  array.shape = Shape(std::span<const std::int64_t>(extents, static_cast<std::size_t>(rank)));
  array.count = count;
  return array;
}

template <class T>
Result<Hdf5Array<T>> Hdf5Group::read(const std::string& path) const {
  const Library library;
  TANDEM_ASSIGN(const OpenArray open, openArray(path));
  Hdf5Array<T> array{open.shape, {}};
  array.values.resize(open.count);
  if (open.count > 0 &&
      H5Dread(open.set.get(), nativeType<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()) < 0)
    return state_->damaged("this array cannot be read: " + hdf5::lastMessage(), path);
  return array;
}

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

Status Hdf5Group::readParts(const std::string& path, const std::function<void(std::string_view)>& take) const {
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

Result<Hdf5Place> Hdf5Group::placeOf(const std::string& path) const {
  const Library library;
  TANDEM_ASSIGN(const OpenArray open, openArray(path));
  Hdf5Place place{open.shape, std::nullopt};
  if (H5Tequal(open.type.get(), H5T_NATIVE_FLOAT) <= 0 ||
      H5Pget_layout(open.properties.get()) != H5D_CONTIGUOUS || H5Pget_nfilters(open.properties.get()) != 0 ||
      H5Dget_storage_size(open.set.get()) != open.count * sizeof(float))
    return place;
  const haddr_t offset = H5Dget_offset(open.set.get());
  if (offset != HADDR_UNDEF) place.offset = offset;
  return place;
}

Result<std::string> Hdf5Group::text(const std::string& attribute) const {
  TANDEM_ASSIGN(auto all, texts(attribute));
  if (all.size() != 1) return state_->damaged("attribute '" + attribute + "' is not a single string");
  return std::move(all.front());
}

Result<std::vector<std::string>> Hdf5Group::texts(const std::string& attribute) const {
  const Library library;
  const State& s = *state_;
  TANDEM_ASSIGN(const Handle handle, s.openAttribute(attribute));
  TANDEM_ASSIGN(const hsize_t count, s.attributeCount(handle, attribute));
  std::vector<std::string> texts;
  if (count == 0) return texts;  // of any type: h5py writes an empty list as numbers
  const Handle type(H5Aget_type(handle.get()), H5Tclose);
  if (!type || H5Tget_class(type.get()) != H5T_STRING)
    return s.damaged("attribute '" + attribute + "' does not hold text");

  if (H5Tis_variable_str(type.get()) > 0) {
    const Handle space(H5Aget_space(handle.get()), H5Sclose);
    const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(memory.get(), H5T_VARIABLE);
    H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
    std::vector<char*> pointers(count, nullptr);
    if (H5Aread(handle.get(), memory.get(), static_cast<void*>(pointers.data())) < 0)
      return s.damaged("attribute '" + attribute + "' cannot be read");
    for (const char* text : pointers) texts.emplace_back(text ? text : "");
    H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, static_cast<void*>(pointers.data()));
    return texts;
  }

  const std::size_t length = H5Tget_size(type.get());
  if (length == 0 || length > kMaxText || length * count > std::max<hsize_t>(s.file->size, 1))
    return s.damaged("attribute '" + attribute + "' declares more text than the file can hold");
  std::vector<char> flat(length * count);
  if (H5Aread(handle.get(), type.get(), flat.data()) < 0)
    return s.damaged("attribute '" + attribute + "' cannot be read");
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = flat.data() + i * length;
    texts.emplace_back(begin, strnlen(begin, length));
  }
  if (H5Tget_strpad(type.get()) == H5T_STR_SPACEPAD)
    for (std::string& text : texts) text.erase(text.find_last_not_of(' ') + 1);
  return texts;
}

Result<double> Hdf5Group::number(const std::string& attribute) const {
  const Library library;
  return state_->readNumber<double>(attribute);
}

Result<std::int64_t> Hdf5Group::integer(const std::string& attribute) const {
  const Library library;
  return state_->readNumber<std::int64_t>(attribute);
}

struct Hdf5File::State {
  std::shared_ptr<OpenFile> file;
  std::optional<Hdf5Group> root;
  std::size_t userBlock = 0;
};

Hdf5File::Hdf5File(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;
Hdf5File::~Hdf5File() = default;

Hdf5Group& Hdf5File::root() {
  return *state_->root;
}

Result<Hdf5File> Hdf5File::create(const fs::path& file, std::size_t userBlock, std::size_t expectedBytes) {
  const Library library;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Held in memory, never written by HDF5 itself. Growing in small parts would leave holes in the memory, which count as
  // used.
  H5Pset_fapl_core(access.get(), (std::size_t{1} << 20) + expectedBytes + expectedBytes / 64, 0);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  auto state = std::make_unique<State>();
  state->userBlock = userBlock;
  state->file = std::make_shared<OpenFile>();
  state->file->path = file;
  state->file->file = Handle(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  if (!state->file->file)
    return Error{ErrorCode::Io, "cannot create an HDF5 file: " + hdf5::lastMessage(), file.string(), {}};
  auto group = std::make_unique<Hdf5Group::State>();
  group->file = state->file;
  group->id = Handle(H5Gopen2(state->file->file.get(), "/", H5P_DEFAULT), H5Gclose);
  state->root = Hdf5Group(std::move(group));
  return Hdf5File(std::move(state));
}

Result<Hdf5File> Hdf5File::open(const fs::path& file) {
  std::error_code problem;
  if (!fs::exists(file, problem))
    return Error{ErrorCode::NotFound, "the file does not exist", file.string(), "Check the path"};
  if (!fs::is_regular_file(file, problem))
    return invalid("this is not a regular file", file.string(), "Choose a file");
  auto state = std::make_unique<State>();
  state->file = std::make_shared<OpenFile>();
  state->file->path = file;
  state->file->size = fs::file_size(file, problem);
  if (problem) return Error{ErrorCode::Io, problem.message(), file.string(), {}};

  const Library library;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  state->file->file = Handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!state->file->file)
    return invalid("this is not an HDF5 file, or it is damaged: " + hdf5::lastMessage(), file.string());
  auto group = std::make_unique<Hdf5Group::State>();
  group->file = state->file;
  group->id = Handle(H5Gopen2(state->file->file.get(), "/", H5P_DEFAULT), H5Gclose);
  if (!group->id) return invalid("the file has no readable contents", file.string(), "It is damaged");
  state->root = Hdf5Group(std::move(group));
  return Hdf5File(std::move(state));
}

Status Hdf5File::commit(MakeHead makeHead) {
  const Library library;
  const fs::path& path = state_->file->path;
  const hid_t id = state_->file->file.get();
  const auto failed = [&] {
    return Error{ErrorCode::Io, "cannot create the file: " + hdf5::lastMessage(), path.string(), {}};
  };
  if (H5Fflush(id, H5F_SCOPE_GLOBAL) < 0) return failed();
  const ssize_t size = H5Fget_file_image(id, nullptr, 0);
  // The memory of the file itself, because a copy of a large checkpoint may not fit beside it.
  void* memory = nullptr;
  if (size <= 0 || H5Fget_vfd_handle(id, H5P_DEFAULT, &memory) < 0) return failed();
  const std::string_view body(*static_cast<const char* const*>(memory), static_cast<std::size_t>(size));
  std::string head(state_->userBlock, '\0');
  if (makeHead) {
    const std::string made = makeHead(body);
    TANDEM_CHECK(made.size() <= head.size(), "the head is larger than the user block");
    std::ranges::copy(made, head.begin());
  }
  return writeFileAtomically(path, {head, body});
}

template Status Hdf5Group::write(const std::string&, const Shape&, std::span<const float>);
template Status Hdf5Group::write(const std::string&, const Shape&, std::span<const double>);
template Status Hdf5Group::write(const std::string&, const Shape&, std::span<const std::int32_t>);
template Status Hdf5Group::write(const std::string&, const Shape&, std::span<const std::int64_t>);
template Result<Hdf5Array<float>> Hdf5Group::read(const std::string&) const;
template Result<Hdf5Array<double>> Hdf5Group::read(const std::string&) const;
template Result<Hdf5Array<std::int32_t>> Hdf5Group::read(const std::string&) const;
template Result<Hdf5Array<std::int64_t>> Hdf5Group::read(const std::string&) const;

}  // namespace tandem
