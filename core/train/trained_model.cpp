#include "core/train/trained_model.h"

#include "core/io/model_formats.h"
#include "core/runtime/registry.h"

namespace tandem {

Result<OpenModel> openModel(const std::filesystem::path& file, const std::string& device, Weights which) {
  TANDEM_ASSIGN(Backend* const backend, DeviceRegistry::instance().backendFor(device));
  DeviceOptions options;
  options.device = device;
  constexpr std::int64_t kBatch = 64;
  if (const ModelFormat* format = modelFormatOf(file)) {
    if (which == Weights::Last)
      return invalid("the model contains only one set of weights", file.string(),
                     "Leave out --last, or use the checkpoint of the run");
    TANDEM_ASSIGN(ImportedModel model, format->import(file));
    std::vector<std::string> notes = std::move(model.notes);
    TANDEM_ASSIGN(Predictor predictor, Predictor::open(std::move(model), *backend, options, kBatch));
    return OpenModel{std::move(predictor), std::nullopt, {}, std::move(notes)};
  }
  TANDEM_ASSIGN(Checkpoint checkpoint, loadWeights(file, which));
  Project project = checkpoint.project;
  std::string data = checkpoint.dataFingerprint;
  TANDEM_ASSIGN(Predictor predictor, Predictor::open(std::move(checkpoint), *backend, options, kBatch));
  return OpenModel{std::move(predictor), std::move(project), std::move(data), {}};
}

}  // namespace tandem
