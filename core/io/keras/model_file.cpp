#include "core/io/keras/model_file.h"

#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>

#include "core/hdf5/hdf5.h"
#include "core/io/keras/archive.h"

namespace tandem::keras {
namespace {

constexpr std::size_t kMaxWeights = 8;         // of one layer: attention has the most
constexpr std::chrono::seconds kPatience{30};  // for one array of a file on a slow disk

// Keras splits a list that is too long for one attribute: "weight_names0", "weight_names1", ...
Result<std::vector<std::string>> readNames(const Hdf5Group& group, const std::string& attribute) {
  if (group.hasAttribute(attribute)) return group.texts(attribute);
  std::vector<std::string> names;
  for (std::size_t part = 0; group.hasAttribute(attribute + std::to_string(part)); ++part) {
    TANDEM_ASSIGN(auto more, group.texts(attribute + std::to_string(part)));
    names.insert(names.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  }
  return names;
}

// A weight as the child sends it: with its values, or with their place in the file.
struct SentWeight {
  Weight weight;
  std::optional<std::uint64_t> offset;
};

// The weights of a layer with these names, relative to its group.
Result<std::vector<SentWeight>> readArrays(const Hdf5Group& group, const std::vector<std::string>& names,
                                           const std::string& layer) {
  if (names.size() > kMaxWeights)
    return invalid("has " + std::to_string(names.size()) + " weights; at most " +
                       std::to_string(kMaxWeights) + " are possible",
                   layer, "The file is damaged; save the model again");
  std::vector<SentWeight> weights;
  for (const std::string& name : names) {
    TANDEM_ASSIGN(const Hdf5Place place, group.placeOf(name));
    SentWeight sent{{name, place.shape, {}}, place.offset};
    if (!place.offset) {
      TANDEM_ASSIGN(auto array, group.read<float>(name));
      sent.weight.values = std::move(array.values);
    }
    weights.push_back(std::move(sent));
  }
  return weights;
}

// In the order of the attribute weight_names.
Result<std::vector<SentWeight>> readWeights(const Hdf5Group& root, const std::string& layer) {
  TANDEM_ASSIGN(const Hdf5Group group, root.group("model_weights/" + layer));
  TANDEM_ASSIGN(const std::vector<std::string> names, readNames(group, "weight_names"));
  return readArrays(group, names, layer);
}

// The same in an archive, where each object of a layer has a group: "vars/0", "cell/vars/0", "query_dense/vars/1".
Result<std::vector<SentWeight>> readVariables(const Hdf5Group& root, const std::string& path,
                                              const std::string& layer) {
  if (!root.has(path))
    return invalid("has no weights in the archive, which should be in " + path, layer,
                   "The file is damaged; save the model again");
  TANDEM_ASSIGN(const Hdf5Group group, root.group(path));
  std::vector<std::string> names;
  for (const std::string& object : variableGroups())
    for (std::size_t i = 0; i <= kMaxWeights; ++i) {
      std::string name = object + "vars/" + std::to_string(i);
      if (!group.has(name)) break;
      names.push_back(std::move(name));
    }
  return readArrays(group, names, layer);
}

// The protocol between child and parent: numbers in memory layout, texts preceded by their length.
class Sender {
 public:
  explicit Sender(const SendBytes& send) : send_(send) {}
  void number(std::uint64_t value) { send_({reinterpret_cast<const char*>(&value), sizeof(value)}); }
  void text(std::string_view value) {
    number(value.size());
    send_(value);
  }
  void error(const Error& error) {
    number(1);
    number(static_cast<std::uint64_t>(error.code));
    for (const std::string& part : {error.message, error.where, error.hint}) text(part);
  }
  void weight(const SentWeight& sent) {
    const Weight& weight = sent.weight;
    text(weight.suffix);
    number(static_cast<std::uint64_t>(weight.shape.rank()));
    for (const std::int64_t extent : weight.shape.dims()) number(static_cast<std::uint64_t>(extent));
    number(sent.offset ? 1 : 0);
    if (sent.offset)
      number(*sent.offset);
    else
      text({reinterpret_cast<const char*>(weight.values.data()), weight.values.size() * sizeof(float)});
  }

 private:
  const SendBytes& send_;
};

// The child may have been corrupted by the file, so everything it sends is validated.
class Receiver {
 public:
  // file: has `fileBytes` and holds the values that the child did not send. maxValues: of all weights together.
  Receiver(std::string_view bytes, std::istream& file, std::uint64_t fileBytes, std::uint64_t maxValues)
      : bytes_(bytes), file_(file), fileBytes_(fileBytes), maxValues_(maxValues) {}
  bool good() const { return good_; }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::string_view part = take(sizeof(value));
    if (good_) std::memcpy(&value, part.data(), sizeof(value));
    return value;
  }
  std::string_view text() { return take(number()); }
  Error error() {
    Error error;
    const std::uint64_t code = number();
    error.code =
        code <= static_cast<std::uint64_t>(ErrorCode::Numeric) ? static_cast<ErrorCode>(code) : ErrorCode::Io;
    for (std::string* part : {&error.message, &error.where, &error.hint}) *part = text();
    if (!good_) error.message = "its contents cannot be read";
    return error;
  }
  Weight weight() {
    Weight weight;
    weight.suffix = text();
    std::vector<std::int64_t> extents(std::min<std::uint64_t>(number(), Shape::kMaxRank));
    for (std::int64_t& extent : extents) extent = static_cast<std::int64_t>(number());
    const bool inFile = number() == 1;
    const std::uint64_t offset = inFile ? number() : 0;
    const std::string_view values = inFile ? std::string_view() : text();
    const std::uint64_t most =
        inFile ? fileBytes_ - std::min(offset, fileBytes_) : static_cast<std::uint64_t>(values.size());
    std::uint64_t count = 1;
    for (const std::int64_t extent : extents) {
      const auto size = static_cast<std::uint64_t>(extent);
      good_ = good_ && (size == 0 || count <= most / size);
      count *= good_ ? size : 1;
    }
    good_ = good_ && (inFile ? count <= most / sizeof(float) : count * sizeof(float) == values.size());
    total_ += good_ ? count : 0;
    good_ = good_ && total_ <= maxValues_;
    if (!good_) return weight;
    weight.shape = Shape(std::span<const std::int64_t>(extents));
    weight.values.resize(count);
    if (count == 0) return weight;
    if (inFile) {
      file_.seekg(static_cast<std::streamoff>(offset));
      file_.read(reinterpret_cast<char*>(weight.values.data()),
                 static_cast<std::streamsize>(count * sizeof(float)));
      good_ = static_cast<bool>(file_);
    } else {
      std::memcpy(weight.values.data(), values.data(), values.size());
    }
    return weight;
  }

 private:
  std::string_view take(std::uint64_t size) {
    good_ = good_ && size <= bytes_.size();
    if (!good_) return {};
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  std::string_view bytes_;
  std::istream& file_;
  std::uint64_t fileBytes_, maxValues_, total_ = 0;
  bool good_ = true;
};

// Runs in the child. `maxValues` limits the total number of values: links may refer to one array many times.
Status sendModel(const std::filesystem::path& file, std::uintmax_t maxValues, const ArchiveTexts* archive,
                 Sender& sender) {
  TANDEM_ASSIGN(Hdf5File opened, Hdf5File::open(file));
  const Hdf5Group& root = opened.root();
  if (!archive && !root.hasAttribute("model_config"))
    return invalid(
        "the file contains no Keras model", {},
        root.hasAttribute("layer_names") || root.has("layers") || root.has("vars")
            ? "Weights-only files lack the network; save the whole model with model.save(\"NAME.h5\")"
            : "If it contains arrays to learn from, choose it as data, not as a model");
  std::string config;
  if (archive) {
    config = archive->config;
  } else {
    TANDEM_ASSIGN(config, root.text("model_config"));
  }
  TANDEM_ASSIGN(const KerasModel model, parseModel(config));
  TANDEM_TRY(checkClasses(model));
  const auto optional = [&](const char* attribute) {
    if (archive || !root.hasAttribute(attribute)) return std::string();
    const auto read = root.text(attribute);
    return read.ok() ? *read : std::string();
  };
  sender.number(0);
  sender.text(config);
  sender.text(archive ? archive->version : optional("keras_version"));
  std::vector<std::string> paths;
  if (archive) {
    constexpr const char* kFirst =
        "_layer_checkpoint_dependencies";  // in the first versions that wrote archives
    paths = archivePaths(model, root.has("layers") || !root.has(kFirst) ? "layers" : kFirst);
  }
  std::uintmax_t total = 0;
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const KerasLayer& layer = model.layers[l];
    if (!hasWeights(layer)) continue;
    auto weights = archive ? readVariables(root, paths[l], layer.name) : readWeights(root, layer.name);
    for (const SentWeight& sent : weights.ok() ? *weights : std::vector<SentWeight>())
      total += static_cast<std::uintmax_t>(sent.weight.shape.elements());
    if (weights.ok() && total > maxValues)
      weights = invalid("the layers declare more weights than the file can hold", layer.name,
                        "The file is damaged; save the model again");
    if (!weights.ok()) return std::move(weights).error();
    sender.number(0);
    sender.number(weights->size());
    for (const SentWeight& weight : *weights) sender.weight(weight);
  }
  sender.text(optional("training_config"));
  return success();
}

}  // namespace

Result<KerasModel> readModel(const std::filesystem::path& file, const Isolation& isolation,
                             const ArchiveTexts* archive) {
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(file, problem);
  const std::uintmax_t maxValues = problem ? 0 : size;
  const auto work = [&](const SendBytes& send) {
    Sender sender(send);
    if (const Status status = sendModel(file, maxValues, archive, sender); !status.ok())
      sender.error(status.error());
  };
  constexpr std::size_t kDescription = std::size_t{128} << 20;
  const auto sent = isolation(work, kPatience, maxValues * sizeof(float) + kDescription);
  if (!sent.ok()) return sent.error();
  std::ifstream opened(file, std::ios::binary);
  Receiver receiver(*sent, opened, problem ? 0 : size, maxValues);
  if (receiver.number() != 0) return receiver.error();
  TANDEM_ASSIGN(KerasModel model, parseModel(receiver.text()));
  model.version = receiver.text();
  TANDEM_TRY(checkClasses(model));
  for (KerasLayer& layer : model.layers) {
    if (!hasWeights(layer)) continue;
    if (receiver.number() != 0) return receiver.error();
    const std::uint64_t count = std::min<std::uint64_t>(receiver.number(), kMaxWeights);
    for (std::uint64_t i = 0; i < count; ++i) layer.weights.push_back(receiver.weight());
    if (!receiver.good())
      return invalid("its weights cannot be read", layer.name, "The file is damaged; save the model again");
  }
  // What it states is optional, so that a damaged one is ignored.
  if (auto training = parseJson(receiver.text()); training.ok()) model.training = *std::move(training);
  return model;
}

}  // namespace tandem::keras
