// A trained network that makes predictions, for `tandem infer` and the lab.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/compile/compile.h"
#include "core/io/keras/keras.h"
#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"
#include "core/train/inference_weights.h"

namespace tandem {

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

  // Features row by row, normalized (encode.h). Returns the prediction per row: probabilities for classification, else
  // numbers as the network predicts them (inTargetUnit).
  Result<std::vector<float>> predict(std::span<const float> features);
  // What predict() makes predictions of; output() says what the values mean. Of classes they are logits wherever the
  // network has any, because probabilities near 0 and 1 are too coarse for a loss.
  Result<std::vector<float>> outputs(std::span<const float> features);

  // Predicted numbers in the unit of the target, which may be standardized.
  std::vector<double> inTargetUnit(std::span<const float> predictions) const;

  std::int64_t width() const { return width_; }  // values per prediction
  OutputMeaning output() const { return output_; }
  // Whether a prediction consists of the probabilities of classes; two classes may have one value, the
  // probability of the second. The names of the classes may be unknown.
  bool predictsClasses() const { return output_ != OutputMeaning::Values; }
  const Shape& sample() const { return sample_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }  // of the data it was trained on
  const std::vector<std::string>& classNames() const { return classNames_; }
  // For the samples of the last prediction.
  const Plan& plan() const { return *plan_; }
  MemoryUse memory() const { return session_ ? session_->memory() : MemoryUse(); }

 private:
  static Result<Predictor> open(Network network, NamedWeights weights, Preprocessing preprocessing,
                                OutputMeaning output, Backend& backend, const DeviceOptions& device,
                                std::int64_t batch);
  Status setBatch(std::int64_t batch);
  void describe(Preprocessing preprocessing, OutputMeaning output);
  void toProbabilities(std::span<float> answers) const;

  Network network_;
  Backend* backend_ = nullptr;
  DeviceOptions device_;
  CompileOptions options_;
  std::int64_t chunk_ = 1;                      // samples to compute at once, at most
  std::vector<std::byte> parameters_, states_;  // of the session, while there is none
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  Shape sample_;
  Preprocessing preprocessing_;
  std::vector<std::string> classNames_;
  std::int64_t width_ = 0;
  OutputMeaning output_ = OutputMeaning::Values;
};

}  // namespace tandem
