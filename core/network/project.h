// Project: one .tandem file with the network, data source, training settings and node positions.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/augment/augment.h"
#include "core/data/spec.h"
#include "core/network/head.h"
#include "core/network/network.h"
#include "core/optimizers/optimizer.h"
#include "core/runtime/plan.h"
#include "core/schedules/schedule.h"

namespace tandem {

enum class ClipKind : std::uint8_t { None, Norm, Value };

std::string_view nameOf(ClipKind);

struct TrainingConfig {
  std::vector<Head> heads{1};  // never empty
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  int epochs = 5;
  std::int64_t batch = 128;
  // Batches whose mean gradient makes one update of the weights, as if they were one batch; 1: off. The batches that
  // remain at the end of an epoch make a smaller update. A step is one batch, also for schedules.
  int accumulate = 1;
  std::uint64_t seed = 1;
  std::vector<AugmentConfig> augment;  // random changes of the training samples, each of another type
  double l1 = 0, l2 = 0;               // penalties on kernels, added to the gradients
  ClipKind clip = ClipKind::None;
  double clipLimit = 1.0;
  // The decay of an exponential moving average of the weights over the updates, which evaluation, checkpoints and exports
  // use, while training continues with the weights themselves; 0: off.
  double average = 0;
  // "loss", or the name of a metric as it is reported: decides which epoch is the best, when to stop early and when to
  // reduce the rate on a plateau.
  std::string monitor = "loss";
  int earlyStoppingPatience = 0;  // epochs without improvement of the monitored value; 0: off
  int checkpointEpochs = 1;       // epochs between checkpoints; 0: only at the end
  // A checkpoint or Keras model whose weights the run starts with, as far as its layers have the same names and shapes;
  // empty: all are initialized.
  std::string initialWeights;
  DeviceOptions device;

  bool operator==(const TrainingConfig&) const;
};

// The name of a value of a head in results: "accuracy", or of one of several heads "species accuracy".
std::string reportName(const TrainingConfig& training, const Head& head, std::string_view value);

// Those of all heads. The heads must be valid.
std::vector<Source> outputsOf(const TrainingConfig& training, const Network& network);

struct Position {
  double x = 0, y = 0;
  bool operator==(const Position&) const = default;
};

struct Project {
  std::string name;
  std::string notes;
  Network network;
  DataSpec data;
  TrainingConfig training;
  std::map<LayerId, Position> positions;
  bool operator==(const Project&) const = default;
};

// The data as this network needs it: a target is not standardized if the range of the output that predicts it is limited
// by an activation such as relu or sigmoid, or if its loss is that of probabilities.
DataSpec trainingData(const Project& project);

// After a change of the loss or of the metrics: removes metrics that do not fit the loss (if none is left, the usual
// ones are reported), and monitors the loss if what was monitored is no longer reported.
void fitMetrics(TrainingConfig& training);

// Changes a training setting by its path in the project file: "epochs" to "20", "optimizer.beta1" to "0.95", "optimizer"
// to "sgd". Errors name the path and, for unknown ones, what there is.
Status setTraining(TrainingConfig& training, std::string_view path, std::string_view value);

// JSON, versioned. Unknown keys, wrong types and out-of-range values are Errors that name the path
// ("layers[3].properties.filters").
std::string toJson(const Project& project);
Result<Project> projectFromJson(std::string_view text, std::string_view source);
// A relative path of data or weights refers to the folder of the project file, or else to the working directory; it is
// absolute in the result. Files below the project's folder are stored relative to it, so that both can be moved together.
Result<Project> loadProject(const std::filesystem::path& file);
// Refuses settings that could not be read back (out of range). Writes atomically.
Status saveProject(const Project& project, const std::filesystem::path& file);

// Built-in projects from resources/templates (compiled in as JSON).
struct TemplateInfo {
  std::string name;   // "Fashion-MNIST CNN"
  std::string about;  // one sentence
};
std::vector<TemplateInfo> templates();
Result<Project> projectFromTemplate(std::string_view name);  // case-insensitive; a unique prefix suffices

}  // namespace tandem
