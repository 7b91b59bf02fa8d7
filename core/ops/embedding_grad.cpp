#include "core/ops/embedding_grad.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const Shape table{attrs.integer("vocabulary", 0), in[0].shape[-1]};
  TANDEM_ASSIGN(const EmbeddingGeometry g, EmbeddingGeometry::from(in[1], table));
  if (in[0].shape.elements() != g.tokens * g.units)
    return invalid("the gradient must have a row for each token, but is " + in[0].shape.text());
  return std::vector<TensorType>{{DType::F32, table}};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const EmbeddingGeometry g = *EmbeddingGeometry::from(in[1].type, out[0].type.shape);
  std::ranges::fill(out[0].data, 0.0);
  for (std::int64_t i = 0; i < g.tokens; ++i) {
    const double token = in[1].data[at(i)];
    if (token < 0 || token >= static_cast<double>(g.vocabulary)) continue;
    for (std::int64_t c = 0; c < g.units; ++c)
      out[0].data[at(static_cast<std::int64_t>(token) * g.units + c)] += in[0].data[at(i * g.units + c)];
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[0].shape.elements());
  return total;
}

// embedding's samples.
std::vector<Sample> samples() {
  std::vector<Sample> list = embedding.samples();
  for (Sample& s : list) {
    const SampleInput tokens = s.inputs[0];
    const Shape table = s.inputs[1].type.shape;
    std::vector<std::int64_t> dims(tokens.type.shape.dims().begin(), tokens.type.shape.dims().end());
    dims.push_back(table[1]);
    s.attrs = {{"vocabulary", table[0]}};
    s.inputs = {f32(Shape(dims)), tokens};
    s.gradientCheck = false;
  }
  Sample frequent = list[0];  // few words, many tokens
  frequent.name = "frequent_words";
  frequent.attrs = {{"vocabulary", std::int64_t{5}}};
  frequent.inputs = {f32({6, 301, 70}), {.type = {DType::I32, {6, 301}}, .fill = Fill::Labels, .bound = 3}};
  list.push_back(frequent);
  return list;
}

}  // namespace

const OpDef embedding_grad = {
    .name = "embedding_grad",
    .summary = "dtable[r] = sum of dy over the tokens r",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}, .why = "sums of the gradient of the table in fp32"},
};

}  // namespace tandem::ops
