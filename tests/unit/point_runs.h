// Small runs on generated points, for tests of what a run starts with and what it changes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/compile/compile.h"
#include "core/network/project.h"
#include "core/runtime/registry.h"
#include "core/train/trainer.h"
#include "tests/support/workloads.h"

namespace tandem::testing {

using Values = std::map<std::string, std::vector<float>>;

inline Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

inline AttrValue count(std::int64_t n) {
  return n;
}

// Of points in the plane: two dense layers with batch norms, then `units` outputs.
inline Network pointNetwork(std::int64_t units) {
  NetworkBuilder b({2});
  b.add("dense", {{"units", count(8)}}, "a");
  b.add("batch_norm", {{"momentum", 0.5}}, "norm_a");
  b.add("activation", {}, "relu_a");
  b.add("dense", {{"units", count(6)}}, "b");
  b.add("batch_norm", {{"momentum", 0.5}}, "norm_b");
  b.add("activation", {}, "relu_b");
  b.add("dense", {{"units", count(units)}}, "end");
  return b.take();
}

inline void freeze(Network& network, std::initializer_list<const char*> names) {
  for (const char* name : names)
    ASSERT_TRUE(network.setTrainable(network.findByName(name)->id, false).ok()) << name;
}

inline Project moons() {
  Project project;
  project.name = "moons";
  project.network = pointNetwork(2);
  project.data.generator = "moons";
  project.data.count = 300;
  project.training.epochs = 3;
  project.training.batch = 32;
  project.training.device.threads = 1;
  EXPECT_TRUE(project.training.optimizer.set(kLearningRate, 0.01).ok());
  return project;
}

// Collects what a run reports at its start.
class Notes : public TrainObserver {
 public:
  void onStart(const Plan&) override {}
  void onStep(const StepRecord&) override {}
  void onEvent(const TrainEvent& event) override {
    if (const auto* note = std::get_if<Note>(&event.what)) text += note->text + "\n";
  }
  void onProfile(const ProfileRecord&) override {}
  std::string text;
};

struct Outcome {
  Checkpoint checkpoint;  // with the weights of its last step
  std::filesystem::path file;
  std::string notes;
};

inline Result<std::unique_ptr<Trainer>> trainerOf(const Project& project, const std::filesystem::path& folder,
                                                  TrainObserver* observer = nullptr,
                                                  std::optional<std::filesystem::path> resume = {}) {
  TANDEM_ASSIGN(auto data, loadDataset(trainingData(project)));
  TrainerSetup setup{.project = project, .data = data, .backend = &cpu(), .folder = folder};
  setup.resume = std::move(resume);
  if (observer) setup.observers.push_back(observer);
  return Trainer::create(std::move(setup));
}

inline Outcome train(const Project& project, const std::filesystem::path& folder,
                     std::optional<std::filesystem::path> resume = {}) {
  Outcome run;
  Notes notes;
  auto trainer = trainerOf(project, folder, &notes, std::move(resume));
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return run;
  (*trainer)->start();
  const TrainResult result = (*trainer)->join();
  EXPECT_FALSE(result.error) << result.error->text();
  run.file = result.weights;
  run.notes = notes.text;
  auto checkpoint = loadWeights(run.file, Weights::Last);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  if (checkpoint.ok()) run.checkpoint = *std::move(checkpoint);
  return run;
}

// All weights and statistics, trained or not.
inline Values valuesOf(const Checkpoint& checkpoint) {
  Values values;
  for (const auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (const NamedArray& array : *arrays) values[array.name] = array.values;
  return values;
}

inline Values initialValues(const Plan& plan) {
  Values values;
  const auto add = [&](const std::vector<ParameterInfo>& infos, const std::vector<float>& block) {
    for (const ParameterInfo& info : infos) {
      const auto first = block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float));
      values[info.name].assign(first, first + info.shape.elements());
    }
  };
  add(plan.parameters(), initialParameters(plan).value());
  add(plan.states(), initialStates(plan).value());
  return values;
}

inline std::shared_ptr<const Plan> planOf(const Project& project) {
  auto plan = compile(project.network, project.training, *probeDataset(project.data), cpu());
  EXPECT_TRUE(plan.ok()) << plan.error().text();
  return *plan;
}

}  // namespace tandem::testing
