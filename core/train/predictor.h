// A trained network that makes predictions, for `tandem infer` and the lab.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/compile/compile.h"
#include "core/io/keras/keras.h"
#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"
#include "core/train/inference_weights.h"

namespace tandem {

// What an output of a predictor computes. `targets` refers to its preprocessing().
struct PredictorOutput {
  std::string layer;
  OutputMeaning meaning = OutputMeaning::Values;
  Shape shape;                        // of one sample: (values), (classes), (height, width, classes)
  std::vector<const Field*> targets;  // what it predicts; empty if the model does not describe its data
  // Of a sequence whose samples differ in length: the input whose lengths it has.
  std::optional<std::size_t> lengthsOf = {};

  std::int64_t width() const { return shape.elements(); }  // values per prediction
  // Of them, those of a row: without the steps after the end of the sample. lengths: as in EncodedSamples.
  std::size_t valuesOf(std::span<const std::vector<std::int32_t>> lengths, std::size_t row) const;
  // Whether a prediction consists of the probabilities of classes. Two classes may have one value, the probability of the
  // second; several targets of two classes then have one value each. The names of the classes may be unknown.
  bool predictsClasses() const {
    return meaning != OutputMeaning::Values && (targets.empty() || targets[0]->role == FieldRole::Target);
  }
  const std::vector<std::string>& classNames() const;  // of the only target; may be empty
};

class Predictor {
 public:
  // Compiles the checkpoint's network for inference (compile.h) on one sample; predict() compiles it again for
  // more, up to `batch` at a time or as many as fit a limit of memory. The backend must outlive the predictor.
  static Result<Predictor> open(Checkpoint checkpoint, Backend& backend, const DeviceOptions& device,
                                std::int64_t batch = 1);
  // For a Keras model: features are normalized as the file describes; logits that it describes as such become
  // probabilities, other predictions are what the network computes.
  static Result<Predictor> open(ImportedModel model, Backend& backend, const DeviceOptions& device,
                                std::int64_t batch = 1);

  // The values of each output, row by row.
  using Values = std::vector<std::vector<float>>;
  // inputs, lengths: as in EncodedSamples (encode.h): of each input, row by row, normalized; tokens as whole numbers.
  // Without lengths, all rows have all steps, but of tokens those before the zeros at the end. Predictions are probabilities of classes, or else numbers as the network
  // predicts them (inUnit).
  Result<Values> predict(std::span<const std::vector<float>> inputs,
                         std::span<const std::vector<std::int32_t>> lengths = {});
  // What predict() makes predictions of; outputs() says what the values mean. Of classes they are logits wherever the
  // network has any, because probabilities near 0 and 1 are too coarse for a loss.
  Result<Values> run(std::span<const std::vector<float>> inputs,
                     std::span<const std::vector<std::int32_t>> lengths = {});

  // Predicted numbers of an output in the units of what it predicts, which may be standardized.
  std::vector<double> inUnit(const PredictorOutput& output, std::span<const float> predictions) const;

  const std::vector<PredictorOutput>& outputs() const { return outputs_; }
  const std::vector<Shape>& samples() const { return samples_; }         // of each input
  const Preprocessing& preprocessing() const { return preprocessing_; }  // of the data it was trained on
  // For the samples of the last prediction.
  const Plan& plan() const { return *plan_; }
  MemoryUse memory() const { return session_ ? session_->memory() : MemoryUse(); }

 private:
  static Result<Predictor> open(Network network, NamedWeights weights, Preprocessing preprocessing,
                                std::vector<ModelOutput> outputs, Backend& backend,
                                const DeviceOptions& device, std::int64_t batch);
  Status setBatch(std::int64_t batch);
  Result<std::shared_ptr<const Plan>> compileFor(std::int64_t batch) const;
  // Takes over what the data and the outputs mean; the plan is compiled.
  Status describe(Preprocessing preprocessing, std::vector<ModelOutput> outputs);

  Network network_;
  std::vector<Source> sources_;  // of the outputs
  Backend* backend_ = nullptr;
  DeviceOptions device_;
  CompileOptions options_;
  std::int64_t chunk_ = 1;                      // samples to compute at once, at most
  std::vector<std::byte> parameters_, states_;  // of the session, while there is none
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  std::vector<Shape> samples_;         // of each input of the data
  std::vector<std::size_t> fieldsOf_;  // of each input of the plan: the index of its fields
  std::vector<std::size_t> varying_;   // of each of the lengths that follow them in the plan, likewise
  Preprocessing preprocessing_;
  std::vector<PredictorOutput> outputs_;
};

}  // namespace tandem
