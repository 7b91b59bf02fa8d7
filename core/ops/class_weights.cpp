#include "core/ops/class_weights.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<ClassWeightTable> ClassWeightTable::from(const Attrs& attrs, const TensorType& operand) {
  ClassWeightTable table{attrs.numbers("weights"), attrs.integer("columns", 1), 0};
  const std::int64_t count = std::ssize(table.weights);
  if (operand.dtype != DType::I32 && operand.dtype != DType::F32)
    return invalid("class weights need classes, not " + std::string(nameOf(operand.dtype)));
  if (table.columns < 1 || (table.columns > 1 && operand.shape[-1] != table.columns) || count < 1 ||
      count % table.columns != 0)
    return invalid("class weights need a weight for each class of each column");
  if (count > kMaxClassWeights)
    return invalid("class weights are possible for up to " + std::to_string(kMaxClassWeights) + " classes",
                   {}, "Use equal class weights");
  table.classes = count / table.columns;
  return table;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ClassWeightTable::from(attrs, in[0]));
  return std::vector<TensorType>{{DType::F32, in[0].shape}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ClassWeightTable table = *ClassWeightTable::from(attrs, in[0].type);
  for (std::int64_t i = 0; i < in[0].type.shape.elements(); ++i) {
    const double label = in[0].data[at(i)];
    const bool inside = label >= 0 && label < static_cast<double>(table.classes);
    out[0].data[at(i)] =
        inside ? table.weights[at(i % table.columns * table.classes + static_cast<std::int64_t>(label))]
               : 1.0;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, DType dtype, Shape shape, std::vector<double> weights,
                     std::int64_t columns = 1) {
    const std::int64_t classes = std::ssize(weights) / columns;
    return Sample{.name = std::move(name),
                  .attrs = {{"weights", std::move(weights)}, {"columns", columns}},
                  .inputs = {{{dtype, shape}, Fill::Labels, classes}}};
  };
  Sample outside = of("label_out_of_range", DType::I32, {9}, {0.5, 2, 3});
  outside.inputs[0].bound = 7;
  std::vector<double> rising(at(kMaxClassWeights));
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = 0.25 * static_cast<double>(i);
  return {of("odd", DType::I32, {5}, {0.5, 2, 3}), of("floats", DType::F32, {7, 1}, {0.1, 2.5}),
          of("columns", DType::F32, {6, 3}, {0.1, 2.5, 1, 0, 3, 4}, 3), outside,
          of("many", DType::I32, {3001}, std::move(rising))};
}

}  // namespace

const OpDef class_weights = {
    .name = "class_weights",
    .summary = "y = weights[x]",
    .operands = {"classes"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
