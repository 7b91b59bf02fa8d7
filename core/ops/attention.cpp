#include "core/ops/attention.h"

#include <cmath>
#include <limits>

#include "core/ops/attention_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<AttentionGeometry> AttentionGeometry::from(const Attrs& attrs, const Shape& q, const Shape& k,
                                                  const Shape& v) {
  if (q.rank() != 3 || k.rank() != 3 || v != k || q[0] != k[0])
    return invalid("needs sequences of queries, keys and values of one batch, but gets " + q.text() + ", " +
                   k.text() + " and " + v.text());
  AttentionGeometry g;
  g.batch = q[0];
  g.queries = q[1];
  g.keys = k[1];
  g.heads = attrs.integer("heads", 1);
  g.kvHeads = attrs.integer("kv_heads", g.heads);
  if (g.heads < 1 || g.kvHeads < 1 || g.heads % g.kvHeads != 0)
    return invalid(std::to_string(g.heads) + " heads cannot share the keys of " + std::to_string(g.kvHeads),
                   {}, "Set the number of key heads to a divisor of the number of heads");
  g.size = q[2] / g.heads;
  if (g.size < 1 || q[2] != g.width() || k[2] != g.kvWidth())
    return invalid(std::to_string(g.heads) + " heads do not divide " + q.text() + " and " + k.text());
  g.causal = attrs.integer("causal", 0) != 0;
  g.scale = attrs.number("scale", 1 / std::sqrt(static_cast<double>(g.size)));
  return g;
}

double AttentionGeometry::scores() const {
  const double rows = static_cast<double>(batch * heads), all = static_cast<double>(keys);
  if (!causal) return rows * static_cast<double>(queries) * all;
  // Queries 0 to n - 1 see 1 to n keys, the others all.
  const double n = static_cast<double>(std::min(queries, keys));
  return rows * (n * (n + 1) / 2 + (static_cast<double>(queries) - n) * all);
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const AttentionGeometry g,
                AttentionGeometry::from(attrs, in[0].shape, in[1].shape, in[2].shape));
  TANDEM_TRY(requireSameDtype(in.first(3)));
  if (hasOperand(in, 3) && in[3] != TensorType{DType::I32, Shape{g.batch}})
    return invalid("needs one length per sample (i32), but the lengths are " +
                   std::string(nameOf(in[3].dtype)) + ", " + in[3].shape.text());
  return std::vector<TensorType>{in[0], {DType::F32, Shape{g.batch, g.heads, g.queries}}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  std::vector<ValueId> operands{c.outputGrads[0], c.input(0),  c.input(1),
                                c.input(2),       c.output(0), c.output(1)};
  if (c.node.inputs.size() > 3) operands.push_back(c.input(3));
  TANDEM_ASSIGN(const auto made, c.program.append(attention_grad, c.node.attrs, std::move(operands)));
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  std::copy_n(made.begin(), 3, grads.begin());
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const AttentionGeometry g =
      *AttentionGeometry::from(attrs, in[0].type.shape, in[1].type.shape, in[2].type.shape);
  std::ranges::fill(out[0].data, 0.0);
  std::ranges::fill(out[1].data, 0.0);
  std::vector<double> scores(at(g.keys));
  for (std::int64_t b = 0; b < g.batch; ++b) {
    const std::int64_t length =
        hasOperand(in, 3) ? g.length(static_cast<std::int64_t>(in[3].data[at(b)])) : g.keys;
    for (std::int64_t h = 0; h < g.heads; ++h)
      for (std::int64_t t = 0; t < g.queries; ++t) {
        const std::int64_t limit = g.limit(t, length);
        if (limit == 0) continue;
        const std::size_t row = at((b * g.queries + t) * g.width() + h * g.size);
        const auto keyRow = [&](std::int64_t s) {
          return at((b * g.keys + s) * g.kvWidth() + h / g.group() * g.size);
        };
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t s = 0; s < limit; ++s) {
          double score = 0;
          for (std::size_t c = 0; c < at(g.size); ++c)
            score += in[0].data[row + c] * in[1].data[keyRow(s) + c];
          scores[at(s)] = g.scale * score;
          top = std::max(top, scores[at(s)]);
        }
        for (std::int64_t s = 0; s < limit; ++s) sum += std::exp(scores[at(s)] - top);
        for (std::int64_t s = 0; s < limit; ++s) {
          const double weight = std::exp(scores[at(s)] - top) / sum;
          for (std::size_t c = 0; c < at(g.size); ++c)
            out[0].data[row + c] += weight * in[2].data[keyRow(s) + c];
        }
        out[1].data[at((b * g.heads + h) * g.queries + t)] = top + std::log(sum);
      }
  }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const auto g = AttentionGeometry::from(attrs, in[0].shape, in[1].shape, in[2].shape);
  Cost total = elementwiseCost(0, in, out);
  if (g.ok()) total.flops = 4.0 * static_cast<double>(g->size) * g->scores();  // two products
  return total;
}

struct Sizes {
  std::int64_t batch = 2, queries = 5, keys = 5, heads = 1, kvHeads = 1, size = 3;
};

Sample sample(std::string name, const Sizes& n, bool causal = false, bool lengths = false) {
  Sample s;
  s.name = std::move(name);
  s.attrs = {{"heads", n.heads}};
  if (n.kvHeads != n.heads) s.attrs.set("kv_heads", n.kvHeads);
  if (causal) s.attrs.set("causal", std::int64_t{1});
  const SampleInput keys = f32({n.batch, n.keys, n.kvHeads * n.size});
  s.inputs = {f32({n.batch, n.queries, n.heads * n.size}), keys, keys};
  // From 0 to one more than there are.
  if (lengths) s.inputs.push_back({{DType::I32, Shape{n.batch}}, Fill::Labels, n.keys + 2});
  s.gradientCheck = n.batch * n.heads * n.queries * n.keys <= 1000;
  return s;
}

std::vector<Sample> samples() {
  Sample scaled = sample("scale", {.queries = 4, .keys = 6, .heads = 2, .kvHeads = 2, .size = 2});
  scaled.attrs.set("scale", 0.25);
  std::vector<Sample> list{
      sample("one_head", {}),
      sample("heads", {.queries = 7, .keys = 7, .heads = 3, .kvHeads = 3, .size = 5}),
      sample("size_one", {.queries = 6, .keys = 6, .heads = 4, .kvHeads = 4, .size = 1}),
      sample("one_step", {.batch = 3, .queries = 1, .keys = 1, .heads = 2, .kvHeads = 2}),
      sample("one_key", {.queries = 9, .keys = 1}),
      sample("cross", {.queries = 5, .keys = 9, .heads = 2, .kvHeads = 2}),
      sample("causal", {.queries = 7, .keys = 7, .heads = 2, .kvHeads = 2}, true),
      sample("causal_more_keys", {.queries = 4, .keys = 9}, true),
      sample("causal_more_queries", {.queries = 9, .keys = 4}, true),
      sample("lengths", {.batch = 6, .queries = 5, .keys = 5, .heads = 2, .kvHeads = 2}, false, true),
      sample("causal_lengths", {.batch = 6, .queries = 6, .keys = 6}, true, true),
      sample("grouped", {.queries = 5, .keys = 6, .heads = 6, .kvHeads = 2}),
      sample("one_key_head", {.batch = 3, .queries = 5, .keys = 5, .heads = 4, .size = 2}, true, true),
      scaled,
      sample("tiles", {.batch = 1, .queries = 70, .keys = 133, .heads = 2, .kvHeads = 2, .size = 7}),
      sample("tiles_causal", {.batch = 2, .queries = 131, .keys = 131, .heads = 2, .size = 9}, true, true),
      sample("wide", {.batch = 2, .queries = 9, .keys = 35, .heads = 2, .kvHeads = 1, .size = 150}),
      sample("wide_causal", {.batch = 1, .queries = 67, .keys = 67, .size = 270}, true),
      sample("encoder", {.batch = 32, .queries = 64, .keys = 64, .heads = 4, .kvHeads = 4, .size = 32}),
      sample("decoder", {.batch = 4, .queries = 256, .keys = 256, .heads = 4, .kvHeads = 4, .size = 64},
             true),
  };
  for (Sample& s : list) s.perf = s.name == "encoder" || s.name == "decoder";
  return list;
}

}  // namespace

const OpDef attention = {
    .name = "attention",
    .summary = "y = softmax(scale q k^T) v for each head; lse = log(sum(exp(scale q k^T)))",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {3},
    .half = {.inputs = {0, 1, 2}, .why = "exponentials and their sums in fp32"},
};

}  // namespace tandem::ops
