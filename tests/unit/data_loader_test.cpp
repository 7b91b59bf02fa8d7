#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "core/data/dataset.h"

namespace tandem {
namespace {

// `count` samples with the features (i, -i); sample i has class i % 3.
std::shared_ptr<const Dataset> numbered(std::int64_t count) {
  auto data = std::make_shared<Dataset>();
  data->info.inputs[0].sample = Shape{2};
  data->info.targets[0].classes = 3;
  data->inputs[0].mean = {0, 0};
  data->inputs[0].scale = {1, 1};
  for (std::int64_t i = 0; i < count; ++i) {
    data->inputs[0].floats.push_back(static_cast<float>(i));
    data->inputs[0].floats.push_back(static_cast<float>(-i));
    data->targets[0].classOf.push_back(static_cast<std::int32_t>(i % 3));
    data->parts[0].push_back(i);
  }
  return data;
}

const float* floatsOf(const Batch& batch) {
  return static_cast<const float*>(batch.tensors[0]);
}

// Sample indices of the rest of the epoch, batch by batch.
std::vector<int> drain(BatchLoader& loader) {
  std::vector<int> seen;
  while (const Batch* batch = loader.next()) {
    for (std::int64_t row = 0; row < batch->validRows; ++row)
      seen.push_back(static_cast<int>(floatsOf(*batch)[2 * row]));
    loader.release(batch);
  }
  return seen;
}

TEST(BatchLoader, EachEpochReordersTheSameSamples) {
  const auto data = numbered(100);
  BatchLoader loader(data, {.batch = 10, .seed = 7});
  EXPECT_EQ(loader.batchesPerEpoch(), 10);
  const auto first = drain(loader), second = drain(loader);
  EXPECT_EQ(first.size(), 100u);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 100u);
  EXPECT_EQ(std::set(second.begin(), second.end()).size(), 100u);
  EXPECT_NE(first, second);
  BatchLoader again(data, {.batch = 10, .seed = 7});
  EXPECT_EQ(drain(again), first);
  BatchLoader other(data, {.batch = 10, .seed = 8});
  EXPECT_NE(drain(other), first);
}

TEST(BatchLoader, SeekContinuesAsIfNeverInterrupted) {
  const auto data = numbered(97);
  BatchLoader whole(data, {.batch = 8, .seed = 3});
  drain(whole);
  const auto second = drain(whole), third = drain(whole);
  BatchLoader loader(data, {.batch = 8, .seed = 3});
  loader.seek(1, 5);
  EXPECT_EQ(drain(loader), std::vector(second.begin() + 40, second.end()));
  EXPECT_EQ(drain(loader), third);
  loader.seek(0, loader.batchesPerEpoch());  // the end of an epoch
  EXPECT_EQ(loader.next(), nullptr);
  EXPECT_EQ(drain(loader), second);
  for (int i = 0; i < 50; ++i) {  // while the thread is working
    loader.seek(2, i % 12);
    const Batch* batch = loader.next();
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(batch->index, i % 12);
    EXPECT_EQ(floatsOf(*batch)[0], static_cast<float>(third[static_cast<std::size_t>(8 * (i % 12))]));
    loader.release(batch);
  }
}

TEST(BatchLoader, DropsOrPadsTheLastBatch) {
  const auto data = numbered(21);
  BatchLoader dropping(data, {.batch = 8});
  EXPECT_EQ(dropping.batchesPerEpoch(), 2);
  EXPECT_EQ(drain(dropping).size(), 16u);
  BatchLoader keeping(data, {.batch = 8, .shuffle = false, .dropLast = false, .depth = 1});
  EXPECT_EQ(keeping.batchesPerEpoch(), 3);
  for (int epoch = 0; epoch < 40; ++epoch) {  // slots are reused: their old contents must not remain visible
    for (std::int64_t b = 0; b < 3; ++b) {
      const Batch* batch = keeping.next();
      ASSERT_NE(batch, nullptr);
      EXPECT_EQ(batch->index, b);
      EXPECT_EQ(batch->validRows, b == 2 ? 5 : 8);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->tensors[0]) % 64, 0u);
      const auto* labels = static_cast<const std::int32_t*>(batch->tensors[1]);
      for (std::int64_t row = 0; row < 8; ++row) {
        const std::int64_t sample = 8 * b + row;
        const bool valid = row < batch->validRows;
        EXPECT_EQ(floatsOf(*batch)[2 * row + 1], valid ? static_cast<float>(-sample) : 0.0f);
        EXPECT_EQ(labels[row], valid ? sample % 3 : 0);
      }
      keeping.release(batch);
    }
    EXPECT_EQ(keeping.next(), nullptr);
  }
  BatchLoader onlyOne(data, {.batch = 64});
  EXPECT_EQ(onlyOne.batchesPerEpoch(), 1);
  EXPECT_EQ(drain(onlyOne).size(), 21u);
}

TEST(BatchLoader, HoldsUpToDepthBatchesAndChecksTheirOrder) {
  const auto data = numbered(100000);
  BatchLoader loader(data, {.batch = 4096, .depth = 3});  // large batches: exactly three slots
  const Batch* held[3] = {loader.next(), loader.next(), loader.next()};
  EXPECT_THROW(loader.next(), Bug);
  EXPECT_THROW(loader.release(held[1]), Bug);
  EXPECT_THROW(loader.seek(0, 0), Bug);
  loader.release(held[0]);
  const Batch* fourth = loader.next();  // two are still held: the thread must be woken for a single slot
  EXPECT_EQ(fourth->index, 3);
  loader.release(held[1]);
  loader.release(held[2]);
  loader.release(fourth);
}

TEST(BatchLoader, AnEmptyPartHasNoBatches) {
  BatchLoader loader(numbered(5), {.part = SplitPart::Test, .batch = 2});
  EXPECT_EQ(loader.batchesPerEpoch(), 0);
  EXPECT_EQ(loader.next(), nullptr);
  EXPECT_EQ(loader.next(), nullptr);
  loader.seek(4, 0);
}

TEST(BatchLoader, MeasuresTheWaitingTime) {
  const auto data = numbered(200000);
  BatchLoader loader(data, {.batch = 200000, .depth = 1});
  drain(loader);
  drain(loader);  // one slot: the second epoch cannot be ready before the first batch is released
  EXPECT_GT(loader.takeWaitSeconds(), 0.0);
  EXPECT_EQ(loader.takeWaitSeconds(), 0.0);
}

TEST(Dataset, GatherNormalizesByChannelAndFeature) {
  Dataset images;
  images.info.inputs[0].sample = Shape{5, 7, 3};
  images.info.targets[0].classes = 2;
  images.inputs[0].mean = {0.5f, 0.25f, 0.0f};
  images.inputs[0].scale = {2.0f, 4.0f, 1.0f};
  for (int i = 0; i < 2 * 105; ++i) images.inputs[0].bytes.push_back(static_cast<std::uint8_t>(i));
  images.targets[0].classOf = {1, 0};
  std::vector<float> out(2 * 105);
  std::int32_t labels[2] = {};
  const std::int64_t order[] = {1, 0};
  images.gather(0, order, out.data());
  images.gather(1, order, labels);
  for (std::size_t k = 0; k < 105; ++k) {
    EXPECT_NEAR(
        out[k],
        (static_cast<float>(105 + k) / 255.0f - images.inputs[0].mean[k % 3]) * images.inputs[0].scale[k % 3],
        1e-6f);
    EXPECT_NEAR(
        out[105 + k],
        (static_cast<float>(k) / 255.0f - images.inputs[0].mean[k % 3]) * images.inputs[0].scale[k % 3],
        1e-6f);
  }
  EXPECT_EQ(labels[0], 0);
  EXPECT_EQ(labels[1], 1);

  Dataset table;
  table.info.inputs[0].sample = Shape{2};
  table.info.targets[0].sample = Shape{2};
  table.inputs[0].mean = {1, 2};
  table.inputs[0].scale = {2, 3};
  table.inputs[0].floats = {1, 2, 3, 4};
  table.targets[0].floats = {5, 6, 7, 8};
  float rows[4], targets[4];
  table.targets[0].mean = {0, 0};
  table.targets[0].scale = {1, 1};
  table.gather(0, order, rows);
  table.gather(1, order, targets);
  EXPECT_EQ(std::vector(rows, rows + 4), (std::vector<float>{4, 6, 0, 0}));
  EXPECT_EQ(std::vector(targets, targets + 4), (std::vector<float>{7, 8, 5, 6}));
  EXPECT_EQ(table.size(), 2);
  EXPECT_EQ(table.info.targets[0].type(9), (TensorType{DType::F32, {9, 2}}));
  EXPECT_EQ(images.info.targets[0].type(9), (TensorType{DType::I32, {9}}));
  EXPECT_EQ(images.info.inputs[0].type(9), (TensorType{DType::F32, {9, 5, 7, 3}}));
}

}  // namespace
}  // namespace tandem
