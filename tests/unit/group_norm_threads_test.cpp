// The CPU kernels of group_normalize on few large blocks, such as one sample, which the threads share.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/runtime/registry.h"

namespace tandem {
namespace {

Tensor random(const TensorType& type, std::uint64_t seed) {
  Tensor tensor(type);
  std::uint64_t state = seed;
  for (float& value : tensor.as<float>()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = 0.2f + uniform01(static_cast<std::uint32_t>(state >> 32));
  }
  return tensor;
}

std::vector<double> doubles(const Tensor& tensor) {
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

// The results of the op's kernel "simd" with this number of threads.
std::vector<Tensor> run(const OpDef& op, const Attrs& attrs, const std::vector<Tensor>& operands,
                        const std::vector<TensorType>& results, int threads) {
  OpCall call{&op, &attrs, {}, results};
  std::vector<const Tensor*> in;
  for (const Tensor& operand : operands) {
    call.inputs.push_back(operand.type());
    in.push_back(&operand);
  }
  std::vector<Tensor> made;
  std::vector<Tensor*> out;
  for (const TensorType& type : results) made.emplace_back(type);
  for (Tensor& tensor : made) out.push_back(&tensor);
  DeviceOptions options;
  options.threads = threads;
  Backend& cpu = **DeviceRegistry::instance().backendFor("cpu");
  const auto seconds = cpu.runOp(options, call, "simd", in, out, 1);
  EXPECT_TRUE(seconds.ok()) << seconds.error().text();
  return made;
}

struct Case {
  const char* name;
  Shape x;
  Attrs attrs;
  Shape statistics;
};

const std::vector<Case> kCases = {
    {"a long row", {1, 150'001}, {}, {1, 1}},
    {"groups of one sample",
     {1, 67, 61, 24},
     {{"over", std::string("sample")}, {"groups", std::int64_t{4}}},
     {1, 4}},
};

// Compares each result with the definition, and those of several threads with those of one, bit by bit.
void expectSame(const OpDef& op, const Case& c, const std::vector<TensorType>& types,
                const std::vector<TensorType>& results) {
  std::vector<Tensor> operands;
  for (const TensorType& type : types) operands.push_back(random(type, operands.size() + 1));
  std::vector<RefTensor> in, exact;
  for (const Tensor& operand : operands) in.push_back({operand.type(), doubles(operand)});
  for (const TensorType& type : results)
    exact.push_back({type, std::vector<double>(static_cast<std::size_t>(type.shape.elements()))});
  op.reference(c.attrs, in, exact);
  const std::vector<Tensor> alone = run(op, c.attrs, operands, results, 1);
  for (std::size_t r = 0; r < results.size(); ++r) {
    double difference = 0, size = 0;
    const std::vector<double> values = doubles(alone[r]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      difference = std::max(difference, std::abs(values[i] - exact[r].data[i]));
      size = std::max(size, std::abs(exact[r].data[i]));
    }
    EXPECT_LT(difference, 1e-4 * size) << c.name << ", result " << r;
  }
  for (const int threads : {2, 3}) {
    const std::vector<Tensor> shared = run(op, c.attrs, operands, results, threads);
    for (std::size_t r = 0; r < results.size(); ++r)
      EXPECT_EQ(std::memcmp(shared[r].bytes().data(), alone[r].bytes().data(), alone[r].bytes().size()), 0)
          << c.name << ", result " << r << ", " << threads << " threads";
  }
}

TEST(GroupNormThreads, ABlockIsTheSameOnAnyNumberOfThreads) {
  for (const Case& c : kCases) {
    const TensorType x{DType::F32, c.x}, channels{DType::F32, {c.x[-1]}},
        statistics{DType::F32, c.statistics};
    expectSame(*findOp("group_normalize"), c, {x, channels, channels}, {x, statistics, statistics});
  }
}

TEST(GroupNormThreads, TheGradientOfABlockIsTheSameOnAnyNumberOfThreads) {
  for (const Case& c : kCases) {
    const TensorType x{DType::F32, c.x}, channels{DType::F32, {c.x[-1]}},
        statistics{DType::F32, c.statistics};
    expectSame(*findOp("group_normalize_grad"), c, {x, x, channels, statistics, statistics},
               {x, channels, channels});
  }
}

}  // namespace
}  // namespace tandem
