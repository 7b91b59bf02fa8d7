#include "core/data/mask_listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/data/image_listing.h"
#include "core/data/reader.h"
#include "core/data/split_names.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClassesFile = "classes.txt";
constexpr const char* kNaming =
    "A mask is a PNG with the name of its image, such as a.png or a_mask.png for a.jpg";

constexpr std::string_view kImages[] = {"images", "image", "imgs", "img", "jpegimages"};
// The first that exists: the annotations of Pascal VOC are no masks.
constexpr std::string_view kMasks[] = {"masks",         "mask",   "segmentationclass", "segmentation",
                                       "segmentations", "labels", "annotations"};

struct Place {
  SplitPart part = SplitPart::Train;
  fs::path images, masks;
};

template <std::size_t N>
const std::string* folderOf(const FolderEntries& entries, const std::string_view (&names)[N]) {
  for (const std::string_view name : names)
    for (const std::string& folder : entries.folders)
      if (lowerCase(folder) == name) return &folder;
  return nullptr;
}

// The folders of images and masks in a folder.
std::optional<Place> pairIn(const fs::path& folder) {
  const auto entries = entriesOf(folder);
  if (!entries.ok()) return std::nullopt;
  const std::string* images = folderOf(*entries, kImages);
  const std::string* masks = folderOf(*entries, kMasks);
  if (!images || !masks) return std::nullopt;
  return Place{SplitPart::Train, folder / *images, folder / *masks};
}

// Of a folder with train, validation and test folders, those that have folders of images and masks.
std::vector<Place> partsIn(const fs::path& root, std::vector<std::string>* unused) {
  std::vector<Place> places;
  const auto entries = entriesOf(root);
  if (!entries.ok()) return places;
  for (const std::string& name : entries->folders) {
    const auto part = splitFolderOf(name);
    auto place = part ? pairIn(root / name) : std::nullopt;
    if (place) {
      place->part = *part;
      places.push_back(*place);
    } else if (unused) {
      unused->push_back(name);
    }
  }
  if (std::ranges::none_of(places, [](const Place& each) { return each.part == SplitPart::Train; }))
    places.clear();
  return places;
}

std::string withoutEnding(const std::string& file) {
  return fs::path(file).stem().string();
}

// "a_mask" without the word at its end; empty if there is none.
std::string withoutWord(const std::string& key) {
  constexpr std::string_view kWords[] = {"mask", "masks",    "label",      "labels",      "seg",
                                         "gt",   "labelids", "annotation", "segmentation"};
  const std::size_t at = key.find_last_of("_- ");
  if (at == key.npos || at == 0) return {};
  const std::string word = lowerCase(std::string_view(key).substr(at + 1));
  return std::ranges::find(kWords, word) == std::end(kWords) ? std::string() : key.substr(0, at);
}

class Lister {
 public:
  Lister(const DataSpec& spec, const LoadProgress& progress) : spec_(spec), progress_(progress) {}

  Result<MaskListing> run() {
    result_.root = spec_.path;
    TANDEM_TRY(checkFolder(spec_.path, "images"));
    if (!spec_.masks.empty()) TANDEM_TRY(checkFolder(spec_.masks, "masks"));
    TANDEM_ASSIGN(const std::vector<Place> places, findPlaces());
    for (const SplitPart part : {SplitPart::Train, SplitPart::Validation, SplitPart::Test}) {
      const std::size_t before = result_.images.size();
      for (const Place& place : places)
        if (place.part == part) TANDEM_TRY(addPairs(place));
      const auto count = static_cast<std::int64_t>(result_.images.size() - before);
      if (part == SplitPart::Validation) result_.ownValidation = count;
      if (part == SplitPart::Test) result_.ownTest = count;
    }
    if (result_.images.empty())
      return invalid(fmt::format("no mask in {} has the name of an image in {}", places[0].masks.string(),
                                 places[0].images.string()),
                     spec_.path, kNaming);
    addNotes(places.size() > 1);
    findClasses(places[0].masks);
    return std::move(result_);
  }

 private:
  using Files = std::map<std::string, fs::path>;  // by the relative path without the ending

  static Status checkFolder(const std::string& folder, std::string_view what) {
    std::error_code code;
    if (!fs::exists(folder, code))
      return Error{ErrorCode::NotFound, fmt::format("the folder of {} does not exist", what), folder, {}};
    if (fs::is_directory(folder, code)) return success();
    return invalid(fmt::format("this is a file, not a folder of {}", what), folder, "Choose the folder");
  }

  Result<std::vector<Place>> findPlaces() {
    std::optional<Place> whole;
    std::error_code code;
    if (spec_.masks.empty()) {
      whole = pairIn(spec_.path);
    } else {
      if (fs::equivalent(spec_.path, spec_.masks, code))
        return invalid("the images and the masks are in the same folder", spec_.path,
                       "Put the masks into a folder of their own");
      whole = Place{SplitPart::Train, spec_.path, spec_.masks};
    }
    if (whole) return partsOf(*whole);
    std::vector<std::string> unused;
    std::vector<Place> places = partsIn(spec_.path, &unused);
    if (places.empty())  // they have disappeared since hasMasks() found them
      return Error{ErrorCode::NotFound, "there are no folders of images and masks", spec_.path, {}};
    for (const std::string& name : unused)
      result_.notes.push_back(
          fmt::format("The folder {} is not used: it has no folders of images and masks", name));
    return places;
  }

  // Folders named like train and test, in the folder of images and in that of masks, are the split.
  Result<std::vector<Place>> partsOf(const Place& whole) {
    TANDEM_ASSIGN(const FolderEntries images, entriesOf(whole.images));
    TANDEM_ASSIGN(const FolderEntries masks, entriesOf(whole.masks));
    std::vector<Place> places;
    const bool split = std::ranges::none_of(images.files, isPictureName) &&
                       std::ranges::all_of(images.folders, [](const std::string& name) {
                         return splitFolderOf(name).has_value();
                       });
    for (const std::string& name : images.folders) {
      if (!split) break;
      const auto part = splitFolderOf(name);
      auto found = std::ranges::find(masks.folders, name);
      if (found == masks.folders.end())
        found = std::ranges::find_if(masks.folders,
                                     [&](const std::string& each) { return splitFolderOf(each) == part; });
      if (found != masks.folders.end())
        places.push_back({*part, whole.images / name, whole.masks / *found});
      else
        result_.notes.push_back(fmt::format("The folder {} is not used: there is no folder of its masks",
                                            nameOf(whole.images / name)));
    }
    if (std::ranges::any_of(places, [](const Place& each) { return each.part == SplitPart::Train; }))
      return places;
    result_.notes.clear();
    return std::vector<Place>{whole};
  }

  // Symbolic links may form cycles, so each folder is read once.
  Status collect(const fs::path& folder, const std::string& inside, Files& files,
                 std::set<fs::path>& visited) {
    TANDEM_TRY(report(progress_, 0));
    std::error_code code;
    const fs::path canonical = fs::canonical(folder, code);
    if (!visited.insert(code ? folder : canonical).second) return success();
    TANDEM_ASSIGN(const FolderEntries entries, entriesOf(folder));
    for (const std::string& file : entries.files) {
      if (!isPictureName(file)) {
        const std::string ending = lowerCase(fs::path(file).extension().string());
        if (file != kClassesFile) ++others_[nameOf(folder)][ending.empty() ? "without an ending" : ending];
        continue;
      }
      const auto [at, added] = files.emplace(inside + withoutEnding(file), folder / file);
      if (!added)
        return invalid(fmt::format("{} and {} have the same name without the ending",
                                   at->second.filename().string(), file),
                       folder.string(), "Remove or rename one of them");
    }
    for (const std::string& name : entries.folders)
      TANDEM_TRY(collect(folder / name, inside + name + "/", files, visited));
    return success();
  }

  Status addPairs(const Place& place) {
    Files images, masks, maskOf;
    std::set<fs::path> visitedImages, visitedMasks;
    TANDEM_TRY(collect(place.images, {}, images, visitedImages));
    TANDEM_TRY(collect(place.masks, {}, masks, visitedMasks));
    for (const auto& [key, mask] : masks) {
      std::string image = images.contains(key) ? key : withoutWord(key);
      if (!images.contains(image)) {
        orphans_.push_back(nameOf(mask));
        continue;
      }
      const auto [at, added] = maskOf.emplace(std::move(image), mask);
      if (!added)
        return invalid(
            fmt::format("two masks belong to one image: {} and {}", nameOf(at->second), nameOf(mask)),
            spec_.path, "Remove or rename one of them");
    }
    for (const auto& [key, image] : images) {
      if (const auto mask = maskOf.find(key); mask != maskOf.end()) {
        result_.images.push_back(image);
        result_.masks.push_back(mask->second);
      } else {
        result_.unmasked.push_back(image);
      }
    }
    return success();
  }

  void addNotes(bool split) {
    if (split)
      result_.notes.push_back(fmt::format(
          "The folder's own split is used: {} training, {}, {}",
          std::ssize(result_.images) - result_.ownValidation - result_.ownTest,
          result_.ownValidation > 0 ? fmt::format("{} validation", result_.ownValidation)
                                    : "validation drawn from them",
          result_.ownTest > 0 ? fmt::format("{} test", result_.ownTest) : "test drawn from them"));
    if (!orphans_.empty()) {
      constexpr std::size_t kShown = 10;
      const std::size_t shown = std::min(kShown, orphans_.size());
      const auto end = orphans_.begin() + static_cast<std::ptrdiff_t>(shown);
      result_.notes.push_back(fmt::format(
          "Skipped {} without an image: {}{}", counted(orphans_.size(), "mask"),
          fmt::join(orphans_.begin(), end, ", "),
          shown < orphans_.size() ? fmt::format(" and {} more", orphans_.size() - shown) : std::string()));
    }
    std::size_t skipped = 0;
    for (const auto& [folder, kinds] : others_)
      for (const auto& [kind, count] : kinds) skipped += static_cast<std::size_t>(count);
    if (skipped > 0)
      result_.notes.push_back(fmt::format(
          "Skipped {}: {}",
          counted(skipped, "file that is neither PNG nor JPEG", "files that are neither PNG nor JPEG"),
          countsText(others_)));
  }

  // Beside the images, in the folder of the masks, or beside that.
  void findClasses(const fs::path& masks) {
    std::error_code code;
    for (const fs::path& folder :
         {fs::path(spec_.path), masks, masks.parent_path(), masks.parent_path().parent_path()})
      if (fs::is_regular_file(folder / kClassesFile, code)) {
        result_.classes = folder / kClassesFile;
        return;
      }
  }

  // Relative to the folder of the data, if it is inside.
  std::string nameOf(const fs::path& file) const {
    const fs::path name = file.lexically_relative(spec_.path);
    if (name.empty() || *name.begin() == "..") return file.string();
    return name == "." ? file.filename().string() : name.string();
  }

  const DataSpec& spec_;
  const LoadProgress& progress_;
  FolderCounts others_;
  std::vector<std::string> orphans_;
  MaskListing result_;
};

}  // namespace

bool hasMasks(const DataSpec& spec) {
  if (spec.kind != DataKind::ImageFolder) return false;
  return !spec.masks.empty() || pairIn(spec.path) || !partsIn(spec.path, nullptr).empty();
}

Result<MaskListing> listMasks(const DataSpec& spec, const LoadProgress& progress) {
  return Lister(spec, progress).run();
}

}  // namespace tandem
