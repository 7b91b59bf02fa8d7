#include "core/ops/window_lengths.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<LengthWindow> LengthWindow::from(const Attrs& attrs) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const std::int64_t extent = attrs.integer("extent", 1), stride = attrs.integer("stride", 1);
  if (extent < 1 || extent > kMost || stride < 1 || stride > kMost)
    return invalid("the window and its stride need at least one step");
  return LengthWindow{static_cast<std::int32_t>(extent), static_cast<std::int32_t>(stride)};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(LengthWindow::from(attrs));
  if (in[0].dtype != DType::I32 || in[0].shape.rank() != 1) return invalid("needs one length per sample");
  return std::vector<TensorType>{in[0]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const LengthWindow window = *LengthWindow::from(attrs);
  for (std::size_t n = 0; n < in[0].data.size(); ++n) {
    const auto length = static_cast<std::int64_t>(in[0].data[n]);
    const std::int64_t windows = length < window.extent ? 1 : (length - window.extent) / window.stride + 1;
    out[0].data[n] = static_cast<double>(windows);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](const char* name, std::int64_t rows, std::int64_t extent, std::int64_t stride) {
    return Sample{
        .name = name, .attrs = {{"extent", extent}, {"stride", stride}}, .inputs = {labels(rows, 20)}};
  };
  return {of("odd", 37, 3, 1), of("stride", 37, 1, 2), of("both", 37, 4, 3), of("many", 3001, 5, 2)};
}

}  // namespace

const OpDef window_lengths = {
    .name = "window_lengths",
    .summary = "y = the number of windows that fit into x steps",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "whole numbers"},
};

}  // namespace tandem::ops
