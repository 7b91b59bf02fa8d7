// Weights of a trained model at the start of a run, for fine-tuning (TrainingConfig::initialWeights).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/network/network.h"
#include "core/train/inference_weights.h"

namespace tandem {

struct InitialWeights {
  std::filesystem::path file;
  NamedWeights weights;
  Preprocessing preprocessing;     // of the data that the model was trained on
  std::vector<std::string> notes;  // for the user: what the file left open
};

// Reads a checkpoint, with the weights of its best epoch, or a Keras model. Errors: those of reading, and weights that
// are not finite.
Result<InitialWeights> loadInitialWeights(const std::filesystem::path& file);

// A short hash of the weights that tells files apart (core/base/content_hash.h).
std::string fingerprint(const InitialWeights& initial);

// The data with the inputs that the network reads normalized as the model expects them; `data` itself if they are
// already, or have another form. Adds notes for the user.
std::shared_ptr<const Dataset> normalizedFor(const InitialWeights& initial, const Network& network,
                                             std::shared_ptr<const Dataset> data,
                                             std::vector<std::string>& notes);

// Writes the weights and running statistics of all layers that have them, by name and in the same shapes, to the model;
// the others are left as they are. Adds notes for the user. Errors: no layer has the name and shape of one in the file.
Status writeMatching(const InitialWeights& initial, const Plan& plan, Session& session,
                     std::vector<std::string>& notes);

}  // namespace tandem
