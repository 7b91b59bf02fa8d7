#include "core/data/numpy_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/data/content_kind.h"
#include "core/data/hdf5_arrays.h"
#include "core/data/split_names.h"
#include "core/data/zip.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".npy";
constexpr std::string_view kInputs[] = {"x", "features", "images", "inputs", "data", "image", "input"};
constexpr std::string_view kTargets[] = {"y",       "labels",  "targets", "masks",
                                         "classes", "outputs", "label",   "target"};

// What the name of an array says: "x_train" is the part Train of the inputs "x".
struct ArrayName {
  SplitPart part = SplitPart::Train;
  std::string base;
};

ArrayName parse(std::string_view name) {
  ArrayName result;
  bool found = false;
  const std::string lower = lowerCase(name);
  for (std::size_t at = 0; at <= lower.size();) {
    const std::size_t end = std::min(lower.find_first_of("_-. /", at), lower.size());
    const std::string word = lower.substr(at, end - at);
    const auto part = splitPartOf(word);
    at = end + 1;
    if (part && !found) {
      result.part = *part;
      found = true;
    } else {
      result.base += (result.base.empty() ? "" : "_") + word;
    }
  }
  return result;
}

template <std::size_t N>
std::string findArray(const ArrayStore& store, SplitPart part, const std::string_view (&bases)[N]) {
  for (const std::string_view base : bases)
    for (const std::string& name : store.names)
      if (const ArrayName parsed = parse(name); parsed.part == part && parsed.base == base) return name;
  return {};
}

std::string findArray(const ArrayStore& store, SplitPart part, const std::string& base) {
  const std::string_view only[] = {base};
  return findArray(store, part, only);
}

std::string listOf(const ArrayStore& store) {
  constexpr std::size_t kShown = 20;
  const std::size_t shown = std::min(kShown, store.names.size());
  const auto end = store.names.begin() + static_cast<std::ptrdiff_t>(shown);
  return fmt::format("{}{}", fmt::join(store.names.begin(), end, ", "),
                     shown < store.names.size() ? ", ..." : "");
}

Status checkName(const ArrayStore& store, const std::string& name) {
  if (std::ranges::find(store.names, name) != store.names.end()) return success();
  return Error{ErrorCode::NotFound, fmt::format("there is no array \"{}\"", name), store.where,
               "Choose one of " + listOf(store)};
}

Result<ArrayStore> openFolder(const fs::path& file) {
  ArrayStore store;
  store.where = file.string();
  store.chosen = file.stem().string();
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  std::error_code code, unknown;
  for (fs::directory_iterator at(folder, code); !code && at != fs::directory_iterator(); at.increment(code))
    if (at->path().extension() == kEnding && at->is_regular_file(unknown))
      store.names.push_back(at->path().stem().string());
  std::ranges::sort(store.names);
  // Its name may end in something else.
  if (std::ranges::find(store.names, store.chosen) == store.names.end()) store.names.push_back(store.chosen);
  store.open = [folder, file, chosen = store.chosen](const std::string& name) {
    return openFile(name == chosen ? file : folder / (name + std::string(kEnding)));
  };
  return store;
}

}  // namespace

bool isArrayFile(const fs::path& file, std::span<const std::uint8_t> start) {
  const std::string_view kind = contentKind(start);
  return kind == kNumpy || kind == kHdf5 || (kind == kZip && lowerCase(file.extension().string()) == ".npz");
}

Result<ArrayStore> openArrays(const fs::path& file) {
  const std::string where = file.string();
  TANDEM_ASSIGN(const auto start, readFile(file, 64));
  const std::string_view kind = contentKind(start);
  if (kind == kHdf5) return openHdf5Arrays(file);
  if (kind != kNumpy && kind != kZip)
    return invalid("this is neither a NumPy array (.npy), an archive of them (.npz) nor an HDF5 file", where,
                   "Save the data with numpy.savez");
  if (kind == kNumpy) return openFolder(file);
  TANDEM_ASSIGN(const ByteBlock archive, openBlock(file));
  TANDEM_ASSIGN(auto members, zipMembers(archive, where));
  ArrayStore store;
  store.where = where;
  std::erase_if(members, [](const ZipMember& member) { return !member.name.ends_with(kEnding); });
  for (const ZipMember& member : members)
    store.names.push_back(member.name.substr(0, member.name.size() - kEnding.size()));
  if (store.names.empty())
    return invalid("the archive contains no NumPy arrays", where, "Save the data with numpy.savez");
  store.open = [archive, members, where](const std::string& name) -> Result<std::unique_ptr<ByteSource>> {
    const auto found = std::ranges::find(members, name + std::string(kEnding), &ZipMember::name);
    TANDEM_CHECK(found != members.end(), name);
    return openMember(archive, *found, fmt::format("{}: {}", where, name));
  };
  return store;
}

Result<std::vector<ArrayPair>> findPairs(const ArrayStore& store, const std::string& inputs,
                                         const std::string& targets) {
  constexpr const char* kChoose =
      "Name the array of inputs (--array, \"array\" in the project's data) and that of targets (--target)";
  ArrayPair first;
  first.inputs = !inputs.empty() ? inputs : store.chosen;
  if (first.inputs.empty()) first.inputs = findArray(store, SplitPart::Train, kInputs);
  if (first.inputs.empty())
    return invalid(fmt::format("no array is called x or x_train; there are {}", listOf(store)), store.where,
                   kChoose);
  TANDEM_TRY(checkName(store, first.inputs));
  const ArrayName x = parse(first.inputs);
  first.part = x.part;
  first.targets = targets;
  if (first.targets.ends_with(kEnding)) first.targets.resize(first.targets.size() - kEnding.size());
  if (first.targets.empty()) first.targets = findArray(store, x.part, kTargets);
  if (first.targets.empty())
    return invalid(
        fmt::format("no array has the targets of \"{}\"; there are {}", first.inputs, listOf(store)),
        store.where, kChoose);
  TANDEM_TRY(checkName(store, first.targets));
  if (first.targets == first.inputs)
    return invalid(fmt::format("\"{}\" is both the array of inputs and that of targets", first.inputs),
                   store.where, kChoose);
  std::vector<ArrayPair> pairs{first};
  if (first.part != SplitPart::Train) {
    pairs[0].part = SplitPart::Train;  // the only samples
    return pairs;
  }
  const ArrayName y = parse(first.targets);
  for (const SplitPart part : {SplitPart::Validation, SplitPart::Test}) {
    ArrayPair more{part, findArray(store, part, x.base), findArray(store, part, y.base)};
    if (!more.inputs.empty() && !more.targets.empty()) pairs.push_back(std::move(more));
  }
  return pairs;
}

Result<std::string> findInputs(const ArrayStore& store) {
  if (!store.chosen.empty()) return store.chosen;
  if (store.names.size() == 1) return store.names[0];
  for (const SplitPart part : {SplitPart::Test, SplitPart::Train})
    if (const std::string name = findArray(store, part, kInputs); !name.empty()) return name;
  return invalid(fmt::format("no array is called x or x_test; there are {}", listOf(store)), store.where,
                 "Save the samples to predict as an array \"x\"");
}

}  // namespace tandem
