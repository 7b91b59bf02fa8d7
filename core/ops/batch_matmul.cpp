#include "core/ops/batch_matmul.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<BatchMatmulGeometry> BatchMatmulGeometry::from(const Attrs& attrs,
                                                      std::span<const TensorType> inputs) {
  const Shape &a = inputs[0].shape, &b = inputs[1].shape;
  if (a.rank() != 3 || b.rank() != 3 || a[0] != b[0])
    return invalid("needs a matrix for each sample, but gets " + a.text() + " and " + b.text());
  BatchMatmulGeometry g;
  g.transposeA = attrs.integer("transpose_a", 0) != 0;
  g.transposeB = attrs.integer("transpose_b", 0) != 0;
  g.batch = a[0];
  g.m = a[g.transposeA ? 2 : 1];
  g.k = a[g.transposeA ? 1 : 2];
  g.n = b[g.transposeB ? 1 : 2];
  if (b[g.transposeB ? 2 : 1] != g.k)
    return invalid("inner dimensions differ: " + a.text() + " times " + b.text());
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const auto g, BatchMatmulGeometry::from(attrs, in));
  TANDEM_TRY(requireSameDtype(in));
  return std::vector<TensorType>{{in[0].dtype, Shape{g.batch, g.m, g.n}}};
}

// As those of matmul.
Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const bool ta = c.node.attrs.integer("transpose_a", 0) != 0;
  const bool tb = c.node.attrs.integer("transpose_b", 0) != 0;
  const ValueId a = c.input(0), b = c.input(1), dy = c.outputGrads[0];
  const auto product = [&](ValueId l, bool tl, ValueId r, bool tr) {
    return c.program.append1(batch_matmul,
                             {{"transpose_a", std::int64_t{tl}}, {"transpose_b", std::int64_t{tr}}}, {l, r});
  };
  std::vector<ValueId> grads(2, kNoValue);
  if (c.wanted[0]) {
    TANDEM_ASSIGN(grads[0], ta ? product(b, tb, dy, true) : product(dy, false, b, !tb));
  }
  if (c.wanted[1]) {
    TANDEM_ASSIGN(grads[1], tb ? product(dy, true, a, ta) : product(a, !ta, dy, false));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<TensorType> types{in[0].type, in[1].type};
  const BatchMatmulGeometry g = *BatchMatmulGeometry::from(attrs, types);
  for (std::int64_t s = 0; s < g.batch; ++s)
    for (std::int64_t i = 0; i < g.m; ++i)
      for (std::int64_t j = 0; j < g.n; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < g.k; ++p) {
          const std::int64_t a = g.transposeA ? p * g.m + i : i * g.k + p;
          const std::int64_t b = g.transposeB ? j * g.k + p : p * g.n + j;
          sum += in[0].data[at(s * g.m * g.k + a)] * in[1].data[at(s * g.k * g.n + b)];
        }
        out[0].data[at((s * g.m + i) * g.n + j)] = sum;
      }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const BatchMatmulGeometry g = *BatchMatmulGeometry::from(attrs, in);
  return elementwiseCost(2.0 * static_cast<double>(g.k), in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list;
  const auto add = [&](std::string name, std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k,
                       bool ta, bool tb) {
    Sample sample{.name = std::move(name),
                  .attrs = {{"transpose_a", std::int64_t{ta}}, {"transpose_b", std::int64_t{tb}}},
                  .inputs = {f32(ta ? Shape{batch, k, m} : Shape{batch, m, k}),
                             f32(tb ? Shape{batch, n, k} : Shape{batch, k, n})}};
    sample.perf = batch * m * n * k > 1000000;
    sample.gradientCheck = !sample.perf;
    list.push_back(std::move(sample));
  };
  add("nn", 2, 3, 5, 7, false, false);
  add("tn", 3, 4, 2, 5, true, false);
  add("nt", 2, 5, 3, 4, false, true);
  add("tt", 2, 3, 4, 5, true, true);
  add("vectors", 5, 1, 1, 9, false, true);
  add("one_number", 1, 1, 1, 1, false, false);
  add("large", 16, 64, 64, 64, false, true);
  return list;
}

}  // namespace

const OpDef batch_matmul = {
    .name = "batch_matmul",
    .summary = "y = a b, for each sample",
    .operands = {"a", "b"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0, 1}},
};

}  // namespace tandem::ops
