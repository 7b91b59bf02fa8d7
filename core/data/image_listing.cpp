#include "core/data/image_listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>

#include "core/data/reader.h"
#include "core/data/split_names.h"
#include "core/data/utf8.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// What is listed, as messages call it.
struct ListedKind {
  std::span<const std::string_view> endings;
  const char* plural;
  const char* full;      // with the formats
  const char* remedy;    // for a folder without any
  const char* other[2];  // one file of another kind, and several
};
constexpr std::string_view kImageEndings[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
constexpr std::string_view kTextEndings[] = {".txt"};
constexpr ListedKind kImages = {kImageEndings,
                                "images",
                                "PNG or JPEG images",
                                "Add images, convert them to PNG or JPEG, or remove the folder",
                                {"file that is neither PNG nor JPEG", "files that are neither PNG nor JPEG"}};
constexpr ListedKind kTexts = {kTextEndings,
                               "texts",
                               "text files (.txt)",
                               "Add text files, rename them so that they end in .txt, or remove the folder",
                               {"file that does not end in .txt", "files that do not end in .txt"}};

std::string endingOf(const std::string& file) {
  return lowerCase(fs::path(file).extension().string());
}

class Lister {
 public:
  Lister(const fs::path& root, const ListedKind& kind, const LoadProgress& progress)
      : root_(root), kind_(kind), progress_(progress) {}

  Result<ImageListing> run() {
    std::error_code code;
    if (!fs::exists(root_, code))
      return Error{ErrorCode::NotFound, "the folder does not exist", root_.string(), {}};
    if (!fs::is_directory(root_, code))
      return invalid(fmt::format("this is a file, not a folder of {}", kind_.plural), root_.string(),
                     "Choose the folder");
    TANDEM_ASSIGN(const FolderEntries entries, entriesOf(root_));
    TANDEM_ASSIGN(const bool split, findParts(entries));
    if (!split) TANDEM_TRY(addClasses(SplitPart::Train, root_, entries));
    TANDEM_TRY(checkClasses(entries));
    assemble();
    addNotes(split);
    return std::move(result_);
  }

 private:
  struct Class {
    std::vector<fs::path> files[3];  // by SplitPart
    fs::path folder;                 // the first one
    FolderCounts others;             // of this class
    std::size_t subfolders = 0;
  };

  // Whether the subfolders are the split; adds their classes.
  Result<bool> findParts(const FolderEntries& root) {
    struct PartFolder {
      SplitPart part;
      fs::path folder;
      FolderEntries entries;
    };
    std::map<std::string, PartFolder> parts;
    bool training = false, others = false, classFolders = false;
    for (const std::string& name : root.folders) {
      const auto part = splitFolderOf(name);
      if (!part) continue;
      fs::path folder = root_ / name;
      TANDEM_ASSIGN(FolderEntries entries, entriesOf(folder));
      // Archives often contain the folder once more: seg_train/seg_train.
      if (entries.folders.size() == 1 && splitFolderOf(entries.folders[0]) == part) {
        folder /= entries.folders[0];
        TANDEM_ASSIGN(entries, entriesOf(folder));
      }
      training |= *part == SplitPart::Train;
      others |= *part != SplitPart::Train;
      classFolders |= *part == SplitPart::Train && !entries.folders.empty();
      parts.emplace(name, PartFolder{*part, std::move(folder), std::move(entries)});
    }
    // A folder "train" among others may be a class of vehicles.
    const bool onlyParts = parts.size() == root.folders.size();
    if (!training || (!others && !onlyParts)) return false;
    if (!classFolders) {
      if (!others || !onlyParts) return false;
      return invalid(fmt::format("the training {} are not in class folders", kind_.plural), root_.string(),
                     fmt::format("{}, in each of {}", onePerClass(), fmt::join(root.folders, ", ")));
    }
    for (const auto& [name, part] : parts)
      if (part.part == SplitPart::Train) TANDEM_TRY(addClasses(SplitPart::Train, part.folder, part.entries));
    for (const auto& [name, part] : parts) {
      if (part.part == SplitPart::Train) continue;
      const auto known = [&](const std::string& each) { return classes_.contains(composed(each)); };
      if (std::ranges::any_of(part.entries.folders, known))
        TANDEM_TRY(addClasses(part.part, part.folder, part.entries));
      else
        result_.notes.push_back(fmt::format(
            "The folder {} is not used: none of its subfolders is a class of the training set", name));
    }
    for (const std::string& name : root.folders)
      if (!parts.contains(name))
        result_.notes.push_back(
            fmt::format("The folder {} is not used: it is not a part of the split", name));
    return true;
  }

  Status addClasses(SplitPart part, const fs::path& folder, const FolderEntries& entries) {
    for (const std::string& file : entries.files)
      if (isListed(file)) ++outside_[nameOf(folder)][endingOf(file)];
    for (const std::string& name : entries.folders) {
      if (firstInvalidUtf8(name) != name.npos)
        return invalid("a subfolder's name is not UTF-8", folder.string(), "Rename it");
      Class& one = classes_[composed(name)];
      if (one.folder.empty()) one.folder = folder / name;
      visited_ = {canonical(root_)};
      TANDEM_TRY(collect(one, part, folder / name, true));
    }
    return success();
  }

  // Symbolic links may form cycles, so each folder is read once per class.
  Status collect(Class& one, SplitPart part, const fs::path& folder, bool top) {
    TANDEM_TRY(report(progress_, 0));
    if (!visited_.insert(canonical(folder)).second) return success();
    TANDEM_ASSIGN(const FolderEntries entries, entriesOf(folder));
    auto& files = one.files[static_cast<int>(part)];
    const std::size_t before = files.size();
    for (const std::string& file : entries.files) {
      if (isListed(file)) {
        files.push_back(folder / file);
      } else {
        const std::string ending = endingOf(file);
        ++one.others[nameOf(folder)][ending.empty() ? "without an ending" : ending];
      }
    }
    if (!top && files.size() > before) ++one.subfolders;
    for (const std::string& name : entries.folders) TANDEM_TRY(collect(one, part, folder / name, false));
    return success();
  }

  Status checkClasses(const FolderEntries& root) {
    for (const auto& [name, one] : classes_) {
      if (std::ranges::any_of(one.files, [](const auto& files) { return !files.empty(); })) continue;
      return invalid(fmt::format("this class folder contains no {}{}", kind_.full,
                                 one.others.empty() ? "" : ", only other files: " + countsText(one.others)),
                     one.folder.string(), kind_.remedy);
    }
    if (classes_.size() >= 2) return success();
    std::string hint = onePerClass();
    if (root.folders.size() == 1) {
      const fs::path inner = root_ / root.folders.front();
      if (const auto entries = entriesOf(inner); entries.ok() && entries->folders.size() >= 2)
        hint = fmt::format("Choose {} if its {} subfolders are the classes", inner.string(),
                           entries->folders.size());
    }
    return invalid(
        fmt::format("{} with {}; at least two classes are needed",
                    classes_.empty() ? "there is no subfolder" : "there is only one subfolder", kind_.plural),
        root_.string(), hint);
  }

  void assemble() {
    for (const auto& [name, one] : classes_) result_.classNames.push_back(name);
    for (const SplitPart part : {SplitPart::Train, SplitPart::Validation, SplitPart::Test}) {
      std::int32_t number = 0;
      const std::size_t before = result_.files.size();
      for (auto& [name, one] : classes_) {
        auto& files = one.files[static_cast<int>(part)];
        result_.classOf.insert(result_.classOf.end(), files.size(), number++);
        std::ranges::move(files, std::back_inserter(result_.files));
      }
      const auto count = static_cast<std::int64_t>(result_.files.size() - before);
      if (part == SplitPart::Validation) result_.ownValidation = count;
      if (part == SplitPart::Test) result_.ownTest = count;
    }
  }

  void addNotes(bool split) {
    FolderCounts others;
    std::vector<std::string> nested;
    std::size_t skipped = 0;
    for (const auto& [name, one] : classes_) {
      for (const auto& [folder, kinds] : one.others)
        for (const auto& [kind, count] : kinds) {
          others[folder][kind] += count;
          skipped += static_cast<std::size_t>(count);
        }
      if (one.subfolders > 0) nested.push_back(fmt::format("{} ({})", name, one.subfolders));
    }
    if (split)
      result_.notes.push_back(fmt::format(
          "The folder's own split is used: {} training, {}, {}",
          result_.classOf.size() - static_cast<std::size_t>(result_.ownValidation + result_.ownTest),
          result_.ownValidation > 0 ? fmt::format("{} validation", result_.ownValidation)
                                    : "validation drawn from them",
          result_.ownTest > 0 ? fmt::format("{} test", result_.ownTest) : "test drawn from them"));
    if (!nested.empty())
      result_.notes.push_back(fmt::format("{} in subfolders belong to the class of the outer folder: {}",
                                          &kind_ == &kImages ? "Images" : "Texts", listText(nested)));
    if (skipped > 0)
      result_.notes.push_back(fmt::format("Skipped {}: {}", counted(skipped, kind_.other[0], kind_.other[1]),
                                          countsText(others)));
    if (!outside_.empty())
      result_.notes.push_back(
          fmt::format("Skipped {} outside of class folders: {}", kind_.plural, countsText(outside_)));
  }

  bool isListed(const std::string& file) const {
    return std::ranges::find(kind_.endings, endingOf(file)) != kind_.endings.end();
  }

  std::string onePerClass() const {
    return fmt::format("Put the {} of each class into a subfolder named after the class", kind_.plural);
  }

  static std::string listText(const std::vector<std::string>& items) {
    constexpr std::size_t kShown = 10;
    if (items.size() <= kShown) return fmt::format("{}", fmt::join(items, ", "));
    return fmt::format("{} and {} more", fmt::join(items.begin(), items.begin() + kShown, ", "),
                       items.size() - kShown);
  }

  static fs::path canonical(const fs::path& folder) {
    std::error_code code;
    fs::path path = fs::canonical(folder, code);
    return code ? folder : path;
  }

  // Relative to the root: "cat/persian"; the root by its own name.
  std::string nameOf(const fs::path& folder) const {
    std::string name = folder.lexically_relative(root_).string();
    if (name != ".") return name;
    return (root_.has_filename() ? root_ : root_.parent_path()).filename().string();
  }

  const fs::path root_;
  const ListedKind& kind_;
  const LoadProgress& progress_;
  std::map<std::string, Class> classes_;
  std::set<fs::path> visited_;
  FolderCounts outside_;
  ImageListing result_;
};

}  // namespace

std::string countsText(const FolderCounts& counts) {
  constexpr std::size_t kShown = 20;
  std::string text;
  std::size_t shown = 0;
  for (const auto& [folder, kinds] : counts) {
    if (shown == kShown) break;
    text += fmt::format("{}{} (", shown++ == 0 ? "" : ", ", folder);
    const char* separator = "";
    for (const auto& [kind, count] : kinds)
      text += fmt::format("{}{} {}", std::exchange(separator, ", "), count, kind);
    text += ")";
  }
  if (counts.size() > kShown) text += " and " + counted(counts.size() - kShown, "more folder");
  return text;
}

Result<FolderEntries> entriesOf(const fs::path& folder) {
  FolderEntries entries;
  std::error_code code, unknown;
  fs::directory_iterator at(folder, code);
  for (; !code && at != fs::directory_iterator(); at.increment(code)) {
    std::string name = at->path().filename().string();
    if (name.starts_with('.') || name == "__MACOSX" || name == "@eaDir") continue;  // of macOS and Synology
    (at->is_directory(unknown) ? entries.folders : entries.files).push_back(std::move(name));
  }
  if (code)
    return Error{
        ErrorCode::Io, fmt::format("cannot read the folder: {}", code.message()), folder.string(), {}};
  std::ranges::sort(entries.folders);
  std::ranges::sort(entries.files);
  return entries;
}

bool isPictureName(const std::string& file) {
  constexpr std::string_view kEndings[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
  return std::ranges::find(kEndings, endingOf(file)) != std::end(kEndings);
}

Result<ImageListing> listImages(const fs::path& root, const LoadProgress& progress) {
  return Lister(root, kImages, progress).run();
}

Result<ImageListing> listTexts(const fs::path& root, const LoadProgress& progress) {
  return Lister(root, kTexts, progress).run();
}

}  // namespace tandem
