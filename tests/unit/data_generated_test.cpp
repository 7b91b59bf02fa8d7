#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/data/dataset.h"

namespace tandem {
namespace {

std::shared_ptr<const Dataset> load(const DataSpec& spec) {
  return loadDataset(spec).value();
}

DataSpec specOf(const std::string& generator, double noise = 0) {
  DataSpec spec;
  spec.generator = generator;
  spec.noise = noise;
  return spec;
}

TEST(Generated, SameSeedSamePoints) {
  for (const char* name : {"spirals", "moons", "circles", "checkerboard"}) {
    DataSpec spec = specOf(name, 0.1);
    const auto one = load(spec), two = load(spec);
    EXPECT_EQ(one->inputs[0].floats, two->inputs[0].floats) << name;
    EXPECT_EQ(one->parts[1], two->parts[1]) << name;
    EXPECT_EQ(one->info.inputs[0].sample, Shape{2});
    EXPECT_EQ(one->info.targets[0].classNames.size(), 2u);
    EXPECT_EQ(std::ranges::count(one->targets[0].classOf, 1), 1000);
    spec.splitSeed = 2;
    EXPECT_NE(load(spec)->inputs[0].floats, one->inputs[0].floats) << name;
    EXPECT_EQ(probeDataset(spec)->featureNames(), one->info.featureNames());
  }
}

TEST(Generated, ShapesAreWhatTheirNamesSay) {
  const auto circles = load(specOf("circles"));
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_NEAR(std::hypot(circles->inputs[0].floats[2 * i], circles->inputs[0].floats[2 * i + 1]),
                circles->targets[0].classOf[i] ? 0.5 : 1.0, 1e-5);
  }
  const auto board = load(specOf("checkerboard"));
  for (std::size_t i = 0; i < 500; ++i) {
    const auto cell = [](float v) { return static_cast<int>(std::floor((v + 1) * 2)); };
    EXPECT_EQ((cell(board->inputs[0].floats[2 * i]) + cell(board->inputs[0].floats[2 * i + 1])) % 2,
              board->targets[0].classOf[i]);
  }
  const auto spirals = load(specOf("spirals"));  // the arms are rotated by half a turn
  for (std::size_t i = 0; i < 100; ++i) {
    const double x = spirals->inputs[0].floats[2 * i], y = spirals->inputs[0].floats[2 * i + 1],
                 r = std::hypot(x, y);
    const double angle = 3.5 * M_PI * r + M_PI * spirals->targets[0].classOf[i];
    EXPECT_NEAR(x, r * std::cos(angle), 1e-4);
    EXPECT_NEAR(y, r * std::sin(angle), 1e-4);
  }
  const auto moons = load(specOf("moons"));
  for (std::size_t i = 0; i < 100; ++i) {
    const double sign = moons->targets[0].classOf[i] ? -1 : 1;
    EXPECT_NEAR(std::hypot(1.5 * sign * moons->inputs[0].floats[2 * i] + 0.5,
                           1.5 * sign * moons->inputs[0].floats[2 * i + 1] + 0.25),
                1.0, 1e-5);
  }
}

TEST(Split, PartsAreDisjointAndOfTheRequestedSize) {
  DataSpec spec = specOf("moons");
  spec.count = 1000;
  const auto data = load(spec);
  EXPECT_EQ(data->parts[2].size(), 200u);
  EXPECT_EQ(data->parts[1].size(), 80u);  // of the samples outside the test set
  EXPECT_EQ(data->parts[0].size(), 720u);
  std::set<std::int64_t> all;
  for (const auto& part : data->parts) {
    EXPECT_TRUE(std::ranges::is_sorted(part));
    all.insert(part.begin(), part.end());
  }
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(*all.rbegin(), 999);
}

TEST(Split, NormalizationUsesTheTrainingSetOnly) {
  DataSpec spec = specOf("spirals", 0.3);
  const auto data = load(spec);
  std::vector<float> rows(data->parts[0].size() * 2);
  std::vector<std::int32_t> labels(data->parts[0].size());
  data->gather(0, data->parts[0], rows.data());
  for (std::size_t feature = 0; feature < 2; ++feature) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      sum += rows[2 * i + feature];
      squares += static_cast<double>(rows[2 * i + feature]) * rows[2 * i + feature];
    }
    const auto n = static_cast<double>(labels.size());
    EXPECT_NEAR(sum / n, 0, 1e-6);
    EXPECT_NEAR(squares / n, 1, 1e-5);
  }
  spec.normalize = false;
  const auto plain = load(spec);
  EXPECT_EQ(plain->inputs[0].mean, (std::vector<float>{0, 0}));
  EXPECT_EQ(plain->inputs[0].scale, (std::vector<float>{1, 1}));
}

TEST(Generated, InvalidSettingsAreReported) {
  const auto errorOf = [](const DataSpec& spec) {
    const auto data = loadDataset(spec);
    return data.ok() ? std::string("none") : data.error().text();
  };
  EXPECT_EQ(
      errorOf(specOf("stars")),
      "data: there is no generator named \"stars\". Choose spirals, moons, circles, checkerboard, shapes, waves, bursts, "
      "series or sentences");
  EXPECT_EQ(errorOf(specOf("moons", -1)), "moons: the noise is -1; it must be between 0 and 10");
  EXPECT_EQ(errorOf(specOf("moons", NAN)), "moons: the noise is nan; it must be between 0 and 10");
  DataSpec spec = specOf("moons");
  spec.count = 1;
  EXPECT_EQ(errorOf(spec), "moons: 1 samples requested; the count must be between 2 and 10000000");
  spec.count = 10;
  spec.testFraction = 1;
  EXPECT_EQ(errorOf(spec), "data: the test fraction is 1; it must be at least 0 and below 1");
  spec.testFraction = 0.2;
  spec.validationFraction = NAN;
  EXPECT_EQ(errorOf(spec), "data: the validation fraction is nan; it must be at least 0 and below 1");
  spec.count = 2;
  spec.testFraction = 0.5;
  spec.validationFraction = 0.5;
  EXPECT_EQ(errorOf(spec), "none");  // each class is left a sample
  spec.stratify = false;
  EXPECT_EQ(errorOf(spec),
            "data: no samples are left for training: 2 in total, 1 for validation, 1 for testing. Reduce "
            "the fractions or use more data");
}

}  // namespace
}  // namespace tandem
