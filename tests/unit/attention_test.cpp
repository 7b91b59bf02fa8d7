// Attention and what belongs to it: the kernels of the CPU against a definition that is written here in another way, and the
// properties for which they exist.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/philox.h"
#include "core/ops/attention.h"
#include "core/ops/attention_grad.h"
#include "core/ops/permute.h"
#include "core/ops/rotary.h"
#include "core/runtime/registry.h"

namespace tandem {
namespace {

using Floats = std::vector<float>;

Floats normals(std::int64_t count, std::uint64_t seed) {
  PhiloxSequence random(seed, 0);
  Floats values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

void expectNear(const Floats& got, const Floats& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << i;
}

Tensor lengthsOf(const std::vector<std::int32_t>& values) {
  Tensor tensor({DType::I32, Shape{static_cast<std::int64_t>(values.size())}});
  std::ranges::copy(values, tensor.as<std::int32_t>().begin());
  return tensor;
}

template <class... Tensors>
std::vector<Tensor> listOf(Tensors&&... tensors) {
  std::vector<Tensor> list;
  (list.push_back(std::forward<Tensors>(tensors)), ...);
  return list;
}

// The results of an op's best kernel on the CPU.
std::vector<Floats> computed(const OpDef& op, const Attrs& attrs, const std::vector<Tensor>& in,
                             int threads = 1) {
  Backend& cpu = **DeviceRegistry::instance().backendFor("cpu");
  OpCall call{&op, &attrs, {}, {}};
  std::vector<const Tensor*> inputs;
  for (const Tensor& tensor : in) {
    const bool given = tensor.shape().rank() > 0;
    call.inputs.push_back(given ? tensor.type() : TensorType{});
    inputs.push_back(given ? &tensor : nullptr);
  }
  call.outputs = op.infer(attrs, call.inputs).value();
  std::vector<Tensor> out;
  std::vector<Tensor*> outputs;
  for (const TensorType& type : call.outputs) out.emplace_back(type);
  for (Tensor& tensor : out) outputs.push_back(&tensor);
  DeviceOptions options;
  options.threads = threads;
  const auto ran = cpu.runOp(options, call, cpu.kernels(op).front(), inputs, outputs, 1);
  EXPECT_TRUE(ran.ok()) << ran.error().text();
  std::vector<Floats> results;
  for (const Tensor& tensor : out) {
    const std::span<const float> values = tensor.as<float>();
    results.emplace_back(values.begin(), values.end());
  }
  return results;
}

struct Case {
  std::int64_t batch = 2, queries = 5, keys = 7, heads = 4, kvHeads = 2, size = 3;
  bool causal = false;
  std::vector<std::int32_t> lengths;
  Floats q, k, v;

  Shape queryShape() const { return {batch, queries, heads * size}; }
  Shape keyShape() const { return {batch, keys, kvHeads * size}; }
  Case& fill() {
    q = normals(queryShape().elements(), 1);
    k = normals(keyShape().elements(), 2);
    v = normals(keyShape().elements(), 3);
    return *this;
  }
  Attrs attrs() const { return {{"heads", heads}, {"kv_heads", kvHeads}, {"causal", std::int64_t{causal}}}; }
  std::vector<Floats> forward(int threads = 1) const {
    std::vector<Tensor> in =
        listOf(Tensor::of(queryShape(), q), Tensor::of(keyShape(), k), Tensor::of(keyShape(), v));
    if (!lengths.empty()) in.push_back(lengthsOf(lengths));
    return computed(ops::attention, attrs(), in, threads);
  }
  // dq, dk, dv
  std::vector<Floats> backward(const Floats& dy, int threads = 1) const {
    const std::vector<Floats> y = forward(threads);
    std::vector<Tensor> in =
        listOf(Tensor::of(queryShape(), dy), Tensor::of(queryShape(), q), Tensor::of(keyShape(), k),
               Tensor::of(keyShape(), v), Tensor::of(queryShape(), y[0]),
               Tensor::of(Shape{batch, heads, queries}, y[1]));
    if (!lengths.empty()) in.push_back(lengthsOf(lengths));
    return computed(ops::attention_grad, attrs(), in, threads);
  }
};

// y of one head of one sample, with masks as scores of minus infinity.
std::vector<double> definition(const Case& c, std::int64_t sample, std::int64_t head) {
  std::vector<double> y;
  const std::int64_t kvHead = head * c.kvHeads / c.heads;
  const auto of = [&](const Floats& values, std::int64_t steps, std::int64_t heads, std::int64_t step,
                      std::int64_t which, std::int64_t feature) {
    return static_cast<double>(
        values[static_cast<std::size_t>(((sample * steps + step) * heads + which) * c.size + feature)]);
  };
  for (std::int64_t t = 0; t < c.queries; ++t) {
    std::vector<double> weights;
    for (std::int64_t s = 0; s < c.keys; ++s) {
      double score = 0;
      for (std::int64_t i = 0; i < c.size; ++i)
        score += of(c.q, c.queries, c.heads, t, head, i) * of(c.k, c.keys, c.kvHeads, s, kvHead, i);
      const bool padding = !c.lengths.empty() && s >= c.lengths[static_cast<std::size_t>(sample)];
      const bool hidden = padding || (c.causal && s > t);
      weights.push_back(hidden ? 0 : std::exp(score / std::sqrt(static_cast<double>(c.size))));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::int64_t i = 0; i < c.size; ++i) {
      double mean = 0;
      for (std::int64_t s = 0; s < c.keys; ++s)
        mean += weights[static_cast<std::size_t>(s)] * of(c.v, c.keys, c.kvHeads, s, kvHead, i);
      y.push_back(sum > 0 ? mean / sum : 0);
    }
  }
  return y;
}

void expectDefinition(const Case& c) {
  const Floats y = c.forward()[0];
  for (std::int64_t sample = 0; sample < c.batch; ++sample)
    for (std::int64_t head = 0; head < c.heads; ++head) {
      const std::vector<double> want = definition(c, sample, head);
      for (std::int64_t t = 0; t < c.queries; ++t)
        for (std::int64_t i = 0; i < c.size; ++i) {
          const auto at = static_cast<std::size_t>(((sample * c.queries + t) * c.heads + head) * c.size + i);
          ASSERT_NEAR(y[at], want[static_cast<std::size_t>(t * c.size + i)], 2e-5)
              << "sample " << sample << " head " << head << " step " << t;
        }
    }
}

TEST(Attention, IsTheMeanOfTheValuesWeightedByTheKeys) {
  expectDefinition(Case{}.fill());
  expectDefinition(Case{.kvHeads = 4}.fill());
  expectDefinition(Case{.heads = 1, .kvHeads = 1, .size = 1}.fill());
  expectDefinition(Case{.queries = 9, .keys = 4, .causal = true}.fill());
  expectDefinition(Case{.batch = 3, .causal = true, .lengths = {7, 1, 4}}.fill());
  expectDefinition(Case{.batch = 3, .kvHeads = 1, .lengths = {2, 0, 7}}.fill());
  // More than one tile.
  expectDefinition(Case{.queries = 70, .keys = 150, .heads = 2, .size = 5, .lengths = {150, 66}}.fill());
  expectDefinition(Case{.queries = 131, .keys = 131, .heads = 2, .size = 5, .causal = true}.fill());
}

TEST(Attention, DoesNotDependOnTheNumberOfThreads) {
  const Case c =
      Case{.batch = 3, .queries = 150, .keys = 140, .causal = true, .lengths = {140, 3, 70}}.fill();
  const Floats dy = normals(c.queryShape().elements(), 4);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(c.forward(1), c.forward(threads));
    EXPECT_EQ(c.backward(dy, 1), c.backward(dy, threads));
  }
}

// Even if it is not a number.
TEST(Attention, PaddingHasNoInfluence) {
  Case c = Case{.batch = 2, .queries = 6, .keys = 90, .lengths = {3, 80}}.fill();
  const Floats dy = normals(c.queryShape().elements(), 4);
  const auto y = c.forward();
  const auto grads = c.backward(dy);
  for (const float garbage : {1e30f, std::numeric_limits<float>::quiet_NaN()}) {
    for (std::int64_t sample = 0; sample < c.batch; ++sample)
      for (std::int64_t s = c.lengths[static_cast<std::size_t>(sample)]; s < c.keys; ++s) {
        const std::int64_t width = c.kvHeads * c.size, first = (sample * c.keys + s) * width;
        std::fill_n(c.k.begin() + first, width, garbage);
        std::fill_n(c.v.begin() + first, width, garbage);
        for (const std::size_t each : {std::size_t{1}, std::size_t{2}})
          for (std::int64_t i = 0; i < width; ++i)
            EXPECT_EQ(grads[each][static_cast<std::size_t>(first + i)], 0.0f) << "gradient of padding";
      }
    EXPECT_EQ(c.forward(), y);
    EXPECT_EQ(c.backward(dy), grads);
  }
}

TEST(Attention, RowsWithoutKeysAreZero) {
  const Case c = Case{.batch = 2, .lengths = {0, 7}}.fill();
  const auto y = c.forward();
  const auto grads = c.backward(normals(c.queryShape().elements(), 4));
  const std::int64_t half = c.queryShape().elements() / 2;
  EXPECT_TRUE(std::all_of(y[0].begin(), y[0].begin() + half, [](float each) { return each == 0; }));
  EXPECT_TRUE(std::all_of(grads[0].begin(), grads[0].begin() + half, [](float each) { return each == 0; }));
  EXPECT_TRUE(std::any_of(y[0].begin() + half, y[0].end(), [](float each) { return each != 0; }));
}

TEST(Attention, IfCausalTheFutureChangesNothing) {
  Case c = Case{.batch = 1, .queries = 80, .keys = 80, .causal = true}.fill();
  const Floats before = c.forward()[0];
  constexpr std::int64_t kNow = 67;
  const auto changeFrom = [](Floats& values, std::int64_t first) {
    for (auto at = static_cast<std::size_t>(first); at < values.size(); ++at) values[at] = 3 - 2 * values[at];
  };
  changeFrom(c.q, kNow * c.heads * c.size);
  changeFrom(c.k, kNow * c.kvHeads * c.size);
  changeFrom(c.v, kNow * c.kvHeads * c.size);
  const Floats after = c.forward()[0];
  const std::int64_t same = kNow * c.heads * c.size;
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + same, after.begin()));
  EXPECT_NE(Floats(before.begin() + same, before.end()), Floats(after.begin() + same, after.end()));
}

TEST(Attention, GroupedQueriesEqualRepeatedKeys) {
  const Case grouped = Case{}.fill();
  Case repeated = grouped;
  repeated.kvHeads = grouped.heads;
  const auto repeat = [&](const Floats& from) {
    Floats to;
    for (std::int64_t row = 0; row < grouped.batch * grouped.keys; ++row)
      for (std::int64_t head = 0; head < grouped.heads; ++head) {
        const std::int64_t source = row * grouped.kvHeads + head * grouped.kvHeads / grouped.heads;
        const auto first = from.begin() + source * grouped.size;
        to.insert(to.end(), first, first + grouped.size);
      }
    return to;
  };
  repeated.k = repeat(grouped.k);
  repeated.v = repeat(grouped.v);
  expectNear(grouped.forward()[0], repeated.forward()[0]);
  // The gradient of a shared key is the sum of those of its copies.
  const Floats dy = normals(grouped.queryShape().elements(), 4);
  const auto own = grouped.backward(dy), copies = repeated.backward(dy);
  expectNear(own[0], copies[0]);
  for (const std::size_t each : {std::size_t{1}, std::size_t{2}})
    for (std::int64_t row = 0; row < grouped.batch * grouped.keys; ++row)
      for (std::int64_t i = 0; i < grouped.kvHeads * grouped.size; ++i) {
        const std::int64_t kvHead = i / grouped.size, group = grouped.heads / grouped.kvHeads;
        double sum = 0;
        for (std::int64_t head = kvHead * group; head < (kvHead + 1) * group; ++head)
          sum += static_cast<double>(copies[each][static_cast<std::size_t>(
              (row * grouped.heads + head) * grouped.size + i % grouped.size)]);
        EXPECT_NEAR(own[each][static_cast<std::size_t>(row * grouped.kvHeads * grouped.size + i)], sum, 1e-5);
      }
}

// Large scores must not overflow.
TEST(Attention, TheHighestScoreWins) {
  Case c{.batch = 1, .queries = 1, .keys = 3, .heads = 1, .kvHeads = 1, .size = 1};
  c.q = {1000};
  c.k = {1, 3, 2};
  c.v = {5, 7, 9};
  const auto y = c.forward();
  EXPECT_FLOAT_EQ(y[0][0], 7);
  EXPECT_FLOAT_EQ(y[1][0], 3000);
  c.k = {-1, -3, -2};
  EXPECT_FLOAT_EQ(c.forward()[0][0], 5);
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const auto refusal = [](const Attrs& attrs, const Shape& q, const Shape& k, const Shape& v) {
    const std::vector<TensorType> in{{DType::F32, q}, {DType::F32, k}, {DType::F32, v}};
    const auto types = ops::attention.infer(attrs, in);
    return types.ok() ? std::string() : types.error().message;
  };
  const Attrs two{{"heads", std::int64_t{2}}};
  EXPECT_EQ(refusal(two, {1, 3, 4}, {1, 5, 4}, {1, 5, 4}), "");
  EXPECT_NE(refusal(two, {1, 3, 5}, {1, 5, 5}, {1, 5, 5}), "");
  EXPECT_NE(refusal(two, {1, 3, 4}, {1, 5, 4}, {1, 6, 4}), "");
  EXPECT_NE(refusal(two, {1, 3, 4}, {2, 5, 4}, {2, 5, 4}), "");
  EXPECT_NE(
      refusal({{"heads", std::int64_t{4}}, {"kv_heads", std::int64_t{3}}}, {1, 3, 4}, {1, 5, 3}, {1, 5, 3}),
      "");
}

Floats turned(const Floats& x, std::int64_t steps, std::int64_t heads, bool inverse = false) {
  const std::int64_t width = static_cast<std::int64_t>(x.size()) / steps;
  return computed(ops::rotary, {{"heads", heads}, {"inverse", std::int64_t{inverse}}},
                  listOf(Tensor::of(Shape{1, steps, width}, x)))[0];
}

TEST(Rotary, ProductsDependOnTheDistanceOnly) {
  constexpr std::int64_t kSteps = 12, kSize = 6;
  const Floats q = normals(kSize, 1), k = normals(kSize, 2);
  Floats queries, keys;
  for (std::int64_t t = 0; t < kSteps; ++t) {
    queries.insert(queries.end(), q.begin(), q.end());
    keys.insert(keys.end(), k.begin(), k.end());
  }
  queries = turned(queries, kSteps, 1);
  keys = turned(keys, kSteps, 1);
  const auto product = [&](std::int64_t t, std::int64_t s) {
    double sum = 0;
    for (std::int64_t i = 0; i < kSize; ++i)
      sum += static_cast<double>(queries[static_cast<std::size_t>(t * kSize + i)]) *
             static_cast<double>(keys[static_cast<std::size_t>(s * kSize + i)]);
    return sum;
  };
  for (std::int64_t distance = 0; distance < kSteps; ++distance)
    for (std::int64_t s = 0; s + distance < kSteps; ++s)
      EXPECT_NEAR(product(s + distance, s), product(distance, 0), 2e-5) << distance;
  EXPECT_GT(std::abs(product(1, 0) - product(0, 0)), 1e-3);
}

TEST(Rotary, TurnsHalvesOfAHeadAndBack) {
  const Floats x{1, 2, 3, 4, 5, 6, 7, 8};  // two steps of one head: the pairs are (0, 2) and (1, 3)
  const Floats y = turned(x, 2, 1);
  EXPECT_TRUE(std::equal(x.begin(), x.begin() + 4, y.begin())) << "step 0 is not turned";
  const double slow = 1 / std::sqrt(10000.0);
  EXPECT_NEAR(y[4], 5 * std::cos(1.0) - 7 * std::sin(1.0), 1e-5);
  EXPECT_NEAR(y[6], 7 * std::cos(1.0) + 5 * std::sin(1.0), 1e-5);
  EXPECT_NEAR(y[5], 6 * std::cos(slow) - 8 * std::sin(slow), 1e-5);
  EXPECT_NEAR(y[7], 8 * std::cos(slow) + 6 * std::sin(slow), 1e-5);
  const Floats back = turned(y, 2, 1, true);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(back[i], x[i], 1e-5);
}

TEST(Permute, ExchangesDimensions) {
  const Floats x{0, 1, 2, 3, 4, 5};
  const auto of = [&](const Shape& shape, std::vector<std::int64_t> order) {
    return computed(ops::permute, {{"order", std::move(order)}}, listOf(Tensor::of(shape, x)))[0];
  };
  EXPECT_EQ(of({1, 2, 3}, {2, 1}), (Floats{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(of({1, 2, 3}, {1, 2}), x);
  EXPECT_EQ(of({3, 2, 1}, {2, 1}), x);
  EXPECT_EQ(of({1, 1, 2, 3}, {3, 1, 2}), (Floats{0, 3, 1, 4, 2, 5}));
  const std::vector<TensorType> in{{DType::F32, Shape{1, 2, 3}}};
  const std::vector<std::vector<std::int64_t>> invalid{{}, {1}, {1, 1}, {0, 1}, {1, 3}, {1, 2, 3}};
  for (const std::vector<std::int64_t>& order : invalid)
    EXPECT_FALSE(ops::permute.infer({{"order", order}}, in).ok());
}

}  // namespace
}  // namespace tandem
