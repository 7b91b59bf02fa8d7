#include "core/ops/embedding.h"

#include <algorithm>
#include <cmath>

#include "core/ops/embedding_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<EmbeddingGeometry> EmbeddingGeometry::from(const TensorType& tokens, const Shape& table) {
  if (tokens.dtype != DType::I32)
    return invalid("needs tokens, such as the words of a text, but its input is numbers", {},
                   "Connect it to an input layer whose values are tokens");
  if (tokens.shape.rank() < 1 || tokens.shape.rank() > 2)
    return invalid("needs a token or a sequence of tokens (steps), but its input is " +
                   tokens.shape.withoutFirst().text());
  if (table.rank() != 2 || table[0] < 1 || table[1] < 1)
    return invalid("the table must be (vocabulary, units), not " + table.text());
  return EmbeddingGeometry{tokens.shape.elements(), table[0], table[1]};
}

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(EmbeddingGeometry::from(in[0], in[1].shape));
  const auto tokens = in[0].shape.dims();
  std::vector<std::int64_t> dims(tokens.begin(), tokens.end());
  dims.push_back(in[1].shape[1]);
  return std::vector<TensorType>{{in[1].dtype, Shape(dims)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dtable,
                c.program.append1(embedding_grad, {{"vocabulary", c.program.type(c.input(1)).shape[0]}},
                                  {c.outputGrads[0], c.input(0)}));
  return std::vector{kNoValue, dtable};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const EmbeddingGeometry g = *EmbeddingGeometry::from(in[0].type, in[1].type.shape);
  for (std::int64_t i = 0; i < g.tokens; ++i) {
    const double token = in[0].data[at(i)];
    const bool inside = token >= 0 && token < static_cast<double>(g.vocabulary);
    for (std::int64_t c = 0; c < g.units; ++c)
      out[0].data[at(i * g.units + c)] =
          inside ? in[1].data[at(static_cast<std::int64_t>(token) * g.units + c)] : std::nan("");
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return {0, static_cast<double>(in[0].bytes() + 2 * out[0].bytes())};
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Shape tokens, std::int64_t vocabulary, std::int64_t units) {
    return Sample{.name = std::move(name),
                  .inputs = {{.type = {DType::I32, tokens}, .fill = Fill::Labels, .bound = vocabulary},
                             f32({vocabulary, units})}};
  };
  Sample outside = of("outside", {4, 7}, 5, 3), large = of("large", {32, 256}, 2000, 128);
  outside.inputs[0].bound = 9;  // some tokens are not in the vocabulary
  outside.gradientCheck = large.gradientCheck = false;
  large.perf = true;
  return {of("sequence", {3, 5}, 7, 6),
          of("one_token", {5}, 9, 4),
          of("one_unit", {4, 9}, 3, 1),
          of("one_word", {2, 3}, 1, 5),
          of("rare_words", {2, 3}, 100, 8),
          of("odd", {5, 17}, 33, 67),
          outside,
          large};
}

}  // namespace

const OpDef embedding = {
    .name = "embedding",
    .summary = "y = table[token]",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {1}},
};

}  // namespace tandem::ops
