// Checkpoints: HDF5 files, written completely to a new file, fsynced, then renamed. They hold everything that
// a run needs to resume bit-equal: parameters, optimizer state, running statistics, step, epoch, data
// position, schedule state and the project itself (JSON). Readers treat the file as untrusted: a 512-byte
// header with a checksum of the rest keeps corrupt data from the HDF5 library. Other programs can read the
// file as ordinary HDF5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
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
  std::vector<NamedArray> parameters, states;  // in the plan's order and layouts (conv: O, H, W, I)
  std::vector<float> optimizer;                // the Optimizer block
  std::vector<float> lossScale;  // state of dynamic loss scaling (core/ops/loss_scale.h), or empty
  std::int64_t step = 0;
  std::int32_t epoch = 0;         // completed epochs
  std::int64_t batchInEpoch = 0;  // next batch of the epoch in progress
  double baseLearningRate = 0;
  double plateauScale = 1;  // LossWatch in schedule.h
  double bestLoss = std::numeric_limits<double>::infinity();
  std::int32_t badEpochs = 0, stoppingEpochs = 0;
  std::vector<double> epochSums;  // report values times rows, for the epoch in progress
  std::int64_t epochRows = 0;     // rows in epochSums
  double epochTrainSeconds = 0;   // training time of the epoch in progress
  double trainSeconds = 0;        // of the whole run so far, without evaluation and pauses
  double wallSeconds = 0;         // of the whole run so far, without pauses
  std::int64_t trainedRows = 0;   // of the whole run so far
  Shape sample;                   // of one input sample
  std::vector<std::string> classNames;
  std::vector<float> mean, scale;  // normalization of the data it was trained on
};

Status saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& file);
Result<Checkpoint> loadCheckpoint(const std::filesystem::path& file);
// The 512 bytes at the beginning of a file, with the checksum of `body`, its HDF5 part.
std::string checkpointHead(std::string_view body);

}  // namespace tandem
