// Geometry, messages and known values. The conformance tests (tests/conformance) compare kernels and gradient
// rules with the definitions.
#include <gtest/gtest.h>

#include "core/ops/batch_norm.h"
#include "core/ops/conv2d.h"
#include "core/ops/pool2d.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using ops::Conv2dGeometry, ops::Pool2dGeometry;

std::string convError(const Attrs& attrs, const Shape& x, const Shape& w) {
  const auto g = Conv2dGeometry::from(attrs, x, w);
  return g.ok() ? "" : g.error().text();
}

// Expected values: tf.nn.conv2d's rule, out = ceil(in / stride), the odd row of padding last.
TEST(Conv2dGeometry, SamePaddingIsTensorFlows) {
  const Attrs attrs = {{"padding", "same"}, {"stride", Ints{2, 2}}};
  const auto g = *Conv2dGeometry::from(attrs, {1, 224, 7, 3}, {8, 3, 3, 3});
  EXPECT_EQ(g.y(), (Shape{1, 112, 4, 8}));
  EXPECT_EQ(g.rows.before, 0);
  EXPECT_EQ(g.rows.after, 1);
  EXPECT_EQ(g.columns.before, 1);
  EXPECT_EQ(g.columns.after, 1);
  const auto dilated =
      *Conv2dGeometry::from({{"padding", "same"}, {"dilation", Ints{2, 3}}}, {1, 9, 9, 1}, {1, 3, 2, 1});
  EXPECT_EQ(dilated.y(), (Shape{1, 9, 9, 1}));
  EXPECT_EQ(dilated.rows.before, 2);
  EXPECT_EQ(dilated.columns.before, 1);
  EXPECT_EQ(dilated.columns.after, 2);
}

TEST(Conv2dGeometry, ValidAndExplicitPadding) {
  EXPECT_EQ(Conv2dGeometry::from({{"stride", Ints{2, 3}}}, {2, 8, 8, 3}, {4, 3, 2, 3})->y(),
            (Shape{2, 3, 3, 4}));
  const Attrs attrs = {{"padding", "explicit"}, {"pads", Ints{2, 0, 1, 0}}};
  EXPECT_EQ(Conv2dGeometry::from(attrs, {1, 4, 5, 2}, {3, 3, 2, 2})->y(), (Shape{1, 4, 5, 3}));
}

TEST(Conv2dGeometry, ErrorsSayWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(convError({}, {1, 5, 5, 1}, {1, 7, 7, 1}),
            "the kernel 7 x 7 does not fit into the image 5 x 5. Use padding same or a smaller kernel");
  EXPECT_EQ(convError({{"dilation", Ints{3, 3}}}, {1, 5, 5, 1}, {1, 3, 3, 1}),
            "the kernel 3 x 3, dilated to 7 x 7, does not fit into the image 5 x 5. "
            "Use padding same or a smaller kernel");
  EXPECT_EQ(convError({{"groups", std::int64_t{3}}}, {1, 5, 5, 8}, {16, 3, 3, 2}),
            "groups = 3 must divide the 8 input channels and the 16 filters. "
            "Choose a common divisor of both; 1 is an ordinary convolution");
  EXPECT_NE(convError({{"groups", std::int64_t{0}}}, {1, 5, 5, 8}, {16, 3, 3, 2}), "");
  EXPECT_EQ(convError({}, {1, 5, 5, 8}, {16, 3, 3, 4}),
            "the kernel expects 4 input channels, but there are 8");
  EXPECT_EQ(convError({}, {1, 784}, {16, 3, 3, 1}),
            "needs an image (height, width, channels), but its input is 784. "
            "Place it before the layers that flatten the image");
  EXPECT_EQ(convError({{"stride", Ints{0, 1}}}, {1, 5, 5, 1}, {1, 3, 3, 1}),
            "the stride must be 2 whole numbers from 1 to 65536");
  EXPECT_NE(convError({{"stride", Ints{1}}}, {1, 5, 5, 1}, {1, 3, 3, 1}), "");
  EXPECT_NE(convError({{"dilation", Ints{1, 1ll << 62}}}, {1, 5, 5, 1}, {1, 3, 3, 1}), "");
  EXPECT_NE(convError({{"padding", "full"}}, {1, 5, 5, 1}, {1, 3, 3, 1}), "");
  EXPECT_NE(convError({{"padding", "explicit"}, {"pads", Ints{-1, 0, 0, 0}}}, {1, 5, 5, 1}, {1, 3, 3, 1}),
            "");
}

TEST(Pool2dGeometry, DefaultsAndErrors) {
  EXPECT_EQ(Pool2dGeometry::from({{"window", Ints{2, 3}}}, {1, 5, 9, 4})->y(), (Shape{1, 2, 3, 4}));
  EXPECT_EQ(Pool2dGeometry::from({{"global", std::int64_t{1}}}, {2, 5, 9, 4})->y(), (Shape{2, 1, 1, 4}));
  const Attrs padded = {{"window", Ints{2, 2}}, {"padding", "explicit"}, {"pads", Ints{2, 0, 0, 0}}};
  EXPECT_EQ(Pool2dGeometry::from(padded, {1, 5, 5, 1}).error().message,
            "the padding must be smaller than the window");
  EXPECT_FALSE(Pool2dGeometry::from({{"mode", "median"}}, {1, 5, 5, 1}).ok());
  EXPECT_FALSE(Pool2dGeometry::from({{"window", Ints{6, 6}}}, {1, 5, 5, 1}).ok());
}

TEST(BatchNorm, RefusesVectorsOfAnotherLength) {
  const std::vector<TensorType> vectors{{DType::F32, Shape{3}}, {DType::F32, Shape{4}}};
  EXPECT_FALSE(ops::BatchNormGeometry::from({}, Shape{2, 5, 5, 4}, vectors).ok());
  EXPECT_FALSE(ops::BatchNormGeometry::from({{"epsilon", 0.0}}, Shape{2, 4}, {}).ok());
}

std::vector<double> runReference(const OpDef& op, const Attrs& attrs, const std::vector<RefTensor>& inputs) {
  std::vector<TensorType> types;
  for (const RefTensor& t : inputs) types.push_back(t.type);
  std::vector<RefTensor> outputs;
  const auto outputTypes = *op.infer(attrs, types);
  for (const TensorType& type : outputTypes)
    outputs.push_back({type, std::vector<double>(static_cast<std::size_t>(type.shape.elements()))});
  op.reference(attrs, inputs, outputs);
  return outputs[0].data;
}

// Known results, computed by hand.
TEST(Conv2d, KnownValues) {
  const RefTensor x{{DType::F32, {1, 3, 3, 1}}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  const RefTensor w{{DType::F32, {1, 2, 2, 1}}, {1, 0, 0, -1}};
  EXPECT_EQ(runReference(ops::conv2d, {}, {x, w}), (std::vector<double>{-4, -4, -4, -4}));
  EXPECT_EQ(runReference(ops::conv2d, {{"padding", "same"}, {"stride", Ints{2, 2}}}, {x, w}),
            (std::vector<double>{-4, 3, 7, 9}));
}

TEST(Pool2d, PaddingDoesNotCount) {
  const RefTensor x{{DType::F32, {1, 3, 3, 1}}, {-1, -2, -3, -4, -5, -6, -7, -8, -9}};
  const Attrs same = {{"window", Ints{2, 2}}, {"padding", "same"}};
  EXPECT_EQ(runReference(ops::pool2d, same, {x}), (std::vector<double>{-1, -3, -7, -9}));
  Attrs average = same;
  average.set("mode", std::string("average"));
  EXPECT_EQ(runReference(ops::pool2d, average, {x}), (std::vector<double>{-3, -4.5, -7.5, -9}));
}

}  // namespace
}  // namespace tandem
