// A trained network that makes predictions, for `tandem infer` and the lab.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/keras/keras.h"
#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"

namespace tandem {

class Predictor {
 public:
  // Compiles the checkpoint's network for inference on up to `batch` samples at a time.
  static Result<Predictor> open(const Checkpoint& checkpoint, Backend& backend, const DeviceOptions& device,
                                std::int64_t batch = 1);
  // For a Keras model: features are not normalized, and predictions are the model's output unchanged.
  static Result<Predictor> open(ImportedModel model, Backend& backend, const DeviceOptions& device,
                                std::int64_t batch = 1);

  // Features as in the data (image bytes divided by 255), row by row; they are normalized with the statistics
  // of the training data. Returns the prediction per row: probabilities for classification, else numbers.
  Result<std::vector<float>> predict(std::span<const float> features);

  std::int64_t width() const { return width_; }  // values per prediction
  const Shape& sample() const { return sample_; }
  const std::vector<std::string>& classNames() const { return classNames_; }

 private:
  void normalize(std::span<float> features) const;
  void toProbabilities(std::span<float> answers) const;

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  Shape sample_;
  std::vector<std::string> classNames_;
  std::vector<float> mean_, scale_;
  std::int64_t width_ = 0;
  enum class Answer { AsIs, Softmax, Sigmoid } answer_ = Answer::AsIs;
};

}  // namespace tandem
