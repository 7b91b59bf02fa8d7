#include "core/io/model_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/io/keras/keras.h"
#include "core/network/analysis.h"
#include "core/network/setting_range.h"
#include "core/text/enumeration.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

// Of an output whose loss the file does not state.
LossConfig fittingLoss(const ModelOutput& output, const Layer& layer, bool described) {
  if (endsIn(layer, "softmax") || output.meaning == OutputMeaning::SoftmaxLogits)
    return {"softmax_cross_entropy"};
  // Without a description, a sigmoid may limit numbers as well, but it mostly answers a question.
  const bool probabilities =
      output.meaning == OutputMeaning::Probabilities || output.meaning == OutputMeaning::SigmoidLogits;
  if (probabilities || (!described && endsIn(layer, "sigmoid"))) return {"binary_cross_entropy"};
  return {"mse"};
}

// Images of a folder are resized to the size that the model reads, if a folder can have it.
void readImagesAs(const Shape& sample, DataSpec& data) {
  const auto possible = [&](const std::int64_t& member, std::int64_t extent) {
    const ValueRange range = rangeOf(data, &member);
    return static_cast<double>(extent) >= range.minimum && static_cast<double>(extent) <= range.maximum;
  };
  if (!possible(data.imageHeight, sample[0]) || !possible(data.imageWidth, sample[1]) ||
      (sample[2] != 1 && sample[2] != 3))
    return;
  data.imageHeight = sample[0];
  data.imageWidth = sample[1];
  data.imageChannels = sample[2];
}

// A table is read as the one that the file describes: other columns than the last one may be the targets.
void readTableAs(const Preprocessing& described, DataSpec& data) {
  if (!described.named) return;
  data.series = described.series;
  for (const Field* target : described.targets())
    if (std::string name = target->columnName(); std::ranges::find(data.targets, name) == data.targets.end())
      data.targets.push_back(std::move(name));
}

Shape outputShape(const ImportedModel& model, const Analysis& analysis, const ModelOutput& output) {
  return *analysis.shapeOf(model.network.findSource(output.layer).value());
}

}  // namespace

std::span<const ModelFormat> modelFormats() {
  static const std::vector<ModelFormat> kFormats{{.name = "keras",
                                                  .label = "Keras models",
                                                  .endings = {".keras", ".h5", ".hdf5"},
                                                  .detect = isKerasFile,
                                                  .import = importKeras}};
  return kFormats;
}

const ModelFormat* modelFormatOf(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return nullptr;
  const auto formats = modelFormats();
  const auto found =
      std::ranges::find_if(formats, [&](const ModelFormat& each) { return each.detect(file); });
  return found == formats.end() ? nullptr : &*found;
}

Result<ImportedModel> importModel(const std::filesystem::path& file) {
  if (const ModelFormat* format = modelFormatOf(file)) return format->import(file);
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return Error{ErrorCode::NotFound, "there is no such file", file.string(), "Choose a model"};
  std::vector<std::string> known;
  for (const ModelFormat& format : modelFormats())
    for (const std::string_view ending : format.endings) known.emplace_back(ending);
  return Error{ErrorCode::Unsupported, "this is not a model of a format that Tandem reads", file.string(),
               fmt::format("Choose a Keras model ({})", enumerated(known))};
}

Project projectOf(const ImportedModel& model, std::string name, std::vector<std::string>& notes) {
  Project project;
  project.name = std::move(name);
  project.network = model.network;
  // Nothing is chosen yet; the path is empty.
  project.data.kind = DataKind::Csv;
  const auto image = std::ranges::find(model.samples, 3, &Shape::rank);
  if (image != model.samples.end()) {
    project.data.kind = DataKind::ImageFolder;
    readImagesAs(*image, project.data);
  } else if (model.described) {
    readTableAs(model.preprocessing, project.data);
  }
  TrainingConfig& training = project.training;
  training.heads.clear();
  const std::vector<Source> ends = model.network.outputs();
  const std::size_t count = std::min(model.outputs.size(), kMaxHeads);
  for (std::size_t o = 0; o < count; ++o) {
    const ModelOutput& output = model.outputs[o];
    const Source source = model.network.findSource(output.layer).value();
    const bool stated = o < model.losses.size() && model.losses[o].has_value();
    const bool only = model.outputs.size() == 1 && ends.size() == 1 && ends[0] == source;
    Head head;
    if (!only) head.output = output.layer;
    head.targets = output.targets;
    head.loss =
        stated ? *model.losses[o] : fittingLoss(output, *model.network.find(source.layer), model.described);
    if (!stated)
      notes.push_back(fmt::format(
          "{} is trained with the loss {}, which fits it, because the file states none that Tandem has",
          output.layer, head.loss.def().label));
    training.heads.push_back(std::move(head));
  }
  project.data.classification = std::ranges::any_of(
      training.heads, [](const Head& head) { return head.loss.def().target != TargetKind::Values; });
  if (count < model.outputs.size())
    notes.push_back(fmt::format("Only the first {} of {} outputs are trained", count, model.outputs.size()));
  if (model.optimizer) training.optimizer = *model.optimizer;
  return project;
}

std::string summaryOf(const ImportedModel& model) {
  const Analysis analysis = analyze(model.network);
  std::vector<std::string> inputs, outputs;
  const auto textOf = [](const Shape& shape) {
    return shape.rank() == 1 ? counted(shape[0], "value") : shape.text();
  };
  for (const Shape& sample : model.samples) inputs.push_back(textOf(sample));
  for (const ModelOutput& output : model.outputs)
    outputs.push_back(textOf(outputShape(model, analysis, output)));
  return fmt::format("reads {} and computes {}", enumerated(inputs, 5), enumerated(outputs, 5));
}

}  // namespace tandem
