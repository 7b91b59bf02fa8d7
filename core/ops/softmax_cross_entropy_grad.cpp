#include "core/ops/softmax_cross_entropy_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_CHECK(in[0].shape.rank() == 2, "probabilities are a matrix");
  TANDEM_TRY(requireLabels(in[1], in[0].shape[0]));
  TANDEM_TRY(requireStepBlock(in[2]));
  return std::vector{in[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t n = in[0].type.shape[0], c = in[0].type.shape[1];
  const std::vector<float> block = stepOf(in[2]);
  const std::int64_t valid = validRows(block.data(), n);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t j = 0; j < c; ++j) {
      const double hit = in[1].data[at(r)] == static_cast<double>(j) ? 1.0 : 0.0;
      out[0].data[at(r * c + j)] =
          r < valid ? (in[0].data[at(r * c + j)] - hit) * block[kStepLossScale] / static_cast<double>(valid)
                    : 0.0;
    }
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, std::int64_t c, std::int64_t valid,
                     bool perf = false) {
    return Sample{.name = std::move(name),
                  .inputs = {f32({n, c}, Fill::Unit), labels(n, c), step(valid)},
                  .perf = perf};
  };
  Sample outside = of("label_out_of_range", 4, 3, 4);
  outside.inputs[1].bound = 1000;
  return {of("odd", 5, 7, 5),
          of("padded", 6, 10, 4),
          of("one_class", 3, 1, 3),
          of("ten_classes", 512, 10, 512, true),
          of("thousand_classes", 256, 1000, 250, true),
          outside};
}

}  // namespace

const OpDef softmax_cross_entropy_grad = {
    .name = "softmax_cross_entropy_grad",
    .summary = "dx = (p - onehot(label)) lossScale / validRows",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
