#include "core/data/idx_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/data/split_names.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImages = "images", kLabels = "labels";

struct IdxName {
  std::string set;
  SplitPart part = SplitPart::Train;
  bool images = false, packed = false;
};

// [set-]part-images-idx3-ubyte[.gz]; the separators may be - . and _
std::optional<IdxName> parseName(const std::string& name) {
  IdxName result;
  std::string rest = lowerCase(name);
  if (rest.ends_with(".gz")) {
    result.packed = true;
    rest.resize(rest.size() - 3);
  }
  const auto lastWord = [&rest] {
    const std::size_t at = rest.find_last_of("-._");
    std::string word = at == rest.npos ? rest : rest.substr(at + 1);
    rest.resize(at == rest.npos ? 0 : at);
    return word;
  };
  if (lastWord() != "ubyte" || !lastWord().starts_with("idx")) return std::nullopt;
  const std::string kind = lastWord();
  if (kind != kImages && kind != kLabels) return std::nullopt;
  result.images = kind == kImages;
  const auto part = splitPartOf(lastWord());
  if (!part) return std::nullopt;
  result.part = *part;
  result.set = name.substr(0, rest.size());
  return result;
}

struct Found {
  IdxName name;
  fs::path file;
  bool nested = false;
};

// The IDX files in the folder and in its subfolders that are named like an IDX file. The best of several for the same
// purpose comes first: not in a subfolder, not compressed.
std::vector<Found> search(const fs::path& folder) {
  std::vector<Found> found;
  const auto visit = [&](const fs::path& inside, bool nested, const auto& self) -> void {
    std::error_code code, unknown;
    for (fs::directory_iterator at(inside, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
      const auto name = parseName(at->path().filename().string());
      if (!name) continue;
      if (at->is_regular_file(unknown))
        found.push_back({*name, at->path(), nested});
      else if (!nested && at->is_directory(unknown))
        self(at->path(), true, self);
    }
  };
  visit(folder, false, visit);
  std::ranges::sort(
      found, {}, [](const Found& one) { return std::tuple(one.nested, one.name.packed, one.file.string()); });
  return found;
}

// "train-images-idx3-ubyte" to "train-labels-idx1-ubyte" and back.
std::string counterpart(const fs::path& file) {
  std::string name = file.filename().string();
  const auto replace = [&](std::string_view from, std::string_view to) {
    const std::size_t at = lowerCase(name).rfind(from);
    if (at != name.npos) name.replace(at, from.size(), to);
  };
  const bool images = lowerCase(name).rfind(kImages) != name.npos;
  replace(images ? kImages : kLabels, images ? kLabels : kImages);
  replace(images ? "idx3" : "idx1", images ? "idx1" : "idx3");
  if (lowerCase(name).ends_with(".gz")) name.resize(name.size() - 3);
  return name;
}

Result<IdxFiles> chooseSet(const fs::path& folder, const std::optional<std::string>& wanted) {
  const std::vector<Found> all = search(folder);
  std::map<std::string, IdxFiles> sets;
  for (const Found& one : all) {
    auto& part = sets[one.name.set].parts[static_cast<std::size_t>(one.name.part)];
    fs::path& place = one.name.images ? part.images : part.labels;
    if (place.empty()) place = one.file;
  }
  std::erase_if(sets, [](const auto& each) {
    const auto& train = each.second.part(SplitPart::Train);
    return train.images.empty() && train.labels.empty();
  });
  auto chosen = sets.find(wanted.value_or(""));
  if (chosen == sets.end() && !wanted && sets.size() == 1) chosen = sets.begin();
  if (chosen == sets.end() && !wanted && !sets.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, files] : sets) names.push_back(name);
    return invalid(fmt::format("the folder holds several datasets: {}", fmt::join(names, ", ")),
                   folder.string(),
                   fmt::format("Add the name of one to the path: {}", (folder / names.front()).string()));
  }
  if (chosen == sets.end())
    return Error{ErrorCode::NotFound, "there are no IDX files named as in MNIST", folder.string(),
                 "The folder needs train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz"};
  IdxFiles files = chosen->second;
  files.folder = folder;
  files.set = chosen->first;
  return files;
}

}  // namespace

Result<IdxFiles> findIdxFiles(const fs::path& path) {
  std::error_code code;
  fs::path folder = path.has_filename() ? path : path.parent_path();
  std::optional<std::string> set;
  const std::string last = folder.filename().string();
  const auto name = parseName(last);
  if (name || !fs::is_directory(folder, code)) {
    folder = folder.parent_path();
    if (name && parseName(folder.filename().string())) folder = folder.parent_path();
    if (folder.empty()) folder = ".";
    const bool isFile = name && fs::exists(path, code);
    const bool isSet =
        std::ranges::any_of(search(folder), [&](const Found& one) { return one.name.set == last; });
    if (!isFile && !isSet) {
      if (fs::exists(path, code))
        return invalid("this is not a folder, and its name is not that of an IDX file", path.string(),
                       "Choose the folder with train-images-idx3-ubyte and train-labels-idx1-ubyte");
      return Error{ErrorCode::NotFound, "the folder does not exist", path.string(), {}};
    }
    set = isFile ? name->set : last;
  }
  TANDEM_ASSIGN(IdxFiles files, chooseSet(folder, set));
  constexpr const char* kNames[] = {"training", "validation", "test"};
  for (std::size_t p = 0; p < files.parts.size(); ++p) {
    const auto& [images, labels] = files.parts[p];
    if (images.empty() == labels.empty()) continue;
    return invalid(fmt::format("the {} set has {} but no {}", kNames[p], images.empty() ? kLabels : kImages,
                               images.empty() ? kImages : kLabels),
                   folder.string(),
                   fmt::format("Add {}, plain or .gz", counterpart(images.empty() ? labels : images)));
  }
  return files;
}

}  // namespace tandem
