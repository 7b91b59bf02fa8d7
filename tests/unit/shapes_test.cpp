// Generated shapes: every kind of target.
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>

#include "core/data/dataset.h"

namespace tandem {
namespace {

TEST(Shapes, HaveEveryKindOfTensor) {
  DataSpec spec;
  spec.generator = "shapes";
  spec.count = 60;
  spec.imageHeight = 16;
  spec.imageWidth = 24;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  const DatasetInfo& info = (*data)->info;
  EXPECT_EQ((*data)->size(), 60);
  ASSERT_EQ(info.inputs.size(), 2u);
  EXPECT_EQ(info.inputs[0].sample, (Shape{16, 24, 1}));
  const std::size_t mask = *info.find("mask");
  EXPECT_EQ(info.tensor(mask).type(5), (TensorType{DType::I32, {5, 16, 24}}));
  // The share of the mask's pixels is that of a figure.
  const auto& classes = (*data)->values(mask).classOf;
  const double share = static_cast<double>(std::accumulate(classes.begin(), classes.end(), std::int64_t{0})) /
                       static_cast<double>(classes.size());
  EXPECT_GT(share, 0.02);
  EXPECT_LT(share, 0.4);
  EXPECT_EQ(probeDataset(spec)->targets.size(), info.targets.size());
  spec.imageHeight = 4;
  EXPECT_NE(loadDataset(spec).error().text().find("between 8 and 256"), std::string::npos);
}

}  // namespace
}  // namespace tandem
