#include "core/train/checkpoint.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/hdf5/hdf5.h"
#include "core/network/preprocessing_json.h"
#include "core/ops/loss_scale.h"

namespace tandem {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "tandem-checkpoint";
// 1: no description of the data but class names and normalization. 2: no best epoch, no data fingerprint.
constexpr std::int64_t kVersion = 3;
constexpr std::size_t kHeadBytes = 512;  // HDF5 looks for its signature at 0, 512, 1024, ...
constexpr const char *kLossScale = "loss_scale", *kPreprocessing = "preprocessing";
constexpr const char* kTrainedParameters = "trained_parameters";
constexpr const char *kBestParameters = "best_parameters", *kBestStates = "best_states";
constexpr std::size_t kMaxArrays = 100'000;

// The header: the first bytes of the file, before the HDF5 part.
struct FileHead {
  char magic[8] = {'T', 'A', 'N', 'D', 'E', 'M', 'C', '1'};
  std::uint64_t bodyBytes = 0;
  std::uint32_t bodyCrc = 0;  // zlib's CRC-32
  std::uint32_t headCrc = 0;  // of the preceding fields
};
static_assert(sizeof(FileHead) == 24);

std::uint32_t crc(std::uint32_t start, const void* data, std::size_t bytes) {
  return static_cast<std::uint32_t>(crc32_z(start, static_cast<const Bytef*>(data), bytes));
}

Error damaged(const std::filesystem::path& file, std::string_view message) {
  return invalid(message, file.string(), "Use another checkpoint of this run, or restart the run");
}

Error notACheckpoint(const std::filesystem::path& file, std::string_view message) {
  return invalid(message, file.string(),
                 "Choose the weights or a checkpoint of a run, such as weights.h5 in its --out folder");
}

Status checkIntegrity(const std::filesystem::path& file) {
  std::error_code problem;
  if (!std::filesystem::exists(file, problem))
    return Error{ErrorCode::NotFound, "no such checkpoint", file.string(), "Check the path"};
  if (!std::filesystem::is_regular_file(file, problem)) return notACheckpoint(file, "is not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Error{ErrorCode::Io, "cannot be opened for reading", file.string(), "Check its permissions"};
  char bytes[kHeadBytes];
  FileHead head;
  if (!in.read(bytes, kHeadBytes))
    return notACheckpoint(file, "is not a Tandem checkpoint: the file is too short");
  std::memcpy(&head, bytes, sizeof(FileHead));
  if (std::memcmp(head.magic, FileHead{}.magic, sizeof head.magic) != 0)
    return notACheckpoint(file, "is not a Tandem checkpoint");
  if (head.headCrc != crc(0, &head, offsetof(FileHead, headCrc)))
    return damaged(file, "the checkpoint's header is corrupt");
  std::uint32_t sum = 0;
  std::uint64_t total = 0;
  std::vector<char> chunk(1 << 20);
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    sum = crc(sum, chunk.data(), static_cast<std::size_t>(in.gcount()));
    total += static_cast<std::uint64_t>(in.gcount());
  }
  if (total < head.bodyBytes)
    return damaged(file, "the checkpoint is truncated: " + std::to_string(total) + " of " +
                             std::to_string(head.bodyBytes) + " bytes are present");
  if (total != head.bodyBytes || sum != head.bodyCrc)
    return damaged(file, "the checkpoint is corrupt (wrong checksum)");
  return success();
}

// "." is a valid layer name in Tandem but not in HDF5.
std::string arrayPath(const std::string& group, const std::string& name) {
  return group + "/" + (name.starts_with("./") ? "%2E" + name.substr(1) : name);
}

Status writeArrays(Hdf5Group& root, const std::string& group, const std::vector<NamedArray>& arrays) {
  json names = json::array();
  TANDEM_TRY(root.createGroup(group));
  for (const NamedArray& array : arrays) {
    names.push_back(array.name);
    TANDEM_TRY(root.write(arrayPath(group, array.name), array.shape, std::span<const float>(array.values)));
  }
  return root.setText(group + "_order", names.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<std::vector<std::string>> readNames(const Hdf5Group& root, const std::string& attribute,
                                           const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::string text, root.text(attribute));
  const json names = json::parse(text, nullptr, false);
  std::vector<std::string> list;
  if (!names.is_array() || names.size() > kMaxArrays)
    return damaged(file, "attribute '" + attribute + "' is not a list of names");
  for (const json& name : names) {
    if (!name.is_string()) return damaged(file, "attribute '" + attribute + "' is not a list of names");
    list.push_back(name.get<std::string>());
  }
  return list;
}

Result<std::vector<NamedArray>> readArrays(const Hdf5Group& root, const std::string& group,
                                           const std::filesystem::path& file) {
  TANDEM_ASSIGN(const auto names, readNames(root, group + "_order", file));
  std::vector<NamedArray> arrays;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) return damaged(file, "array '" + name + "' is listed twice");
    TANDEM_ASSIGN(auto array, root.read<float>(arrayPath(group, name)));
    arrays.push_back({name, array.shape, std::move(array.values)});
  }
  return arrays;
}

// Whether the weights of the best epoch can replace the last ones.
bool alike(const std::vector<NamedArray>& a, const std::vector<NamedArray>& b) {
  return std::ranges::equal(
      a, b, [](const NamedArray& x, const NamedArray& y) { return x.name == y.name && x.shape == y.shape; });
}

Status writeBest(Hdf5Group& root, const Checkpoint& checkpoint) {
  TANDEM_TRY(root.setInteger("best_epoch", checkpoint.best.epoch));
  TANDEM_TRY(root.setText("best_metric", checkpoint.best.metric));
  TANDEM_TRY(root.setNumber("best_value", checkpoint.best.value));
  if (checkpoint.bestParameters.empty() && checkpoint.bestStates.empty()) return success();
  TANDEM_TRY(writeArrays(root, kBestParameters, checkpoint.bestParameters));
  return writeArrays(root, kBestStates, checkpoint.bestStates);
}

Status readBest(const Hdf5Group& root, Checkpoint& checkpoint, const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::int64_t epoch, root.integer("best_epoch"));
  if (epoch < 0 || epoch > checkpoint.epoch) return damaged(file, "the best epoch is out of range");
  checkpoint.best.epoch = static_cast<std::int32_t>(epoch);
  TANDEM_ASSIGN(checkpoint.best.metric, root.text("best_metric"));
  TANDEM_ASSIGN(checkpoint.best.value, root.number("best_value"));
  if (!std::isfinite(checkpoint.best.value)) return damaged(file, "the best value is not a number");
  if (!root.has(kBestParameters)) return success();
  TANDEM_ASSIGN(checkpoint.bestParameters, readArrays(root, kBestParameters, file));
  TANDEM_ASSIGN(checkpoint.bestStates, readArrays(root, kBestStates, file));
  if (epoch == 0 || !alike(checkpoint.bestParameters, checkpoint.parameters) ||
      !alike(checkpoint.bestStates, checkpoint.states))
    return damaged(file, "the weights of the best epoch do not fit the network");
  return success();
}

template <class T>
Status writeList(Hdf5Group& root, const std::string& name, const std::vector<T>& values) {
  return root.write(name, Shape{static_cast<std::int64_t>(values.size())}, std::span<const T>(values));
}

template <class T>
Result<std::vector<T>> readList(const Hdf5Group& root, const std::string& name) {
  TANDEM_ASSIGN(auto array, root.read<T>(name));
  return std::move(array.values);
}

// The scalar fields, listed once for both writing and reading.
struct IntegerField {
  const char* name;
  std::int64_t Checkpoint::*field;
};
constexpr IntegerField kIntegers[] = {{"step", &Checkpoint::step},
                                      {"batch_in_epoch", &Checkpoint::batchInEpoch},
                                      {"epoch_rows", &Checkpoint::epochRows}};
struct CountField {
  const char* name;
  std::int32_t Checkpoint::*field;
};
constexpr CountField kCounts[] = {{"epoch", &Checkpoint::epoch},
                                  {"bad_epochs", &Checkpoint::badEpochs},
                                  {"stopping_epochs", &Checkpoint::stoppingEpochs}};
struct NumberField {
  const char* name;
  double Checkpoint::*field;
};
constexpr NumberField kNumbers[] = {{"base_learning_rate", &Checkpoint::baseLearningRate},
                                    {"plateau_scale", &Checkpoint::plateauScale},
                                    {"best_loss", &Checkpoint::bestLoss},
                                    {"epoch_train_seconds", &Checkpoint::epochTrainSeconds},
                                    {"wall_seconds", &Checkpoint::wallSeconds}};

Status readScalars(const Hdf5Group& root, Checkpoint& checkpoint, const std::filesystem::path& file) {
  for (const auto& [name, field] : kIntegers) {
    TANDEM_ASSIGN(checkpoint.*field, root.integer(name));
    if (checkpoint.*field < 0) return damaged(file, std::string("'") + name + "' is negative");
  }
  for (const auto& [name, field] : kCounts) {
    TANDEM_ASSIGN(const std::int64_t count, root.integer(name));
    if (count < 0 || count > std::numeric_limits<std::int32_t>::max())
      return damaged(file, std::string("'") + name + "' is out of range");
    checkpoint.*field = static_cast<std::int32_t>(count);
  }
  for (const auto& [name, field] : kNumbers) {
    TANDEM_ASSIGN(checkpoint.*field, root.number(name));
    if (std::isnan(checkpoint.*field)) return damaged(file, std::string("'") + name + "' is not a number");
  }
  return success();
}

// The fields of a checkpoint that stores class names and normalization only.
Result<Preprocessing> versionOneFields(const Hdf5Group& root, const Shape& sample,
                                       const std::filesystem::path& file) {
  TANDEM_ASSIGN(const auto classNames, readNames(root, "class_names", file));
  if (hasTooManyFields(sample)) return damaged(file, "the sample shape is too large");
  Preprocessing result = unnamedFields(sample, classNames);
  for (const auto& [name, values] : {std::pair{"mean", &Field::mean}, std::pair{"scale", &Field::scale}}) {
    TANDEM_ASSIGN(const auto all, readList<float>(root, name));
    if (all.empty()) continue;
    const auto count = static_cast<std::size_t>(sample.rank() == 3 ? sample[2] : sample.elements());
    if (all.size() != count) return damaged(file, "the normalization does not fit the samples");
    if (sample.rank() == 3)
      (result.fields[0].*values).assign(all.begin(), all.end());
    else
      for (std::size_t i = 0; i < count; ++i) (result.fields[i].*values) = {static_cast<double>(all[i])};
  }
  return preprocessingFromJson(toJson(result), file.string());  // for its checks
}

Status readPreprocessing(const Hdf5Group& root, std::int64_t version, Checkpoint& checkpoint,
                         const std::filesystem::path& file) {
  if (version == 1) {
    TANDEM_ASSIGN(checkpoint.preprocessing, versionOneFields(root, checkpoint.sample, file));
    return success();
  }
  TANDEM_ASSIGN(const std::string text, root.text(kPreprocessing));
  TANDEM_ASSIGN(checkpoint.preprocessing, preprocessingFromJson(text, file.string()));
  if (checkpoint.preprocessing.inputs()[0].sample().elements() != checkpoint.sample.elements())
    return damaged(file, "the description of the data does not fit the samples");
  return success();
}

}  // namespace

std::string BestEpoch::text() const {
  return fmt::format("best epoch {}, {} {:.4f}", epoch, metric, value);
}

std::string checkpointHead(std::string_view body) {
  FileHead head;
  head.bodyBytes = body.size();
  head.bodyCrc = crc(0, body.data(), body.size());
  head.headCrc = crc(0, &head, offsetof(FileHead, headCrc));
  std::string bytes(kHeadBytes, '\0');
  std::memcpy(bytes.data(), &head, sizeof(FileHead));
  return bytes;
}

Status saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& file) {
  std::size_t bytes = checkpoint.optimizer.size() * sizeof(float);
  for (const auto* arrays : {&checkpoint.parameters, &checkpoint.states, &checkpoint.trainedParameters,
                             &checkpoint.bestParameters, &checkpoint.bestStates})
    for (const NamedArray& array : *arrays) bytes += array.values.size() * sizeof(float);
  TANDEM_ASSIGN(Hdf5File out, Hdf5File::create(file, kHeadBytes, bytes));
  Hdf5Group& root = out.root();
  TANDEM_TRY(root.setText("format", kFormat));
  TANDEM_TRY(root.setInteger("version", kVersion));
  TANDEM_TRY(root.setText("project", toJson(checkpoint.project)));
  TANDEM_TRY(root.setText(kPreprocessing, toJson(checkpoint.preprocessing)));
  TANDEM_TRY(root.setText("data", checkpoint.dataFingerprint));
  for (const auto& [name, field] : kIntegers) TANDEM_TRY(root.setInteger(name, checkpoint.*field));
  for (const auto& [name, field] : kCounts) TANDEM_TRY(root.setInteger(name, checkpoint.*field));
  for (const auto& [name, field] : kNumbers) TANDEM_TRY(root.setNumber(name, checkpoint.*field));
  TANDEM_TRY(writeArrays(root, "parameters", checkpoint.parameters));
  TANDEM_TRY(writeArrays(root, "states", checkpoint.states));
  if (!checkpoint.trainedParameters.empty())
    TANDEM_TRY(writeArrays(root, kTrainedParameters, checkpoint.trainedParameters));
  TANDEM_TRY(writeBest(root, checkpoint));
  TANDEM_TRY(writeList(root, "optimizer", checkpoint.optimizer));
  if (!checkpoint.lossScale.empty()) TANDEM_TRY(writeList(root, kLossScale, checkpoint.lossScale));
  TANDEM_TRY(writeList(root, "epoch_sums", checkpoint.epochSums));
  const auto dims = checkpoint.sample.dims();
  TANDEM_TRY(writeList(root, "sample", std::vector<std::int64_t>(dims.begin(), dims.end())));
  return out.commit(checkpointHead);
}

bool isCheckpoint(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  constexpr FileHead kHead;
  char magic[sizeof kHead.magic] = {};
  std::ifstream(file, std::ios::binary).read(magic, sizeof magic);
  return std::memcmp(magic, kHead.magic, sizeof magic) == 0;
}

Result<Checkpoint> loadCheckpoint(const std::filesystem::path& file) {
  TANDEM_TRY(checkIntegrity(file));
  TANDEM_ASSIGN(Hdf5File in, Hdf5File::open(file));
  const Hdf5Group& root = in.root();
  TANDEM_ASSIGN(const std::string format, root.text("format"));
  if (format != kFormat) return notACheckpoint(file, "is not a Tandem checkpoint");
  TANDEM_ASSIGN(const std::int64_t version, root.integer("version"));
  if (version < 1 || version > kVersion)
    return Error{ErrorCode::Unsupported,
                 "is a version " + std::to_string(version) +
                     " checkpoint; this version of Tandem reads versions 1 to " + std::to_string(kVersion),
                 file.string(), "Use the version of Tandem that wrote it"};
  Checkpoint checkpoint;
  TANDEM_ASSIGN(const std::string project, root.text("project"));
  TANDEM_ASSIGN(checkpoint.project, projectFromJson(project, file.string()));
  TANDEM_TRY(readScalars(root, checkpoint, file));
  TANDEM_ASSIGN(checkpoint.parameters, readArrays(root, "parameters", file));
  TANDEM_ASSIGN(checkpoint.states, readArrays(root, "states", file));
  if (root.has(kTrainedParameters)) {
    TANDEM_ASSIGN(checkpoint.trainedParameters, readArrays(root, kTrainedParameters, file));
    if (!alike(checkpoint.trainedParameters, checkpoint.parameters))
      return damaged(file, "the weights and their averages do not fit each other");
  }
  if (version >= 3) {
    TANDEM_ASSIGN(checkpoint.dataFingerprint, root.text("data"));
    TANDEM_TRY(readBest(root, checkpoint, file));
  }
  TANDEM_ASSIGN(checkpoint.optimizer, readList<float>(root, "optimizer"));
  if (root.has(kLossScale)) {
    TANDEM_ASSIGN(checkpoint.lossScale, readList<float>(root, kLossScale));
    if (checkpoint.lossScale.size() != kLossScaleSlots || !(checkpoint.lossScale[kLossScaleValue] > 0))
      return damaged(file, "the loss scale is not valid");
  }
  TANDEM_ASSIGN(checkpoint.epochSums, readList<double>(root, "epoch_sums"));
  TANDEM_ASSIGN(const auto sample, readList<std::int64_t>(root, "sample"));
  if (sample.size() > Shape::kMaxRank) return damaged(file, "the sample shape has too many dimensions");
  for (const std::int64_t extent : sample)
    if (extent < 1) return damaged(file, "the sample shape has an empty dimension");
  checkpoint.sample = Shape(std::span<const std::int64_t>(sample));
  TANDEM_TRY(readPreprocessing(root, version, checkpoint, file));
  return checkpoint;
}

Result<Checkpoint> loadWeights(const std::filesystem::path& file, Weights which) {
  TANDEM_ASSIGN(Checkpoint checkpoint, loadCheckpoint(file));
  if (which == Weights::Best && !checkpoint.bestParameters.empty()) {
    checkpoint.parameters = std::move(checkpoint.bestParameters);
    checkpoint.states = std::move(checkpoint.bestStates);
  }
  checkpoint.trainedParameters.clear();
  checkpoint.bestParameters.clear();
  checkpoint.bestStates.clear();
  return checkpoint;
}

}  // namespace tandem
