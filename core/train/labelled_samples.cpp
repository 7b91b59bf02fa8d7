#include "core/train/labelled_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/file.h"
#include "core/data/byte_source.h"
#include "core/data/csv_dialect.h"
#include "core/data/detect.h"
#include "core/data/fingerprint.h"
#include "core/data/numpy_files.h"

namespace tandem {
namespace {

std::string_view partName(SplitPart part) {
  switch (part) {
    case SplitPart::Train:
      return "training";
    case SplitPart::Validation:
      return "validation";
    case SplitPart::Test:
      break;
  }
  return "test";
}

void noteTrainingData(const OpenModel& model, const std::filesystem::path& data, bool tested,
                      std::vector<std::string>& notes) {
  std::error_code ignored;
  if (!tested && model.project && std::filesystem::equivalent(model.project->data.path, data, ignored))
    notes.emplace_back(
        "This is the data that the network was trained on, with its training samples. Only the test part shows "
        "how it predicts new data");
}

// Whether the inputs that the model reads have the same numbers in the data.
bool haveSameNames(const Preprocessing& model, const Preprocessing& data) {
  const std::vector<InputFields> own = data.inputs();
  return std::ranges::all_of(model.inputs(), [&](const InputFields& input) {
    const auto same = own.size() == 1 ? own.begin() : std::ranges::find(own, input.name, &InputFields::name);
    return same != own.end() && same->names() == input.names();
  });
}

// Only training reads the sample weights, so the table may have lost them.
void forgetMissingWeights(DataSpec& spec) {
  if (spec.sampleWeights.empty()) return;
  DataSpec without = spec;
  without.sampleWeights.clear();
  const auto info = probeDataset(without);
  if (!info.ok()) return;  // reported when the data is loaded
  std::vector<std::string> names;
  for (const Field& field : info->fields) names.push_back(field.name);
  if (findColumn(names, spec.sampleWeights) == std::string::npos) spec = without;
}

}  // namespace

// A model of another program knows neither its columns nor the order of its classes.
Status checkDescribed(const OpenModel& model, const std::filesystem::path& file) {
  const Preprocessing& data = model.predictor.preprocessing();
  const std::vector<const Field*> targets = data.targets();
  const bool classes =
      std::ranges::any_of(targets, [](const Field* each) { return !each->categories.empty(); });
  if (model.project || data.named || data.complete || classes) return success();
  return invalid("the file does not state its columns and classes, which labels are compared with",
                 file.string(),
                 "Use a checkpoint, or a model written by `tandem export`. `tandem infer` prints the "
                 "predictions of this model");
}

Status checkKnowsData(const OpenModel& model, const std::filesystem::path& file) {
  if (model.project) return success();
  return invalid("the model does not know the data that it was trained on", file.string(),
                 "Name a labelled table or folder: tandem evaluate MODEL DATA");
}

Result<LabelledSamples> samplesOfPart(const OpenModel& model, const std::filesystem::path& file,
                                      DataSpec spec, std::optional<SplitPart> wanted,
                                      const LoadProgress& progress) {
  TANDEM_TRY(checkKnowsData(model, file));
  forgetMissingWeights(spec);
  TANDEM_ASSIGN(const auto data, loadDataset(spec, progress));
  const SplitPart part = wanted                                 ? *wanted
                         : !data->part(SplitPart::Test).empty() ? SplitPart::Test
                                                                : SplitPart::Validation;
  const std::vector<std::int64_t>& indices = data->part(part);
  if (indices.empty() && wanted)
    return invalid(fmt::format("the data has no {} samples", partName(part)), data->info.name,
                   "Choose another part");
  if (indices.empty())
    return invalid("the project has neither test nor validation samples", file.string(),
                   "Name a labelled table or folder: tandem evaluate MODEL DATA");
  TANDEM_ASSIGN(EncodedSamples samples, encodeSamples(*data, indices, model.predictor.preprocessing()));
  if ((!model.dataFingerprint.empty() && fingerprint(*data) != model.dataFingerprint) ||
      !haveSameNames(model.predictor.preprocessing(), preprocessingOf(*data)))
    samples.notes.emplace_back(
        "The data has changed since the training: these samples may include some that the network was trained on");
  return LabelledSamples{std::move(samples),
                         fmt::format("the {} part of {}", partName(part), data->info.name)};
}

bool isDataFolder(const std::filesystem::path& path) {
  std::error_code code;
  const auto start = readFile(path, 64);
  return std::filesystem::is_directory(path, code) || (start.ok() && isArrayFile(path, *start));
}

Result<LabelledSamples> samplesOfFolder(const OpenModel& model, const std::filesystem::path& folder,
                                        DataSpec spec, const LoadProgress& progress) {
  const Shape sample = model.predictor.samples()[0];
  if (spec.kind == DataKind::ImageFolder && sample.rank() == 3) {
    spec.imageHeight = sample[0];
    spec.imageWidth = sample[1];
    spec.imageChannels = sample[2];
  }
  if (const std::vector<InputFields> inputs = model.predictor.preprocessing().inputs();
      spec.kind == DataKind::TextFolder && inputs.size() == 1 && inputs[0].isText()) {
    spec.text = inputs[0].fields[0]->text;
    spec.vocabulary = inputs[0].fields[0]->categories;
  }
  spec.validationFraction = spec.testFraction = 0;
  TANDEM_ASSIGN(const auto data, loadDataset(spec, progress));
  std::vector<std::int64_t> chosen = data->part(SplitPart::Test);
  const bool tested = !chosen.empty();
  if (!tested) {
    chosen.resize(static_cast<std::size_t>(data->size()));
    std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
  }
  TANDEM_ASSIGN(EncodedSamples samples, encodeSamples(*data, chosen, model.predictor.preprocessing()));
  samples.notes.insert(samples.notes.begin(), data->info.notes.begin(), data->info.notes.end());
  noteTrainingData(model, folder, tested, samples.notes);
  return LabelledSamples{std::move(samples), (tested ? "the test part of " : "") + folder.string()};
}

Result<LabelledSamples> samplesOfTable(const OpenModel& model, const std::filesystem::path& file,
                                       const TableFormat& given) {
  // An auto-encoder is compared with its inputs.
  const Labels labels =
      model.predictor.preprocessing().targets().empty() ? Labels::NotNeeded : Labels::Needed;
  TANDEM_ASSIGN(EncodedSamples samples, encodeFile(file, model.predictor.preprocessing(), labels, given));
  noteTrainingData(model, file, false, samples.notes);
  return LabelledSamples{std::move(samples), file.string()};
}

Result<LabelledSamples> samplesOfFile(const OpenModel& model, const std::filesystem::path& file,
                                      const LoadProgress& progress) {
  if (!isDataFolder(file)) return samplesOfTable(model, file, {});
  DataSpec spec = model.project ? trainingData(*model.project) : DataSpec();
  TANDEM_ASSIGN(DataSpec there, detectData(file));
  if (there.kind == spec.kind) {  // the same kind of data is read with the project's settings
    spec.path = there.path;
    spec.masks = there.masks;
  } else {
    spec = std::move(there);
  }
  return samplesOfFolder(model, file, std::move(spec), progress);
}

}  // namespace tandem
