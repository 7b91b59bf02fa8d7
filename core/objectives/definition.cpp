#include "core/objectives/definition.h"

#include <algorithm>

#include "core/ops/step_block.h"

namespace tandem {
namespace {

// Of rows that are few enough to be held several times in double precision.
std::vector<double> meansOfFew(const OpDef& op, const Attrs& attrs, bool classIndices, std::int64_t rows,
                               std::span<const double> outputs, std::span<const double> targets) {
  const auto table = [&](std::span<const double> values) {
    return RefTensor{{DType::F32, Shape{rows, std::ssize(values) / rows}}, {values.begin(), values.end()}};
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

std::vector<double> rowMeans(const OpDef& op, const Attrs& attrs, bool classIndices, std::int64_t rows,
                             std::span<const double> outputs, std::span<const double> targets) {
  TANDEM_CHECK(rows > 0 && std::ssize(outputs) % rows == 0 && std::ssize(targets) % rows == 0,
               "outputs and targets of every row");
  constexpr std::int64_t kRows = 4096;
  const auto of = [rows](std::span<const double> values, std::int64_t first, std::int64_t count) {
    const std::size_t width = values.size() / static_cast<std::size_t>(rows);
    return values.subspan(static_cast<std::size_t>(first) * width, static_cast<std::size_t>(count) * width);
  };
  std::vector<double> sums;
  for (std::int64_t first = 0; first < rows; first += kRows) {
    const std::int64_t count = std::min(kRows, rows - first);
    const std::vector<double> means =
        meansOfFew(op, attrs, classIndices, count, of(outputs, first, count), of(targets, first, count));
    sums.resize(means.size());
    for (std::size_t i = 0; i < means.size(); ++i) sums[i] += static_cast<double>(count) * means[i];
  }
  for (double& sum : sums) sum /= static_cast<double>(rows);
  return sums;
}

}  // namespace tandem
