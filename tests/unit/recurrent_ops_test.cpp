// The recurrent ops on the CPU: what padding and the gradients of single results do. The conformance tests compare the
// kernels and gradients with the definitions of the ops.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/ops/gru.h"
#include "core/ops/gru_grad.h"
#include "core/ops/lstm.h"
#include "core/ops/lstm_grad.h"
#include "core/ops/simple_rnn.h"
#include "core/ops/simple_rnn_grad.h"
#include "core/runtime/registry.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

Floats noise(std::size_t count, std::uint64_t seed) {
  PhiloxSequence random(seed, 0);
  Floats values(count);
  for (float& v : values) v = static_cast<float>(0.5 * random.normal());
  return values;
}

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

struct RecurrentOp {
  const OpDef& op;
  const OpDef& gradient;
  std::int64_t gates, saved;
  bool cell;
};

std::vector<RecurrentOp> recurrentOps() {
  return {{ops::simple_rnn, ops::simple_rnn_grad, 1, 0, false},
          {ops::lstm, ops::lstm_grad, 4, 5, true},
          {ops::gru, ops::gru_grad, 3, 4, false}};
}

// The results of the CPU's best kernel. Operands of rank 0 are absent.
std::vector<Floats> compute(const OpDef& op, const Attrs& attrs, const std::vector<RefTensor>& in) {
  std::vector<TensorType> types;
  std::vector<Tensor> given, out;
  for (const RefTensor& each : in) {
    types.push_back(each.type);
    Tensor& tensor = given.emplace_back(each.type);
    if (each.type.dtype == DType::I32)
      std::ranges::transform(each.data, tensor.as<std::int32_t>().begin(),
                             [](double v) { return static_cast<std::int32_t>(v); });
    else
      std::ranges::transform(each.data, tensor.as<float>().begin(),
                             [](double v) { return static_cast<float>(v); });
  }
  std::vector<const Tensor*> inputs;
  for (const Tensor& tensor : given) inputs.push_back(tensor.shape().rank() > 0 ? &tensor : nullptr);
  const std::vector<TensorType> results = op.infer(attrs, types).value();
  for (const TensorType& type : results) out.emplace_back(type);
  std::vector<Tensor*> outputs;
  for (Tensor& tensor : out) outputs.push_back(&tensor);
  const OpCall call{&op, &attrs, types, results};
  const KernelChoice choice = cpu().choose({}, call).value();
  EXPECT_NE(choice.kernel, "reference");
  cpu().runOp({}, call, choice.kernel, inputs, outputs, 1).value();
  std::vector<Floats> values;
  for (const Tensor& tensor : out) {
    const auto all = tensor.as<float>();
    values.emplace_back(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(tensor.shape().elements()));
  }
  return values;
}

RefTensor absent() {
  return {};
}

RefTensor tensorOf(Shape shape, const Floats& values) {
  return {{DType::F32, shape}, Doubles(values.begin(), values.end())};
}

RefTensor randomTensor(Shape shape, std::uint64_t seed) {
  return tensorOf(shape, noise(at(shape.elements()), seed));
}

// Steps [0, steps) of one sample of a sequence.
RefTensor cut(const RefTensor& sequence, std::int64_t sample, std::int64_t steps) {
  const Shape& shape = sequence.type.shape;
  const auto begin = sequence.data.begin() + sample * shape[1] * shape[2];
  return {{DType::F32, Shape{1, steps, shape[2]}}, Doubles(begin, begin + steps * shape[2])};
}

void spoil(RefTensor& sequence, std::int64_t sample, std::int64_t from) {
  const Shape& shape = sequence.type.shape;
  std::fill(sequence.data.begin() + (sample * shape[1] + from) * shape[2],
            sequence.data.begin() + (sample + 1) * shape[1] * shape[2],
            std::numeric_limits<double>::quiet_NaN());
}

// Compares the first steps of a sample with a sequence of that length, and what follows with zeros.
void expectSameSteps(const Floats& got, std::int64_t sample, std::int64_t steps, const Floats& shorter,
                     std::int64_t length) {
  const std::int64_t width = std::ssize(shorter) / length;
  for (std::int64_t i = 0; i < steps * width; ++i)
    EXPECT_EQ(got[at(sample * steps * width + i)], i < length * width ? shorter[at(i)] : 0.0f)
        << "sample " << sample << " at " << i;
}

TEST(RecurrentOps, PaddingHasNoInfluence) {
  constexpr std::int64_t kSteps = 5, kUnits = 6;
  const Ints lengths{3, 5, 1};
  const RefTensor ends{{DType::I32, Shape{3}}, {3, 5, 1}};
  for (const RecurrentOp& r : recurrentOps()) {
    for (const std::int64_t reverse : {0, 1}) {
      SCOPED_TRACE(std::string(r.op.name) + (reverse ? " reverse" : ""));
      const Attrs attrs{{"reverse", reverse}};
      const std::int64_t width = r.gates * kUnits;
      RefTensor x = randomTensor({3, kSteps, width}, 1), dy = randomTensor({3, kSteps, kUnits}, 3);
      const RefTensor recurrent = randomTensor({kUnits, width}, 2);
      for (std::int64_t b = 0; b < 3; ++b) {
        spoil(x, b, lengths[at(b)]);
        spoil(dy, b, lengths[at(b)]);
      }
      const std::vector<Floats> y = compute(r.op, attrs, {x, recurrent, ends, absent()});
      std::vector<RefTensor> operands{recurrent, tensorOf({3, kSteps, kUnits}, y[0]), ends, absent(), dy,
                                      absent()};
      if (r.saved > 0) operands.push_back(tensorOf({3, kSteps, r.saved * kUnits}, y.back()));
      const std::vector<Floats> gradients = compute(r.gradient, attrs, operands);
      for (std::int64_t b = 0; b < 3; ++b) {
        const std::int64_t length = lengths[at(b)];
        const std::vector<Floats> alone =
            compute(r.op, attrs, {cut(x, b, length), recurrent, absent(), absent()});
        expectSameSteps(y[0], b, kSteps, alone[0], length);
        for (std::size_t state = 1; state < (r.cell ? 3u : 2u); ++state)
          EXPECT_TRUE(std::equal(alone[state].begin(), alone[state].end(), y[state].begin() + b * kUnits));
        operands = {recurrent,          tensorOf({1, length, kUnits}, alone[0]),
                    absent(),           absent(),
                    cut(dy, b, length), absent()};
        if (r.saved > 0) operands.push_back(tensorOf({1, length, r.saved * kUnits}, alone.back()));
        const std::vector<Floats> shorter = compute(r.gradient, attrs, operands);
        for (std::size_t k = 0; k < shorter.size(); ++k)
          expectSameSteps(gradients[k], b, kSteps, shorter[k], length);
      }
    }
  }
}

TEST(RecurrentOps, TheGradientOfTheLastStateIsThatOfTheLastStep) {
  constexpr std::int64_t kSteps = 4, kUnits = 3;
  for (const RecurrentOp& r : recurrentOps()) {
    SCOPED_TRACE(r.op.name);
    const RefTensor x = randomTensor({2, kSteps, r.gates * kUnits}, 1),
                    recurrent = randomTensor({kUnits, r.gates * kUnits}, 2);
    const std::vector<Floats> y = compute(r.op, {}, {x, recurrent, absent(), absent()});
    const Floats last = noise(2 * kUnits, 3);
    Floats sequence(2 * kSteps * kUnits);
    for (std::int64_t b = 0; b < 2; ++b)
      std::copy_n(last.begin() + b * kUnits, kUnits, sequence.begin() + ((b + 1) * kSteps - 1) * kUnits);
    const auto gradients = [&](const RefTensor& dy, const RefTensor& dh) {
      std::vector<RefTensor> operands{recurrent, tensorOf({2, kSteps, kUnits}, y[0]), absent(), absent(), dy,
                                      dh};
      if (r.saved > 0) operands.push_back(tensorOf({2, kSteps, r.saved * kUnits}, y.back()));
      return compute(r.gradient, {}, operands);
    };
    EXPECT_EQ(gradients(absent(), tensorOf({2, kUnits}, last)),
              gradients(tensorOf({2, kSteps, kUnits}, sequence), absent()));
  }
}

}  // namespace
}  // namespace tandem
