// CIFAR-10 and CIFAR-100 in their binary version: records of one or two labels and an image of 32 x 32 pixels, first all
// red levels, then all green and all blue ones.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "core/data/byte_source.h"
#include "core/data/cifar_files.h"
#include "core/data/reader.h"
#include "core/data/split_names.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32, kPixels = kSide * kSide, kChannels = 3, kImage = kPixels * kChannels;
constexpr std::string_view kFine = "fine", kCoarse = "coarse";

// A choice of classes: where its label is in a record, and the file of the names.
struct Labels {
  std::string name;  // of the target
  std::size_t at = 0;
  int classes = 10;
  const char* names = "batches.meta.txt";
};

Result<std::vector<Labels>> chooseLabels(const CifarFiles& files, const DataSpec& spec) {
  if (files.labels == 1) {
    if (spec.targets.empty()) return std::vector<Labels>{{.name = "target"}};
    return invalid("CIFAR-10 has one label for each image, so there are no targets to choose", spec.path,
                   "Clear the targets");
  }
  std::vector<Labels> chosen;
  for (const std::string& name : spec.targets.empty() ? std::vector{std::string(kFine)} : spec.targets) {
    if (std::ranges::find(chosen, name, &Labels::name) != chosen.end())
      return invalid(fmt::format("\"{}\" is twice among the targets", name), spec.path);
    if (name == kFine)
      chosen.push_back({name, 1, 100, "fine_label_names.txt"});
    else if (name == kCoarse)
      chosen.push_back({name, 0, 20, "coarse_label_names.txt"});
    else
      return invalid(fmt::format("CIFAR-100 has no labels \"{}\"", name), spec.path,
                     "Choose fine, of 100 classes, coarse, of 20, or both");
  }
  return chosen;
}

// Each line is a name. Without the file, or if it has another number of names, classes are named by their number.
std::vector<std::string> classNames(const fs::path& file, int classes, std::vector<std::string>& notes) {
  constexpr std::uint64_t kMaxBytes = 1 << 16;
  std::vector<std::string> names;
  if (const auto bytes = readFile(file, kMaxBytes); bytes.ok()) {
    std::istringstream lines(std::string(bytes->begin(), bytes->end()));
    for (std::string line; std::getline(lines, line);) {
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) line.pop_back();
      if (!line.empty()) names.push_back(line);
    }
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  const bool unique = std::ranges::adjacent_find(sorted) == sorted.end();
  if (std::ssize(names) == classes && unique) return names;
  notes.push_back(fmt::format("{} does not list {} names, so the classes are named by their numbers",
                              file.filename().string(), classes));
  names.clear();
  for (int c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  return names;
}

class CifarReader {
 public:
  CifarReader(const DataSpec& spec, bool probing, const LoadProgress& progress)
      : spec_(spec), probing_(probing), progress_(progress) {}

  Result<RawData> run() {
    if (spec_.path.empty()) return invalid("no folder is chosen", "data");
    TANDEM_ASSIGN(files_, findCifarFiles(spec_.path));
    TANDEM_ASSIGN(labels_, chooseLabels(files_, spec_));
    record_ = static_cast<std::size_t>(files_.labels) + kImage;
    describe();
    raw_.data.targets.assign(labels_.size(), {});
    double bytes = 0;
    std::error_code code;
    for (const auto* list : {&files_.train, &files_.test})
      for (const fs::path& file : *list) bytes += static_cast<double>(fs::file_size(file, code));
    if (code) return Error{ErrorCode::Io, code.message(), files_.folder.string(), {}};
    TANDEM_TRY(checkMemory(bytes, files_.folder.string()));
    bytes_ = bytes;
    if (!probing_) raw_.data.inputs[0].bytes.reserve(static_cast<std::size_t>(bytes));
    for (const fs::path& file : files_.train) TANDEM_TRY(readImages(file));
    const std::int64_t before = count_;
    for (const fs::path& file : files_.test) TANDEM_TRY(readImages(file));
    raw_.ownTest = count_ - before;
    return std::move(raw_);
  }

 private:
  void describe() {
    DatasetInfo& info = raw_.data.info;
    info.name = files_.labels == 1 ? "CIFAR-10" : "CIFAR-100";
    const auto side = static_cast<std::int64_t>(kSide);
    const Shape image{side, side, static_cast<std::int64_t>(kChannels)};
    info.inputs[0] = imageTensor(image);
    info.fields = {{.name = "image", .kind = FieldKind::Image, .image = image}};
    info.targets.clear();
    for (const Labels& labels : labels_) {
      std::vector<std::string> names = classNames(files_.folder / labels.names, labels.classes, info.notes);
      info.fields.push_back({.name = labels.name,
                             .role = FieldRole::Target,
                             .kind = FieldKind::Category,
                             .categories = names,
                             .image = {}});
      info.targets.push_back(
          {.name = labels.name, .sample = {}, .classes = labels.classes, .classNames = std::move(names)});
    }
  }

  Status readImages(const fs::path& file) {
    TANDEM_ASSIGN(const auto source, openFile(file));
    std::vector<std::uint8_t> record(record_);
    for (std::int64_t index = 0;; ++index) {
      TANDEM_ASSIGN(const std::size_t got, source->read(record));
      if (got == 0) return success();
      if (got < record.size())
        return Error{ErrorCode::Io, fmt::format("the file ends within image {}", index), file.string(),
                     "Download the file again"};
      for (std::size_t t = 0; t < labels_.size(); ++t) {
        const int label = record[labels_[t].at];
        if (label >= labels_[t].classes)
          return invalid(fmt::format("label {} of image {} is out of range; the classes are 0 to {}", label,
                                     index, labels_[t].classes - 1),
                         file.string(), "Download the file again");
        raw_.data.targets[t].classOf.push_back(label);
      }
      ++count_;
      if (!probing_) append(std::span(record).last(kImage));
      if (index % 1000 == 0)
        TANDEM_TRY(report(progress_, static_cast<double>(count_) * static_cast<double>(record_) / bytes_));
    }
  }

  void append(std::span<const std::uint8_t> planes) {
    std::vector<std::uint8_t>& bytes = raw_.data.inputs[0].bytes;
    for (std::size_t p = 0; p < kPixels; ++p)
      for (std::size_t c = 0; c < kChannels; ++c) bytes.push_back(planes[c * kPixels + p]);
  }

  const DataSpec& spec_;
  bool probing_;
  const LoadProgress& progress_;
  CifarFiles files_;
  std::vector<Labels> labels_;
  std::size_t record_ = 0;
  std::int64_t count_ = 0;
  double bytes_ = 1;
  RawData raw_;
};

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  return CifarReader(spec, false, progress).run();
}

// Reads the labels as well, so that the notes name classes without training samples.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  const LoadProgress none;
  TANDEM_ASSIGN(RawData raw, CifarReader(spec, true, none).run());
  TANDEM_TRY(splitDataset(raw, spec));
  return std::move(raw.data.info);
}

// The number of labels in each record of a file by its size; 0 if it has none of the two forms.
int labelsOf(const fs::path& file) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) return 0;
  const std::uintmax_t size = fs::file_size(file, code);
  if (code || size == 0) return 0;
  for (const int labels : {1, 2})
    if (size % (kImage + static_cast<std::size_t>(labels)) == 0) return labels;
  return 0;
}

bool isTraining(const std::string& name) {
  return name.starts_with("data_batch_") && name.ends_with(".bin");
}

// Without files of training: `train` is empty.
Result<CifarFiles> filesIn(const fs::path& folder) {
  CifarFiles files;
  files.folder = folder;
  std::error_code code, ignored;
  for (fs::directory_iterator at(folder, code); !code && at != fs::directory_iterator(); at.increment(code))
    if (isTraining(at->path().filename().string())) files.train.push_back(at->path());
  std::ranges::sort(files.train);
  if (!files.train.empty()) {
    if (fs::exists(folder / "test_batch.bin", ignored)) files.test.push_back(folder / "test_batch.bin");
  } else if (labelsOf(folder / "train.bin") == 2) {  // other data has files of this name, too
    files.labels = 2;
    files.train.push_back(folder / "train.bin");
    if (fs::exists(folder / "test.bin", ignored)) files.test.push_back(folder / "test.bin");
  }
  for (const auto* list : {&files.train, &files.test})
    for (const fs::path& file : *list)
      if (const int labels = labelsOf(file); labels != files.labels)
        return invalid(
            fmt::format("the size of the file is not a multiple of {}, the bytes of an image with {}",
                        kImage + static_cast<std::size_t>(files.labels),
                        files.labels == 1 ? "its label" : "its labels"),
            file.string(), "Download the file again");
  return files;
}

}  // namespace

Result<CifarFiles> findCifarFiles(const fs::path& path) {
  std::error_code code;
  const fs::path whole = path.has_filename() ? path : path.parent_path();
  fs::path folder = whole;
  if (!fs::is_directory(whole, code)) {
    const std::string name = whole.filename().string();
    if (fs::exists(whole, code) && !isTraining(name) && name != "test_batch.bin" && name != "train.bin" &&
        name != "test.bin")
      return Error{ErrorCode::NotFound, "this is not a file of CIFAR-10 or CIFAR-100", path.string(),
                   "Choose the folder with data_batch_1.bin or train.bin"};
    folder = whole.parent_path().empty() ? fs::path(".") : whole.parent_path();
  }
  TANDEM_ASSIGN(CifarFiles files, filesIn(folder));
  // The archives contain one folder.
  for (const char* name : {"cifar-10-batches-bin", "cifar-100-binary"})
    if (files.train.empty() && fs::is_directory(folder / name, code)) {
      TANDEM_ASSIGN(files, filesIn(folder / name));
    }
  if (!files.train.empty()) return files;
  if (!fs::exists(whole, code))
    return Error{ErrorCode::NotFound, "the folder does not exist", path.string(), {}};
  return Error{ErrorCode::NotFound, "there are no images of CIFAR-10 or CIFAR-100", path.string(),
               "The folder needs data_batch_1.bin and further batches, or train.bin, of the binary version"};
}

const DataReader cifarReader = {DataKind::Cifar, read, probe};

}  // namespace tandem
