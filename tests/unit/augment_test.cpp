// Augmentations against results that are computed here, and what decides about them.
#include "core/augment/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/augment/augmenter.h"
#include "core/augment/move_pixels.h"
#include "core/compile/compile.h"
#include "core/data/tokenizer.h"
#include "core/network/project.h"

namespace tandem {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;
using Ints = std::vector<std::int32_t>;
using List = std::vector<AugmentConfig>;

constexpr std::uint64_t kSeed = 11;

AugmentConfig augmentation(const char* type, double amount) {
  AugmentConfig config(type);
  const Property& property = config.def().properties.front();
  const bool whole = property.kind == PropertyKind::Integer;
  EXPECT_TRUE(
      config.set(property.key, whole ? AttrValue(static_cast<std::int64_t>(amount)) : AttrValue(amount))
          .ok());
  return config;
}

// The block of a sample as the format of project files defines it.
Philox4 blockOf(std::uint64_t id, std::uint64_t epoch, std::uint64_t sample) {
  return philox(kSeed, (5ull << 32) + (id << 20 | epoch), sample << 32);
}

// `count` images (height, width, channels) of bytes, each with a class and a mask that shows the first channel.
std::shared_ptr<Dataset> images(std::int64_t count, std::int64_t height = 5, std::int64_t width = 6,
                                std::int64_t channels = 2) {
  auto data = std::make_shared<Dataset>();
  DatasetInfo& info = data->info;
  info.name = "pictures";
  info.inputs[0] = {.name = "image", .sample = Shape{height, width, channels}};
  info.targets = {{.name = "kind", .classes = 2, .classNames = {"a", "b"}},
                  {.name = "mask", .sample = Shape{height, width}, .classes = 256}};
  data->targets.resize(2);
  data->inputs[0].mean.assign(static_cast<std::size_t>(channels), 0.4f);
  data->inputs[0].scale.assign(static_cast<std::size_t>(channels), 3.0f);
  info.inputs[0].bytes = ByteScale::of(data->inputs[0].mean, data->inputs[0].scale);
  for (std::int64_t i = 0; i < count; ++i) {
    data->parts[0].push_back(i);
    data->targets[0].classOf.push_back(static_cast<std::int32_t>(i % 2));
    for (std::int64_t k = 0; k < height * width * channels; ++k) {
      data->inputs[0].bytes.push_back(static_cast<std::uint8_t>((i * 37 + k * 11) % 256));
      if (k % channels == 0) data->targets[1].classOf.push_back(data->inputs[0].bytes.back());
    }
  }
  return data;
}

Bytes bytesOf(const std::shared_ptr<Dataset>& data, const List& list, std::int64_t epoch = 0,
              int threads = 1) {
  Augmenter augmenter(data, list, kSeed, threads);
  Bytes out(data->inputs[0].bytes.size());
  augmenter.gather({0, true}, data->parts[0], epoch, out.data());
  return out;
}

// The n-th of `count` whole numbers from 0 that these bits choose.
int chosen(std::uint32_t bits, int count) {
  return static_cast<int>(static_cast<double>(uniform01(bits)) * count);
}

TEST(Augment, EachTypeHasOneSettingAndItsOwnNumber) {
  std::set<std::uint32_t> ids;
  for (const AugmentDef* def : Catalog<AugmentDef>::all()) {
    SCOPED_TRACE(def->type);
    EXPECT_EQ(def->properties.size(), 1u);
    EXPECT_TRUE(def->draw != nullptr && !def->label.empty() && !def->summary.empty());
    EXPECT_TRUE(def->id >= 1 && def->id < 16);  // four bits of the counter
    EXPECT_TRUE(ids.insert(def->id).second);
  }
  EXPECT_EQ(ids.size(), 11u);
}

TEST(Augment, WholePixelsAreCopiedAndTheBorderIsRepeated) {
  const Bytes image{1, 2, 3, 4, 5, 6};  // 2 x 3
  const auto moved = [&](const PixelMap& map) {
    Bytes out(6);
    movePixels(image.data(), {2, 3}, 1, map, out.data());
    return out;
  };
  EXPECT_EQ(moved({}), image);
  EXPECT_EQ(moved({.xx = -1}), (Bytes{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(moved({.yy = -1}), (Bytes{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(moved({.x0 = 1}), (Bytes{2, 3, 3, 5, 6, 6}));
  EXPECT_EQ(moved({.x0 = -2}), (Bytes{1, 1, 1, 4, 4, 4}));
  EXPECT_EQ(moved({.y0 = 1}), (Bytes{4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(moved({.y0 = 9, .x0 = -9}), (Bytes{4, 4, 4, 4, 4, 4}));
  EXPECT_EQ(moved({.y0 = -9, .x0 = 9}), (Bytes{3, 3, 3, 3, 3, 3}));
  EXPECT_EQ(moved({.xx = -1, .x0 = 1}), (Bytes{3, 3, 2, 6, 6, 5}));
  const Floats pixels{1, 10, 2, 20, 3, 30};  // 1 x 3, two channels
  Floats out(6);
  movePixels(pixels.data(), {1, 3}, 2, {.xx = -1, .x0 = -1}, out.data());
  EXPECT_EQ(out, (Floats{2, 20, 1, 10, 1, 10}));
}

TEST(Augment, PositionsBetweenPixelsAreInterpolated) {
  const Bytes image{0, 100, 200, 40};  // 2 x 2
  Bytes out(4);
  movePixels(image.data(), {2, 2}, 1, {.x0 = 0.5}, out.data());
  EXPECT_EQ(out, (Bytes{50, 100, 120, 40}));
  movePixels(image.data(), {2, 2}, 1, {.y0 = 0.25}, out.data());
  EXPECT_EQ(out, (Bytes{50, 85, 200, 40}));
  // A quarter turn: the row of the result is the column of the image.
  PixelMap turn{.yy = 0, .yx = -1, .xy = 1, .xx = 0};
  const Floats square{1, 2, 3, 4, 5, 6, 7, 8, 9};
  Floats turned(9);
  movePixels(square.data(), {3, 3}, 1, turn, turned.data());
  EXPECT_EQ(turned, (Floats{7, 4, 1, 8, 5, 2, 9, 6, 3}));
  const Ints classes{1, 2, 3, 4, 5, 6, 7, 8, 9};
  Ints turnedClasses(9);
  moveClasses(classes.data(), {3, 3}, turn, turnedClasses.data());
  EXPECT_EQ(turnedClasses, (Ints{7, 4, 1, 8, 5, 2, 9, 6, 3}));
  moveClasses(classes.data(), {3, 3}, {.x0 = 0.4}, turnedClasses.data());
  EXPECT_EQ(turnedClasses, classes);  // never a class between two
}

TEST(Augment, MapsAreAppliedOneAfterTheOther) {
  PixelMap map;
  map.then({.xx = -1});
  map.then({.x0 = 2});
  EXPECT_EQ(map.xx, -1);
  EXPECT_EQ(map.x0, -2);
  EXPECT_TRUE(map.movesWhole());
  map.then({.yy = 0.5, .xx = 0.5});
  EXPECT_FALSE(map.movesWhole());
}

TEST(Augment, TheSeedTheEpochAndTheSampleDecide) {
  const auto data = images(40);
  const std::size_t perImage = data->inputs[0].bytes.size() / 40;
  for (const std::int64_t epoch : {0, 3}) {
    const Bytes out = bytesOf(data, {"flip"}, epoch);
    int mirrored = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      const bool expected = uniform01(blockOf(1, static_cast<std::uint64_t>(epoch), i).v[0]) < 0.5f;
      mirrored += expected ? 1 : 0;
      Bytes image(data->inputs[0].bytes.begin() + static_cast<std::ptrdiff_t>(i * perImage),
                  data->inputs[0].bytes.begin() + static_cast<std::ptrdiff_t>((i + 1) * perImage));
      if (expected)
        for (std::size_t row = 0; row < 5; ++row)
          for (std::size_t x = 0; x < 3; ++x)
            for (std::size_t c = 0; c < 2; ++c)
              std::swap(image[(row * 6 + x) * 2 + c], image[(row * 6 + 5 - x) * 2 + c]);
      EXPECT_TRUE(
          std::equal(image.begin(), image.end(), out.begin() + static_cast<std::ptrdiff_t>(i * perImage)))
          << i;
    }
    EXPECT_TRUE(mirrored > 5 && mirrored < 35);
  }
  EXPECT_NE(bytesOf(data, {"flip"}, 0), bytesOf(data, {"flip"}, 3));
}

TEST(Augment, ACropIsAWholeNumberOfPixelsWithinThePadding) {
  const auto data = images(30, 5, 6, 1);
  const Bytes out = bytesOf(data, {augmentation("crop", 2)});
  std::set<int> seen;
  for (std::int64_t i = 0; i < 30; ++i) {
    const Philox4 random = blockOf(3, 0, static_cast<std::uint64_t>(i));
    const int dy = chosen(random.v[0], 5) - 2, dx = chosen(random.v[1], 5) - 2;
    seen.insert(dx);
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 6; ++x)
        ASSERT_EQ(out[static_cast<std::size_t>(i * 30 + y * 6 + x)],
                  data->inputs[0].bytes[static_cast<std::size_t>(i * 30 + std::clamp(y + dy, 0, 4) * 6 +
                                                                 std::clamp(x + dx, 0, 5))]);
  }
  EXPECT_EQ(seen, (std::set<int>{-2, -1, 0, 1, 2}));
}

TEST(Augment, BrightnessAndContrastChangeLevels) {
  const auto data = images(4, 2, 3, 1);
  const Bytes brighter = bytesOf(data, {augmentation("brightness", 0.5)});
  const Bytes contrasted = bytesOf(data, {augmentation("contrast", 0.5)});
  for (std::size_t i = 0; i < 4; ++i) {
    const double added = (2.0 * static_cast<double>(uniform01(blockOf(7, 0, i).v[0])) - 1) * 0.5 * 255;
    const double factor = 0.5 + static_cast<double>(uniform01(blockOf(6, 0, i).v[0]));
    double mean = 0;
    for (std::size_t k = 0; k < 6; ++k) mean += data->inputs[0].bytes[i * 6 + k] / 6.0;
    for (std::size_t k = 0; k < 6; ++k) {
      const double level = data->inputs[0].bytes[i * 6 + k];
      EXPECT_NEAR(brighter[i * 6 + k], std::clamp(level + added, 0.0, 255.0), 0.51);
      EXPECT_NEAR(contrasted[i * 6 + k], std::clamp(mean + (level - mean) * factor, 0.0, 255.0), 0.51);
    }
  }
}

TEST(Augment, NoiseIsNormallyDistributed) {
  const auto data = images(4, 60, 60, 1);
  std::ranges::fill(data->inputs[0].bytes, std::uint8_t{128});
  const Bytes out = bytesOf(data, {augmentation("noise", 0.1)});
  double sum = 0, squares = 0, within = 0;
  for (const std::uint8_t level : out) {
    const double d = static_cast<double>(level) - 128;
    sum += d;
    squares += d * d;
    within += std::abs(d) < 25.5 ? 1 : 0;
  }
  const auto n = static_cast<double>(out.size());
  EXPECT_NEAR(sum / n, 0, 1);
  EXPECT_NEAR(std::sqrt(squares / n), 25.5, 0.8);
  EXPECT_NEAR(within / n, 0.683, 0.03);
  EXPECT_FALSE(std::equal(out.begin(), out.begin() + 3600, out.begin() + 3600)) << "each sample has its own";
}

TEST(Augment, ACutoutIsASquareOfTheMean) {
  const auto data = images(20, 10, 10, 1);
  std::ranges::fill(data->inputs[0].bytes, std::uint8_t{200});
  const Bytes out = bytesOf(data, {augmentation("cutout", 0.4)});
  for (std::size_t i = 0; i < 20; ++i) {
    const Philox4 random = blockOf(9, 0, i);
    const int top = chosen(random.v[0], 10) - 2, left = chosen(random.v[1], 10) - 2;
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 10; ++x) {
        const bool hole = y >= top && y < top + 4 && x >= left && x < left + 4;
        ASSERT_EQ(out[i * 100 + static_cast<std::size_t>(y * 10 + x)], hole ? 102 : 200) << i;  // 0.4 * 255
      }
  }
}

List everything() {
  return {"flip",
          augmentation("shift", 0.2),
          augmentation("rotate", 30),
          "scale",
          "brightness",
          "contrast",
          "noise",
          "cutout"};
}

TEST(Augment, BytesAndNumbersAreTheSame) {
  const auto data = images(9);
  const Bytes bytes = bytesOf(data, everything());
  EXPECT_NE(bytes, data->inputs[0].bytes);
  Augmenter augmenter(data, everything(), kSeed);
  Floats floats(bytes.size()), expected(bytes.size());
  augmenter.gather({0, false}, data->parts[0], 0, floats.data());
  data->normalizeBytes(0, bytes, expected.data());
  EXPECT_EQ(floats, expected);
}

TEST(Augment, ThreadsTheBatchAndTheOrderOfTheListHaveNoInfluence) {
  const auto data = images(33);
  const Bytes one = bytesOf(data, everything(), 2);
  EXPECT_EQ(bytesOf(data, everything(), 2, 2), one);
  EXPECT_EQ(bytesOf(data, everything(), 2, 5), one);
  List reversed = everything();
  std::ranges::reverse(reversed);
  EXPECT_EQ(bytesOf(data, reversed, 2), one);
  Augmenter augmenter(data, everything(), kSeed);
  const std::size_t perImage = one.size() / 33;
  Bytes single(perImage);
  const std::vector<std::int64_t> sample{20};
  augmenter.gather({0, true}, sample, 2, single.data());
  EXPECT_TRUE(
      std::equal(single.begin(), single.end(), one.begin() + static_cast<std::ptrdiff_t>(20 * perImage)));
}

TEST(Augment, MasksMoveWithTheirImages) {
  const auto data = images(20, 6, 6, 1);
  const List whole{augmentation("shift", 0.4), "crop", "flip", "noise", "cutout"};
  Augmenter moved(data, List{"flip", augmentation("shift", 0.4), "crop"}, kSeed);
  Augmenter changed(data, whole, kSeed);
  Bytes image(720);
  Ints mask(720);
  moved.gather({0, true}, data->parts[0], 1, image.data());
  changed.gather({2, false}, data->parts[0], 1, mask.data());
  EXPECT_TRUE(std::equal(image.begin(), image.end(), mask.begin()));
  EXPECT_FALSE(std::equal(mask.begin(), mask.end(), data->targets[1].classOf.begin()));
  EXPECT_FALSE(moved.changes(1)) << "the class";
  Augmenter pixels(data, List{"noise"}, kSeed);
  EXPECT_TRUE(pixels.changes(0));
  EXPECT_FALSE(pixels.changes(2));
}

TEST(Augment, ImagesOfNumbersAreMovedBeforeTheyAreNormalized) {
  auto data = std::make_shared<Dataset>();
  data->info.inputs[0].sample = Shape{1, 2, 1};
  data->info.targets[0].classes = 2;
  data->targets[0].classOf = {0};
  data->inputs[0].floats = {10, 30};
  data->inputs[0].mean = {1, 2};
  data->inputs[0].scale = {2, 4};
  data->parts[0] = {0};
  Floats out(2);
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) {
    Augmenter flipping(data, List{"flip"}, kSeed);
    flipping.gather({0, false}, data->parts[0], epoch, out.data());
    const bool mirrored = uniform01(blockOf(1, static_cast<std::uint64_t>(epoch), 0).v[0]) < 0.5f;
    EXPECT_EQ(out, mirrored ? (Floats{58, 32}) : (Floats{18, 112}));
  }
}

TEST(Augment, SequencesMoveWithinTheirLength) {
  auto data = std::make_shared<Dataset>();
  constexpr std::int64_t kSteps = 6;
  data->info.name = "waves";
  data->info.inputs[0] = {.name = "signal", .sample = Shape{kSteps, 2}, .varies = true};
  data->info.targets[0] = {.name = "kind", .classes = 2};
  data->info.addLengths();
  data->lengths.resize(1);
  data->inputs[0].mean.assign(kSteps * 2, 0);
  data->inputs[0].scale.assign(kSteps * 2, 1);
  for (std::int32_t i = 0; i < 24; ++i) {
    data->parts[0].push_back(i);
    data->targets[0].classOf.push_back(0);
    const std::int32_t length = 1 + i % 6;
    data->lengths[0].classOf.push_back(length);
    for (std::int32_t step = 0; step < kSteps; ++step)
      for (const float sign : {1.0f, -1.0f})
        data->inputs[0].floats.push_back(step < length ? sign * static_cast<float>(10 * i + step) : 0);
  }
  ASSERT_TRUE(checkAugmentations(List{augmentation("time_shift", 3)}, data->info).ok());
  Augmenter augmenter(data, List{augmentation("time_shift", 3)}, kSeed);
  EXPECT_FALSE(augmenter.changes(2)) << "the lengths";
  Floats out(data->inputs[0].floats.size());
  augmenter.gather({0, false}, data->parts[0], 0, out.data());
  std::set<int> seen;
  for (int i = 0; i < 24; ++i) {
    const int length = 1 + i % 6;
    const int later = chosen(blockOf(10, 0, static_cast<std::uint64_t>(i)).v[0], 7) - 3;
    seen.insert(later);
    for (int step = 0; step < kSteps; ++step) {
      const auto at = static_cast<std::size_t>((i * kSteps + step) * 2);
      const int from = std::clamp(step - later, 0, length - 1);
      const float expected = step < length ? static_cast<float>(10 * i + from) : 0;
      ASSERT_EQ(out[at], expected) << i << ": " << later;
      ASSERT_EQ(out[at + 1], -expected);
    }
  }
  EXPECT_GT(seen.size(), 4u);
}

TEST(Augment, TokensAreDroppedButNotThePadding) {
  auto data = std::make_shared<Dataset>();
  data->info.inputs[0] = {.name = "text", .sample = Shape{50}, .classes = 9, .varies = true};
  data->info.targets[0] = {.name = "kind", .classes = 2};
  for (std::int32_t i = 0; i < 20; ++i) {
    data->parts[0].push_back(i);
    for (std::int32_t step = 0; step < 50; ++step)
      data->inputs[0].classOf.push_back(step < 40 ? 2 + step % 7 : kPadding);
  }
  const auto dropped = [&](double rate) {
    Augmenter augmenter(data, List{augmentation("word_dropout", rate)}, kSeed);
    Ints out(1000);
    augmenter.gather({0, false}, data->parts[0], 0, out.data());
    for (std::size_t k = 0; k < out.size(); ++k)
      EXPECT_TRUE(out[k] == data->inputs[0].classOf[k] || (out[k] == kUnknown && k % 50 < 40));
    return std::ranges::count(out, kUnknown);
  };
  EXPECT_EQ(dropped(0), 0);
  EXPECT_EQ(dropped(1), 800);
  EXPECT_NEAR(static_cast<double>(dropped(0.25)), 200, 50);
}

// The next `count` batches.
std::vector<Bytes> batchesOf(BatchLoader& loader, std::size_t bytes, int count) {
  std::vector<Bytes> all;
  while (std::ssize(all) < count) {
    const Batch* batch = loader.next();
    if (!batch) continue;
    const auto* values = static_cast<const std::uint8_t*>(batch->tensors[0]);
    all.emplace_back(values, values + bytes);
    loader.release(batch);
  }
  return all;
}

TEST(Augment, PrefetchingAndSeekingHaveNoInfluence) {
  const auto data = images(40);
  const auto options = [&](int depth) {
    BatchLoader::Options made;
    made.batch = 8;
    made.seed = kSeed;
    made.depth = depth;
    made.tensors = {{0, true}};
    made.transform = augmenterFor(data, everything(), kSeed, false);
    return made;
  };
  const std::size_t bytes = data->inputs[0].bytes.size() / 5;
  BatchLoader one(data, options(1)), many(data, options(7)), later(data, options(2));
  const auto all = batchesOf(one, bytes, 10);
  EXPECT_EQ(batchesOf(many, bytes, 10), all);
  EXPECT_NE(all[0], all[5]);
  later.seek(1, 2);
  EXPECT_EQ(batchesOf(later, bytes, 3), (std::vector<Bytes>(all.begin() + 7, all.end())));
}

TEST(Augment, WhatDoesNotFitTheDataIsRefused) {
  const auto reason = [](const List& list, const DatasetInfo& data) {
    const Status status = checkAugmentations(list, data);
    return status.ok() ? std::string() : status.error().text();
  };
  const auto contains = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  DatasetInfo picture = images(1)->info;
  EXPECT_EQ(reason(everything(), picture), "");
  EXPECT_TRUE(contains(reason({"flip", "flip"}, picture), "\"Flip\" appears twice"));
  EXPECT_TRUE(contains(reason({"time_shift"}, picture), "needs sequences of numbers"));
  EXPECT_TRUE(contains(reason({"word_dropout"}, picture), "needs texts"));
  picture.targets[1].sample = Shape{3, 3};
  EXPECT_TRUE(contains(reason({"rotate"}, picture), "5 x 6 and 3 x 3 pixels"));
  EXPECT_EQ(reason({"brightness"}, picture), "");
  DatasetInfo table;
  table.inputs[0].sample = Shape{4};
  EXPECT_TRUE(contains(reason({"noise"}, table), "needs images"));
  DatasetInfo series;
  series.inputs[0].sample = Shape{8, 2};
  EXPECT_EQ(reason({"time_shift"}, series), "");
  series.series.steps = 8;
  EXPECT_TRUE(contains(reason({"time_shift"}, series), "windows of a series"));
  series.series.steps = 0;
  series.targets[0] = {.name = "steps", .sample = Shape{8}, .classes = 3};
  EXPECT_TRUE(contains(reason({"time_shift"}, series), "a target for each step"));
  series.targets[0] = {.name = "numbers", .sample = Shape{8, 1}, .varies = true};
  EXPECT_TRUE(contains(reason({"time_shift"}, series), "a target for each step"));
  series.targets[0] = {.name = "level", .sample = Shape{1}};
  EXPECT_EQ(reason({"time_shift"}, series), "");
}

TEST(Augment, TheProjectFileAndSettingsHaveAList) {
  Project project = *projectFromTemplate("Shapes: segmentation");
  EXPECT_EQ(toJson(project).find("\"augment\""), std::string::npos);
  TrainingConfig& training = project.training;
  ASSERT_TRUE(setTraining(training, "augment", "flip=vertical, shift=0.25,crop=3, noise").ok());
  ASSERT_EQ(training.augment.size(), 4u);
  EXPECT_EQ(training.augment[0].text("direction"), "vertical");
  EXPECT_EQ(training.augment[1].number("amount"), 0.25);
  EXPECT_EQ(training.augment[2].integer("padding"), 3);
  EXPECT_EQ(training.augment[3], AugmentConfig("noise"));
  EXPECT_EQ(augmentText(training.augment), "Flip (vertical), Shift (0.25), Crop (3), Noise (0.05)");
  const auto read = projectFromJson(toJson(project), "test");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(*read, project);
  Project other = project;
  other.training.augment.pop_back();
  EXPECT_NE(other, project);
  const TrainingConfig before = training;
  const auto error = [&](const char* value) {
    const Status status = setTraining(training, "augment", value);
    return status.ok() ? std::string() : status.error().text();
  };
  EXPECT_NE(error("flip, mixup").find("there is no augmentation \"mixup\""), std::string::npos);
  EXPECT_NE(error("mixup=1").find("there is no augmentation \"mixup\""), std::string::npos);
  EXPECT_NE(error("shift=2").find("augment[0].amount"), std::string::npos);
  EXPECT_NE(error("flip=up").find("augment[0].direction"), std::string::npos);
  EXPECT_EQ(training, before);
  EXPECT_EQ(error(R"([{"type": "rotate", "angle": 5.5}])"), "");
  EXPECT_EQ(training.augment, List{augmentation("rotate", 5.5)});
  EXPECT_EQ(error("[]"), "");
  EXPECT_TRUE(training.augment.empty());
}

TEST(Augment, AMisfitIsAProblemOfTheTraining) {
  Project project = *projectFromTemplate("Two moons");
  const auto data = probeDataset(project.data);
  ASSERT_TRUE(data.ok());
  EXPECT_TRUE(checkAgainstData(project.network, project.training, *data).empty());
  project.training.augment = {"flip"};
  const auto problems = checkAgainstData(project.network, project.training, *data);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].error.message,
            "the augmentation \"Flip\" needs images, which the data does not have");
  EXPECT_EQ(problems[0].error.where, "training.augment");
}

}  // namespace
}  // namespace tandem
