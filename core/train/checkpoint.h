// Checkpoints: HDF5 files, written completely to a new file, fsynced, then renamed. They hold everything that
// a run needs to resume bit-identical: parameters, optimizer state, running statistics, step, epoch, data
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

#include "core/data/preprocessing.h"
#include "core/network/project.h"
#include "core/train/observer.h"

namespace tandem {

struct NamedArray {
  std::string name;  // "conv1/kernel"
  Shape shape;
  std::vector<float> values;
};

// Which of a checkpoint's weights to use: those of the best epoch or of the last step.
enum class Weights : std::uint8_t { Best, Last };

struct Checkpoint {
  Project project;
  std::vector<NamedArray> parameters, states;  // in the plan's order and layouts (conv: O, H, W, I)
  // If `parameters` are averages (TrainingConfig::average): the weights themselves, with which training continues.
  std::vector<NamedArray> trainedParameters;
  BestEpoch best;
  // The weights of the best epoch, like `parameters` and `states`; empty if it is the last one or not known.
  std::vector<NamedArray> bestParameters, bestStates;
  std::vector<float> optimizer;  // the Optimizer block, without the averages
  std::vector<float> lossScale;  // state of dynamic loss scaling (core/ops/loss_scale.h), or empty
  std::int64_t step = 0;
  std::int32_t epoch = 0;         // completed epochs
  std::int64_t batchInEpoch = 0;  // next batch of the epoch in progress
  double baseLearningRate = 0;
  double plateauScale = 1;  // LossWatch in schedule.h
  double bestLoss = std::numeric_limits<double>::infinity();
  std::int32_t badEpochs = 0, stoppingEpochs = 0;
  std::vector<double> epochSums;  // ReportSums::sums of the epoch in progress
  std::int64_t epochRows = 0;     // rows in epochSums
  double epochTrainSeconds = 0;   // training time of the epoch in progress
  double wallSeconds = 0;         // of the whole run so far, without pauses
  Shape sample;                   // of one sample of the first input
  Preprocessing preprocessing;    // of the data it was trained on
  std::string dataFingerprint;    // of that data (core/data/fingerprint.h); empty: not known
};

Status saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& file);
Result<Checkpoint> loadCheckpoint(const std::filesystem::path& file);
// Whether a file begins like a checkpoint.
bool isCheckpoint(const std::filesystem::path& file);
// For use outside training: the chosen weights are in `parameters` and `states`. A checkpoint whose best epoch
// is not known has only the last ones.
Result<Checkpoint> loadWeights(const std::filesystem::path& file, Weights which);
// The 512 bytes at the beginning of a file, with the checksum of `body`, its HDF5 part.
std::string checkpointHead(std::string_view body);

}  // namespace tandem
