// Checkpoints: HDF5, written whole to a new file, fsynced, renamed. Hold everything a run needs to go
// on bit-equal: parameters, optimizer state, running statistics, step, epoch, data position, schedule
// state, the project itself (JSON). Readers treat the file as hostile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/network/project.h"

namespace tandem {

struct NamedArray {
  std::string name;  // "conv1/kernel"
  Shape shape;
  std::vector<float> values;
};

struct Checkpoint {
  Project project;
  std::vector<NamedArray> parameters, states;  // in the plan's order and layouts (conv: O H W I)
  std::vector<float> optimizer;                // the Optimizer block
  std::int64_t step = 0;
  std::int32_t epoch = 0;         // completed epochs
  std::int64_t batchInEpoch = 0;  // next batch of the epoch in progress
  double baseLearningRate = 0;
  double plateauScale = 1, bestLoss = 0;  // of ReduceOnPlateau and early stopping
  std::int32_t badEpochs = 0, stoppingEpochs = 0;
  std::vector<double> epochSums;  // accumulated report values of the epoch in progress
  Shape sample;                   // input of one sample
  std::vector<std::string> classNames;
  std::vector<float> mean, scale;  // normalization of the data it was trained on
};

Status saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& file);
Result<Checkpoint> loadCheckpoint(const std::filesystem::path& file);

}  // namespace tandem
