#include "core/train/checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/base/philox.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

Checkpoint sample() {
  Checkpoint c;
  c.project = *projectFromTemplate(templates().front().name);
  c.parameters = {{"conv1/kernel", Shape{2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}}, {"./bias", Shape{2}, {-1, 0.5f}}};
  c.states = {{"norm/moving_mean", Shape{3}, {7, 8, 9}}};
  c.optimizer = {0.1f, 0.2f, 0.3f};
  c.lossScale = {8192, 1234, 5, 0};
  c.step = std::int64_t{1} << 40;
  c.epoch = 3;
  c.batchInEpoch = 17;
  c.baseLearningRate = 1e-3;
  c.plateauScale = 0.1;
  c.bestLoss = 0.25;
  c.badEpochs = 1;
  c.stoppingEpochs = 2;
  c.epochSums = {1.0 / 3, 2};
  c.epochRows = 34;
  c.epochTrainSeconds = 1.5;
  c.wallSeconds = 99.5;
  c.sample = Shape{28, 28, 1};
  c.preprocessing.named = true;
  c.preprocessing.fields = {
      {.name = "image", .kind = FieldKind::Image, .image = c.sample, .mean = {0.5}, .scale = {2}},
      {.name = "class",
       .role = FieldRole::Target,
       .kind = FieldKind::Category,
       .categories = {"T-shirt", "Größe", ""}}};
  return c;
}

void expectEqual(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.project, b.project);
  const auto arrays = [](const std::vector<NamedArray>& x, const std::vector<NamedArray>& y) {
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(x[i].name, y[i].name);
      EXPECT_EQ(x[i].shape, y[i].shape);
      EXPECT_EQ(x[i].values, y[i].values);
    }
  };
  arrays(a.parameters, b.parameters);
  arrays(a.states, b.states);
  arrays(a.trainedParameters, b.trainedParameters);
  EXPECT_EQ(a.optimizer, b.optimizer);
  EXPECT_EQ(a.lossScale, b.lossScale);
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.batchInEpoch, b.batchInEpoch);
  EXPECT_EQ(a.baseLearningRate, b.baseLearningRate);
  EXPECT_EQ(a.plateauScale, b.plateauScale);
  EXPECT_EQ(a.bestLoss, b.bestLoss);
  EXPECT_EQ(a.badEpochs, b.badEpochs);
  EXPECT_EQ(a.stoppingEpochs, b.stoppingEpochs);
  EXPECT_EQ(a.epochSums, b.epochSums);
  EXPECT_EQ(a.epochRows, b.epochRows);
  EXPECT_EQ(a.epochTrainSeconds, b.epochTrainSeconds);
  EXPECT_EQ(a.wallSeconds, b.wallSeconds);
  EXPECT_EQ(a.sample, b.sample);
  EXPECT_EQ(a.preprocessing, b.preprocessing);
}

std::string bytesOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

TEST(Checkpoint, RestoresEverything) {
  const TemporaryFolder folder;
  const Checkpoint saved = sample();
  const Status status = saveCheckpoint(saved, folder / "c.h5");
  ASSERT_TRUE(status.ok()) << status.error().text();
  const auto loaded = loadCheckpoint(folder / "c.h5");
  ASSERT_TRUE(loaded.ok()) << loaded.error().text();
  expectEqual(saved, *loaded);
  EXPECT_TRUE(isCheckpoint(folder / "c.h5"));
  std::ofstream(folder / "other.h5") << "TANDEM";
  EXPECT_FALSE(isCheckpoint(folder / "other.h5"));
  EXPECT_FALSE(isCheckpoint(folder / "none.h5"));
}

TEST(Checkpoint, HoldsTheTrainedWeightsBesideTheirAverages) {
  const TemporaryFolder folder;
  Checkpoint c = sample();
  EXPECT_TRUE(c.trainedParameters.empty());
  c.trainedParameters = c.parameters;
  c.trainedParameters[0].values[0] = 42;
  ASSERT_TRUE(saveCheckpoint(c, folder / "c.h5").ok());
  const auto loaded = loadCheckpoint(folder / "c.h5");
  ASSERT_TRUE(loaded.ok()) << loaded.error().text();
  expectEqual(c, *loaded);
  c.trainedParameters.pop_back();
  ASSERT_TRUE(saveCheckpoint(c, folder / "c.h5").ok());
  EXPECT_FALSE(loadCheckpoint(folder / "c.h5").ok());
}

TEST(Checkpoint, KeepsInfinityAsTheBestLossOfAFreshRun) {
  const TemporaryFolder folder;
  Checkpoint c = sample();
  c.bestLoss = Checkpoint{}.bestLoss;
  ASSERT_TRUE(saveCheckpoint(c, folder / "c.h5").ok());
  EXPECT_EQ(loadCheckpoint(folder / "c.h5")->bestLoss, std::numeric_limits<double>::infinity());
}

TEST(Checkpoint, AMissingLossScaleIsAllowedAndAnInvalidOneIsDamage) {
  const TemporaryFolder folder;
  Checkpoint c = sample();
  c.lossScale.clear();
  ASSERT_TRUE(saveCheckpoint(c, folder / "c.h5").ok());
  EXPECT_TRUE(loadCheckpoint(folder / "c.h5")->lossScale.empty());
  for (const std::vector<float>& wrong :
       {std::vector<float>{1, 2}, std::vector<float>{-1, 0, 0, 0},
        std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 0, 0, 0}}) {
    c.lossScale = wrong;
    ASSERT_TRUE(saveCheckpoint(c, folder / "c.h5").ok());
    EXPECT_FALSE(loadCheckpoint(folder / "c.h5").ok());
  }
}

// Any lost or changed byte gives an Error that names the file.
TEST(Checkpoint, FindsDamageAnywhere) {
  const TemporaryFolder folder;
  ASSERT_TRUE(saveCheckpoint(sample(), folder / "good.h5").ok());
  const std::string good = bytesOf(folder / "good.h5");
  PhiloxSequence random(7, 0);
  const auto refuses = [&](const std::string& bytes) {
    std::ofstream(folder / "bad.h5", std::ios::binary) << bytes;
    const auto loaded = loadCheckpoint(folder / "bad.h5");
    ASSERT_FALSE(loaded.ok());
    EXPECT_NE(loaded.error().text().find("bad.h5"), std::string::npos) << loaded.error().text();
  };
  for (int i = 0; i < 200; ++i) {
    std::string bytes = good;
    std::size_t at = random.below(bytes.size());
    if (at >= 24 && at < 512) at = 512;  // the rest of the header is unused
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1u << random.below(8)));
    refuses(bytes);
  }
  for (int i = 0; i < 50; ++i) refuses(good.substr(0, random.below(good.size())));
  refuses(good + "x");
}

TEST(Checkpoint, RejectsOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(loadCheckpoint(folder / "none.h5").error().code, ErrorCode::NotFound);
  std::ofstream(folder / "text.h5") << std::string(4096, 'x');
  EXPECT_NE(loadCheckpoint(folder / "text.h5").error().text().find("not a Tandem checkpoint"),
            std::string::npos);
  EXPECT_FALSE(loadCheckpoint(folder.path()).ok());
}

TEST(Checkpoint, AFailedWriteKeepsTheLastCheckpoint) {
  const TemporaryFolder folder;
  Checkpoint first = sample();
  ASSERT_TRUE(saveCheckpoint(first, folder / "c.h5").ok());
  const std::string before = bytesOf(folder / "c.h5");
  // A folder with the name of the file cannot be replaced by a file.
  std::filesystem::create_directory(folder / "taken.h5");
  const Status status = saveCheckpoint(first, folder / "taken.h5");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().text().find("taken.h5"), std::string::npos);
  EXPECT_EQ(bytesOf(folder / "c.h5"), before);
  EXPECT_EQ(folder.entries(), 2u);  // no temporary file is left
}

}  // namespace
}  // namespace tandem
