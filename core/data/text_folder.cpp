// A folder of text files with one subfolder per class (image_listing.h).
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/data/byte_source.h"
#include "core/data/image_batch.h"
#include "core/data/image_listing.h"
#include "core/data/reader.h"
#include "core/data/text_file.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

DatasetInfo describe(const DataSpec& spec, const ImageListing& listing) {
  DatasetInfo info;
  const fs::path path(spec.path);
  info.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  info.inputs[0].name = "text";
  info.targets[0] = {.name = "class",
                     .sample = {},
                     .classes = static_cast<int>(listing.classNames.size()),
                     .classNames = listing.classNames};
  info.fields = {{.name = "text", .kind = FieldKind::Text},
                 {.name = "class",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = listing.classNames}};
  info.named = true;
  info.table.encoding = spec.table.encoding;
  info.notes = listing.notes;
  return info;
}

// Files that are left out, for a note.
struct LeftOut {
  std::size_t count = 0;
  std::string names;  // of the first

  void add(const std::string& name) {
    constexpr std::size_t kShown = 10;
    if (++count <= kShown) names += (count > 1 ? ", " : "") + name;
    if (count == kShown + 1) names += ", ...";
  }
};

class FolderReader {
 public:
  FolderReader(const DataSpec& spec, ImageListing listing) : spec_(spec), listing_(std::move(listing)) {}

  // Every `step`-th file.
  Result<RawData> run(std::size_t step, const LoadProgress& progress) {
    raw_.texts.push_back({"text", {}});
    const std::size_t count = listing_.files.size();
    const auto testFrom = count - static_cast<std::size_t>(listing_.ownTest);
    const auto validationFrom = testFrom - static_cast<std::size_t>(listing_.ownValidation);
    for (std::size_t i = 0; i < count; i += step) {
      if (i % 256 == 0) {
        TANDEM_TRY(report(progress, static_cast<double>(i) / static_cast<double>(count)));
        TANDEM_TRY(checkMemory(bytes_, spec_.path));
      }
      TANDEM_ASSIGN(const bool added, add(i));
      if (!added) continue;
      if (i >= testFrom)
        ++raw_.ownTest;
      else if (i >= validationFrom)
        ++raw_.ownValidation;
    }
    raw_.data.info = describe(spec_, listing_);
    TANDEM_TRY(checkRest());
    noteLeftOut(empty_, "without text");
    noteLeftOut(damaged_, "that cannot be read");
    return std::move(raw_);
  }

 private:
  Result<bool> add(std::size_t file) {
    const fs::path& path = listing_.files[file];
    const std::string name = path.lexically_relative(spec_.path).string();
    std::error_code code;
    if (fs::file_size(path, code) == 0 && !code) {
      empty_.add(name);
      return false;
    }
    auto text = readPlainText(path, spec_.table.encoding, kMaxTextBytes);
    if (!text.ok()) {
      Error error = std::move(text).error();
      if (spec_.skipDamaged) {
        damaged_.add(fmt::format("{} ({})", name, error.message));
        return false;
      }
      error.hint +=
          fmt::format("{}{}", error.hint.empty() ? "Replace the file, or " : ", or ", kLeaveOutDamaged);
      return error;
    }
    if (text->find_first_not_of(" \t\n\v\f") == std::string::npos) {
      empty_.add(name);
      return false;
    }
    bytes_ += static_cast<double>(text->size());
    raw_.texts[0].values.push_back(*std::move(text));
    raw_.data.targets[0].classOf.push_back(listing_.classOf[file]);
    return true;
  }

  // What is left after files without text.
  Status checkRest() const {
    const bool lost = (listing_.ownTest > 0 && raw_.ownTest == 0) ||
                      (listing_.ownValidation > 0 && raw_.ownValidation == 0);
    const auto training = std::ssize(raw_.texts[0].values) - raw_.ownTest - raw_.ownValidation;
    if (training > 0 && !lost) return success();
    return Error{ErrorCode::Io,
                 training > 0 ? "all files of the test or validation folder are empty or damaged"
                              : "all text files are empty or damaged",
                 spec_.path, "Replace them, or remove the folder"};
  }

  void noteLeftOut(const LeftOut& files, const char* what) {
    if (files.count > 0)
      raw_.data.info.notes.push_back(
          fmt::format("Left out {} {}: {}", counted(files.count, "file"), what, files.names));
  }

  const DataSpec& spec_;
  const ImageListing listing_;
  RawData raw_;
  double bytes_ = 0;
  LeftOut empty_, damaged_;
};

// Reads all files if they are few.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  constexpr std::size_t kFew = 2000;
  if (spec.path.empty()) return invalid("no folder is chosen", "data");
  TANDEM_ASSIGN(ImageListing listing, listTexts(spec.path, {}));
  const std::size_t step = (listing.files.size() + kFew - 1) / kFew;
  if (step > 1) listing.ownValidation = listing.ownTest = 0;  // the sample need not have files of each part
  TANDEM_ASSIGN(RawData raw, FolderReader(spec, std::move(listing)).run(step, {}));
  if (step == 1) TANDEM_TRY(splitDataset(raw, spec));
  TANDEM_TRY(step == 1 ? encodeTexts(raw, spec) : encodeTextsAsRead(raw, spec));
  return std::move(raw.data.info);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  if (spec.path.empty()) return invalid("no folder is chosen", "data");
  TANDEM_ASSIGN(ImageListing listing, listTexts(spec.path, progress));
  return FolderReader(spec, std::move(listing)).run(1, progress);
}

}  // namespace

const DataReader textFolderReader = {DataKind::TextFolder, read, probe};

}  // namespace tandem
