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
#include "core/hdf5/hdf5_state.h"

namespace tandem {
namespace fs = std::filesystem;
using hdf5::Handle;
using hdf5::Library;

namespace {

// Deflate, HDF5's usual filter, compresses by at most about 1032 : 1.
constexpr hsize_t kMaxExpansion = 1032;
constexpr std::size_t kMaxText = 256u << 20;

}  // namespace

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
