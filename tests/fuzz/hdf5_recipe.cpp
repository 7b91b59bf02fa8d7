#include "tests/fuzz/hdf5_recipe.h"

#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/base/check.h"
#include "core/hdf5/hdf5_handle.h"

namespace tandem::fuzz {
namespace fs = std::filesystem;
using hdf5::Handle;

namespace {

constexpr int kMaxLines = 200;
constexpr std::size_t kMaxBytes = 1 << 18;  // of an array or attribute that is written

Handle typeOf(const std::string& name) {
  if (name == "s4") {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), 4);
    return type;
  }
  const hid_t native = name == "f8"   ? H5T_NATIVE_DOUBLE
                       : name == "i4" ? H5T_NATIVE_INT32
                       : name == "i8" ? H5T_NATIVE_INT64
                       : name == "u1" ? H5T_NATIVE_UINT8
                                      : H5T_NATIVE_FLOAT;
  return Handle(H5Tcopy(native), H5Tclose);
}

// `count` times the number that the text stands for, in the type's form.
std::vector<char> filled(const Handle& type, std::size_t count, const std::string& text) {
  double value = 1;
  std::istringstream(text) >> value;
  const std::size_t item = H5Tget_size(type.get());
  std::vector<char> one(std::max(item, sizeof value), '\0'), all(std::max<std::size_t>(count * item, 1));
  std::memcpy(one.data(), &value, sizeof value);
  if (H5Tget_class(type.get()) != H5T_STRING)
    H5Tconvert(H5T_NATIVE_DOUBLE, type.get(), 1, one.data(), nullptr, H5P_DEFAULT);
  for (std::size_t i = 0; i < count; ++i) std::memcpy(all.data() + i * item, one.data(), item);
  return all;
}

Handle object(hid_t root, const std::string& path) {
  return Handle(H5Oopen(root, path.c_str(), H5P_DEFAULT), H5Oclose);
}

void attribute(hid_t root, const std::string& path, const std::string& name, const Handle& type,
               const Handle& space, const void* values) {
  const Handle owner = object(root, path);
  const Handle made(
      owner ? H5Acreate2(owner.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT) : -1,
      H5Aclose);
  if (made) H5Awrite(made.get(), type.get(), values);
}

void array(hid_t root, const Handle& links, std::istringstream& words) {
  std::string path, typeName, layout, word, value;
  words >> path >> typeName >> layout;
  std::vector<hsize_t> extents;
  while (words >> word && word != "=" && extents.size() < 10)
    extents.push_back(std::strtoull(word.c_str(), nullptr, 10));
  words >> value;
  const int rank = static_cast<int>(extents.size());
  const Handle type = typeOf(typeName);
  const Handle space(rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, extents.data(), nullptr),
                     H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const bool chunks = layout == "chunked" || layout == "packed" || layout == "absent";
  if (chunks && rank > 0) {
    std::vector<hsize_t> chunk;
    for (const hsize_t extent : extents) chunk.push_back(std::clamp<hsize_t>(extent, 1, 64));
    H5Pset_chunk(properties.get(), rank, chunk.data());
    if (layout == "packed") H5Pset_deflate(properties.get(), 1);
  }
  if (layout == "compact") H5Pset_layout(properties.get(), H5D_COMPACT);
  if (layout == "outside") H5Pset_external(properties.get(), "/dev/zero", 0, H5F_UNLIMITED);
  const bool written = layout == "plain" || layout == "compact" || layout == "chunked" || layout == "packed";
  double bytes = static_cast<double>(H5Tget_size(type.get()));
  for (const hsize_t extent : extents) bytes *= static_cast<double>(extent);
  if (!space || (!chunks && layout != "outside" && bytes > kMaxBytes)) return;
  const Handle made(
      H5Dcreate2(root, path.c_str(), type.get(), space.get(), links.get(), properties.get(), H5P_DEFAULT),
      H5Dclose);
  if (!made || !written || bytes > kMaxBytes) return;
  const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get()));
  H5Dwrite(made.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, filled(type, count, value).data());
}

void texts(hid_t root, std::istringstream& words) {
  std::string path, name, text;
  std::size_t length = 0;
  words >> path >> name >> length;
  length = std::clamp<std::size_t>(length, 1, 200);
  std::vector<char> flat;
  while (words >> text && flat.size() < kMaxBytes) {
    text.resize(length);
    flat.insert(flat.end(), text.begin(), text.end());
  }
  const hsize_t count = flat.size() / length;
  flat.resize(flat.size() + 1);
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), length);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  attribute(root, path, name, type, Handle(H5Screate_simple(1, &count, nullptr), H5Sclose), flat.data());
}

void text(hid_t root, std::istringstream& words) {
  std::string path, name, value;
  words >> path >> name;
  std::getline(words >> std::ws, value);
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const char* data = value.c_str();
  attribute(root, path, name, type, Handle(H5Screate(H5S_SCALAR), H5Sclose), static_cast<const void*>(&data));
}

void number(hid_t root, std::istringstream& words) {
  std::string path, name, typeName, value;
  hsize_t count = 1;
  words >> path >> name >> typeName >> count >> value;
  count = std::min<hsize_t>(count, 5000);
  const Handle type = typeOf(typeName);
  const Handle space(count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr), H5Sclose);
  attribute(root, path, name, type, space, filled(type, count, value).data());
}

void compose(hid_t root, const Handle& links, const std::string& line) {
  std::istringstream words(line);
  std::string kind, path, target, inside;
  words >> kind;
  if (kind == "array") return array(root, links, words);
  if (kind == "text") return text(root, words);
  if (kind == "texts") return texts(root, words);
  if (kind == "number") return number(root, words);
  words >> path >> target >> inside;
  if (path.empty()) return;
  if (kind == "group")
    Handle(H5Gcreate2(root, path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (target.empty()) return;
  if (kind == "hard") H5Lcreate_hard(root, target.c_str(), root, path.c_str(), links.get(), H5P_DEFAULT);
  if (kind == "soft") H5Lcreate_soft(target.c_str(), root, path.c_str(), links.get(), H5P_DEFAULT);
  if (kind == "file" && !inside.empty())
    H5Lcreate_external(target.c_str(), inside.c_str(), root, path.c_str(), links.get(), H5P_DEFAULT);
}

}  // namespace

std::string hdf5FromRecipe(std::string_view recipe) {
  const hdf5::Library library;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_fapl_core(access.get(), 1 << 16, 0);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  H5Pset_create_intermediate_group(links.get(), 1);
  const Handle file(H5Fcreate("recipe", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  const std::string composed(recipe);  // without zeros, as the lines are
  std::istringstream lines(composed);
  int count = 0;
  for (std::string line; count < kMaxLines && std::getline(lines, line); ++count) {
    std::erase(line, '\0');
    compose(file.get(), links, line);
  }
  H5Fflush(file.get(), H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  TANDEM_CHECK(size > 0, "the recipe's file has no image");
  std::string image(static_cast<std::size_t>(size), '\0');
  H5Fget_file_image(file.get(), image.data(), image.size());
  return image;
}

fs::path scratchPath(std::string_view name) {
  const fs::path memory = "/dev/shm";
  return (fs::exists(memory) ? memory : fs::temp_directory_path()) /
         ("tandem-fuzz-" + std::to_string(::getpid()) + "-" + std::string(name));
}

ScratchFile::ScratchFile(std::string_view bytes) : path_(scratchPath("input")) {
  std::ofstream out(path_, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  TANDEM_CHECK(out.flush().good(), "the scratch file cannot be written");
}

ScratchFile::~ScratchFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

}  // namespace tandem::fuzz
