// Sequences in memory, for tests of samples that differ in length.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/data/dataset.h"
#include "core/network/project.h"
#include "tests/support/workloads.h"

namespace tandem::testing {

inline constexpr std::int64_t kSequenceFeatures = 2;
inline constexpr std::int64_t kLongestSequence = 5;

inline std::int32_t sequenceLength(std::int64_t sample) {
  return static_cast<std::int32_t>(1 + sample * 7 % kLongestSequence);
}

// Two classes of noise about different means, with 1 to kLongestSequence steps. `garbage` times an odd pattern follows
// their ends.
inline std::shared_ptr<Dataset> sequenceData(std::int64_t steps = kLongestSequence, float garbage = 0) {
  constexpr std::int64_t kTrain = 27, kValidation = 8, kCount = 44;  // some batches are incomplete
  auto data = std::make_shared<Dataset>();
  data->info.name = "waves";
  data->info.inputs[0] = {.name = "signal", .sample = Shape{steps, kSequenceFeatures}};
  data->info.inputs[0].varies = true;
  data->info.targets[0] = {.name = "kind", .classes = 2, .classNames = {"low", "high"}};
  data->info.lengths = {{.name = "signal length", .classes = static_cast<int>(steps) + 1}};
  data->lengths.resize(1);
  const auto width = static_cast<std::size_t>(steps * kSequenceFeatures);
  data->inputs[0].mean.assign(width, 0.0f);
  data->inputs[0].scale.assign(width, 1.0f);
  for (std::int64_t i = 0; i < kCount; ++i) {
    const std::int64_t values = sequenceLength(i) * kSequenceFeatures;
    for (std::int64_t k = 0; k < steps * kSequenceFeatures; ++k) {
      const double noise = std::sin(static_cast<double>(i) * 12.9898 + static_cast<double>(k) * 78.233);
      data->inputs[0].floats.push_back(k < values ? static_cast<float>(noise + (i % 2 == 0 ? -0.5 : 0.5))
                                                  : garbage * static_cast<float>(i % 7 - 3 + k));
    }
    data->targets[0].classOf.push_back(static_cast<std::int32_t>(i % 2));
    data->lengths[0].classOf.push_back(sequenceLength(i));
    data->parts[i < kTrain ? 0 : i < kTrain + kValidation ? 1 : 2].push_back(i);
  }
  return data;
}

// An input for such data, and what `build` adds to it.
template <class Build>
Project sequenceProject(const Build& build, std::int64_t steps = kLongestSequence) {
  NetworkBuilder b(Shape{steps, kSequenceFeatures});
  build(b);
  Project project;
  project.name = "waves";
  project.network = b.take();
  const Status varies = project.network.setProperty(project.network.inputs()[0], "varies", std::int64_t{1});
  EXPECT_TRUE(varies.ok());
  project.training.epochs = 2;
  project.training.batch = 8;
  project.training.device.threads = 1;
  EXPECT_TRUE(project.training.optimizer.set(kLearningRate, 0.02).ok());
  return project;
}

}  // namespace tandem::testing
