#include "core/objectives/definition.h"

#include <algorithm>

#include "core/ops/step_block.h"

namespace tandem {
namespace {

// Of rows that are few enough to be held several times in double precision.
std::vector<double> meansOfFew(const OpDef& op, const Attrs& attrs, bool classIndices, const Shape& shape,
                               std::span<const double> outputs, std::span<const double> targets) {
  const std::int64_t rows = shape[0];
  const auto table = [&](std::span<const double> values) {
    return RefTensor{{DType::F32, shape}, {values.begin(), values.end()}};
  };
  std::vector<double> step(kStepSlots);
  step[kStepLossScale] = 1;
  step[kStepValidRows] = static_cast<double>(rows);
  std::vector<RefTensor> in{table(outputs), table(targets), {{DType::F32, Shape{kStepSlots}}, step}};
  if (classIndices) in[1].type = {DType::I32, Shape{rows}};
  std::vector<RefTensor> out;
  const std::vector<TensorType> inTypes{in[0].type, in[1].type, in[2].type};
  const std::vector<TensorType> outTypes = op.infer(attrs, inTypes).value();
  for (const TensorType& type : outTypes)
    out.push_back({type, std::vector<double>(static_cast<std::size_t>(type.shape.elements()))});
  op.reference(attrs, in, out);
  return out[0].data;
}

}  // namespace

std::vector<double> rowMeans(const OpDef& op, const Attrs& attrs, bool classIndices, const Shape& shape,
                             std::span<const double> outputs, std::span<const double> targets) {
  const std::int64_t rows = shape[0];
  TANDEM_CHECK(rows > 0 && std::ssize(outputs) == shape.elements() &&
                   std::ssize(targets) == (classIndices ? rows : shape.elements()),
               "outputs and targets of every row");
  constexpr std::int64_t kRows = 4096, kValues = std::int64_t{1} << 20;
  const std::int64_t most =
      std::clamp<std::int64_t>(kValues * rows / std::max<std::int64_t>(1, std::ssize(outputs)), 1, kRows);
  const auto of = [rows](std::span<const double> values, std::int64_t first, std::int64_t count) {
    const std::size_t width = values.size() / static_cast<std::size_t>(rows);
    return values.subspan(static_cast<std::size_t>(first) * width, static_cast<std::size_t>(count) * width);
  };
  std::vector<double> sums;
  for (std::int64_t first = 0; first < rows; first += most) {
    const std::int64_t count = std::min(most, rows - first);
    const std::vector<double> means = meansOfFew(op, attrs, classIndices, shape.with(0, count),
                                                 of(outputs, first, count), of(targets, first, count));
    sums.resize(means.size());
    for (std::size_t i = 0; i < means.size(); ++i) sums[i] += static_cast<double>(count) * means[i];
  }
  for (double& sum : sums) sum /= static_cast<double>(rows);
  return sums;
}

}  // namespace tandem
