// Runs that start with the weights of a trained model.
#include <gtest/gtest.h>

#include "core/train/export_weights.h"
#include "core/twin/lock_step.h"
#include "tests/unit/point_runs.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace tandem::testing;  // NOLINT(google-build-using-namespace)

// Trained on moons, then on three classes of other points, with a new last layer.
class StartWeights : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    first_ = train(moons(), folder_ / "first");
    model_ = first_.file;
    if (!GetParam()) return;
    model_ = folder_ / "model.h5";
    ASSERT_TRUE(exportKeras(first_.checkpoint, model_, true).ok());
  }

  Project next() const {
    Project project = moons();
    project.data.generator = "circles";
    project.training.initialWeights = model_.string();
    return project;
  }

  TemporaryFolder folder_;
  Outcome first_;
  std::filesystem::path model_;
};

TEST_P(StartWeights, FrozenLayersHaveThoseOfTheModel) {
  Project project = next();
  freeze(project.network, {"a", "norm_a", "b", "norm_b"});
  // A head of another width.
  const LayerId end = project.network.findByName("end")->id;
  ASSERT_TRUE(project.network.rename(end, "new_end").ok());
  const Outcome run = train(project, folder_ / "second");
  const auto source = loadWeights(first_.file, Weights::Best);
  const Values model = valuesOf(GetParam() ? first_.checkpoint : *source), after = valuesOf(run.checkpoint);
  for (const auto& [name, values] : model)
    if (!name.starts_with("end/")) {
      EXPECT_EQ(after.at(name), values) << name;
    }
  EXPECT_NE(
      run.notes.find("Starts with the weights of 4 layers from " + model_.string() + "; not there: new_end"),
      std::string::npos)
      << run.notes;
}

TEST_P(StartWeights, LayersOfAnotherShapeAreInitialized) {
  Project project = next();
  ASSERT_TRUE(
      project.network.setProperty(project.network.findByName("b")->id, "units", std::int64_t{7}).ok());
  project.training.epochs = 1;
  const Outcome run = train(project, folder_ / "second");
  EXPECT_NE(
      run.notes.find("of 2 layers from " + model_.string() + "; of another shape there: b, norm_b and end"),
      std::string::npos)
      << run.notes;
}

TEST_P(StartWeights, ATwinStartsWithThemToo) {
  Project project = next();
  project.data.generator = "moons";
  auto data = loadDataset(trainingData(project)).value();
  auto twin = LockStep::open(project, data, parseSides({"cpu:1", "cpu:2"}).value());
  ASSERT_TRUE(twin.ok()) << twin.error().text();
  project.training.initialWeights.clear();
  auto fresh = LockStep::open(project, data, parseSides({"cpu:1", "cpu:2"}).value());
  ASSERT_TRUE(fresh.ok()) << fresh.error().text();
  const double trained = (*twin)->step()->sides[1].loss, initial = (*fresh)->step()->sides[1].loss;
  EXPECT_LT(trained, 0.8 * initial);
}

TEST_P(StartWeights, ANetworkOfOtherNamesIsRefused) {
  Project project = next();
  for (const char* name : {"a", "norm_a", "b", "norm_b", "end"})
    ASSERT_TRUE(
        project.network.rename(project.network.findByName(name)->id, std::string("other_") + name).ok());
  const auto trainer = trainerOf(project, folder_ / "second");
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(
      trainer.error().message,
      "no layer of the network has the name of one in the file, which has a, b, end, norm_a and norm_b");
}

TEST_P(StartWeights, ANetworkOfOtherSizesIsRefused) {
  Project project = next();
  for (const char* name : {"a", "b"})
    ASSERT_TRUE(
        project.network.setProperty(project.network.findByName(name)->id, "units", std::int64_t{5}).ok());
  const auto trainer = trainerOf(project, folder_ / "second");
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(trainer.error().message,
            "these layers have other shapes in the file: a, norm_a, b, norm_b and end");
}

// A kernel without the bias that it was trained with would compute something else.
TEST_P(StartWeights, ALayerWithoutTheBiasOfTheFileIsInitialized) {
  Project project = next();
  const LayerId b = project.network.findByName("b")->id;
  ASSERT_TRUE(project.network.setProperty(b, "use_bias", std::int64_t{0}).ok());
  const Outcome run = train(project, folder_ / "second");
  EXPECT_NE(run.notes.find("; of another shape there: b"), std::string::npos) << run.notes;
}

// Keras accepts no dots and spaces: "a.2" becomes "a_2", which may be taken.
TEST_P(StartWeights, LayersOfNamesThatKerasDoesNotAcceptAreFound) {
  Project project = moons();
  Network& n = project.network;
  const auto named = [&](const char* before, const char* after) {
    ASSERT_TRUE(n.rename(n.findByName(before)->id, after).ok());
  };
  named("norm_a", "a_2");  // as Keras spells the repetition of a
  named("norm_b", "a norm");
  named("b", "a.b");
  ASSERT_TRUE(n.setProperty(n.findByName("a")->id, "units", std::int64_t{2}).ok());  // repeatable
  ASSERT_TRUE(n.setRepeat(*n.group({n.findByName("a")->id}), 2).ok());
  const Outcome first = train(project, folder_ / "odd");
  std::filesystem::path model = first.file;
  if (GetParam()) {
    model = folder_ / "odd.h5";
    ASSERT_TRUE(exportKeras(first.checkpoint, model, true).ok());
  }
  project.training.initialWeights = model.string();
  project.training.epochs = 1;
  freeze(n, {"a", "a_2", "a norm", "a.b"});
  const Outcome run = train(project, folder_ / "next");
  EXPECT_NE(run.notes.find("Starts with the weights of 6 layers from " + model.string()), std::string::npos)
      << run.notes;
  EXPECT_EQ(run.notes.find("not there"), std::string::npos) << run.notes;
  const auto best = loadWeights(first.file, Weights::Best);
  const Values before = valuesOf(GetParam() ? first.checkpoint : *best), after = valuesOf(run.checkpoint);
  EXPECT_TRUE(before.contains("a.2/kernel"));
  for (const auto& [name, values] : before)
    if (!name.starts_with("end/")) {
      EXPECT_EQ(after.at(name), values) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Files, StartWeights, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Keras" : "Checkpoint"; });

TEST(StartWeightsFile, AMissingFileOfWeightsIsNamed) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.initialWeights = (folder / "gone.h5").string();
  const auto trainer = trainerOf(project, folder / "run");
  ASSERT_FALSE(trainer.ok());
  EXPECT_NE(trainer.error().text().find("gone.h5"), std::string::npos) << trainer.error().text();
  EXPECT_FALSE(std::filesystem::exists(folder / "run")) << "nothing is left of a run that cannot start";
}

// The inputs are normalized as those of the model, not by their own mean and deviation.
TEST(StartWeightsFile, TheNormalizationOfTheModelRemains) {
  const TemporaryFolder folder;
  Project project = moons();
  project.data.normalize = true;
  const Outcome first = train(project, folder / "first");
  project.data.splitSeed = 99;
  const Outcome own = train(project, folder / "own");
  project.training.initialWeights = first.file.string();
  const Outcome run = train(project, folder / "second");
  const auto fieldsOf = [](const Outcome& r) { return r.checkpoint.preprocessing.inputs()[0].mean(); };
  EXPECT_NE(fieldsOf(own), fieldsOf(first));
  EXPECT_EQ(fieldsOf(run), fieldsOf(first));
  EXPECT_NE(run.notes.find("table is normalized as for the weights in"), std::string::npos) << run.notes;
  // The same samples in another normalization are still the data of the run.
  project.training.epochs = 4;
  const Outcome resumed = train(project, folder / "resumed", run.file);
  EXPECT_EQ(fieldsOf(resumed), fieldsOf(first));
}

}  // namespace
}  // namespace tandem
