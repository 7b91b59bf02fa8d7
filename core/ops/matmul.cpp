#include "core/ops/matmul.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = MatmulIn;

Result<MatmulGeometry> MatmulGeometry::from(const Attrs& attrs, std::span<const TensorType> inputs) {
  const Shape &a = inputs[In::kA].shape, &b = inputs[In::kB].shape;
  if (a.rank() != 2 || b.rank() != 2)
    return invalid("needs a flat input (one vector per sample), but it is " + a.text(), {},
                   "Insert a flatten or global pooling layer before it");
  MatmulGeometry g;
  g.transposeA = attrs.integer("transpose_a", 0) != 0;
  g.transposeB = attrs.integer("transpose_b", 0) != 0;
  g.m = a[g.transposeA ? 1 : 0];
  g.k = a[g.transposeA ? 0 : 1];
  g.n = b[g.transposeB ? 0 : 1];
  if (b[g.transposeB ? 1 : 0] != g.k)
    return invalid("inner dimensions differ: " + a.text() + " times " + b.text());
  g.bias = hasOperand(inputs, In::kBias);
  if (g.bias && inputs[In::kBias].shape != Shape{g.n})
    return invalid("the bias must have " + std::to_string(g.n) + " values");
  const auto kind = activationFromName(attrs.text("activation", "none"));
  if (!kind) return invalid("unknown activation '" + attrs.text("activation", "none") + "'");
  g.activation = *kind;
  g.alpha = attrs.number("alpha", 0);
  return g;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, MatmulGeometry::from(attrs, inputs));
  TANDEM_TRY(requireSameDtype(inputs.first(2)));
  const DType result = attrs.text("result", "") == "f32" ? DType::F32 : inputs[In::kA].dtype;
  if (g.bias && inputs[In::kBias].dtype != result)
    return invalid("the bias must have the type of the result");
  return std::vector<TensorType>{{result, Shape{g.m, g.n}}};
}

// With y = A B: dA = dy B^T, dB = A^T dy, and the transposed forms of these. Fusion runs after
// differentiation, so neither bias nor activation occurs here.
Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const bool ta = c.node.attrs.integer("transpose_a", 0) != 0;
  const bool tb = c.node.attrs.integer("transpose_b", 0) != 0;
  const ValueId a = c.input(In::kA), b = c.input(In::kB), dy = c.outputGrads[0];
  const auto product = [&](ValueId l, bool tl, ValueId r, bool tr) {
    return c.program.append1(matmul, {{"transpose_a", std::int64_t{tl}}, {"transpose_b", std::int64_t{tr}}},
                             {l, r});
  };
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  if (c.wanted[In::kA]) {
    TANDEM_ASSIGN(grads[In::kA], ta ? product(b, tb, dy, true) : product(dy, false, b, !tb));
  }
  if (c.wanted[In::kB]) {
    TANDEM_ASSIGN(grads[In::kB], tb ? product(dy, true, a, ta) : product(a, !ta, dy, false));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  std::vector<TensorType> types;
  for (const RefTensor& t : in) types.push_back(t.type);
  const MatmulGeometry g = *MatmulGeometry::from(attrs, types);
  for (std::int64_t i = 0; i < g.m; ++i) {
    for (std::int64_t j = 0; j < g.n; ++j) {
      double sum = g.bias ? in[In::kBias].data[static_cast<std::size_t>(j)] : 0.0;
      for (std::int64_t p = 0; p < g.k; ++p) {
        const std::int64_t ia = g.transposeA ? p * g.m + i : i * g.k + p;
        const std::int64_t ib = g.transposeB ? j * g.k + p : p * g.n + j;
        sum += in[In::kA].data[static_cast<std::size_t>(ia)] * in[In::kB].data[static_cast<std::size_t>(ib)];
      }
      out[0].data[static_cast<std::size_t>(i * g.n + j)] = activate(g.activation, g.alpha, sum);
    }
  }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  const MatmulGeometry g = *MatmulGeometry::from(attrs, in);
  total.flops = 2.0 * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  return total;
}

Sample sample(std::string name, std::int64_t m, std::int64_t n, std::int64_t k, bool ta, bool tb, bool bias,
              std::string activation = "none") {
  Sample s;
  s.name = std::move(name);
  s.attrs = {{"transpose_a", std::int64_t{ta}}, {"transpose_b", std::int64_t{tb}}};
  if (activation != "none") s.attrs.set("activation", activation);
  if (activation == "leaky_relu" || activation == "elu") s.attrs.set("alpha", 0.3);
  s.inputs = {{{DType::F32, ta ? Shape{k, m} : Shape{m, k}}}, {{DType::F32, tb ? Shape{n, k} : Shape{k, n}}}};
  if (bias) s.inputs.push_back({{DType::F32, Shape{n}}});
  s.perf = m * n * k > 1000000;
  s.gradientCheck = !s.perf && !bias && activation == "none";
  return s;
}

Sample f32Result(Sample s) {
  s.name = "f32_result_" + s.name;
  s.attrs.set("result", std::string("f32"));
  return s;
}

std::vector<Sample> samples() {
  return {
      f32Result(sample("wgrad", 9, 17, 31, true, false, false)),
      f32Result(sample("logits", 9, 10, 32, false, false, true)),
      sample("nn_odd", 5, 7, 3, false, false, false),
      sample("tn_odd", 5, 7, 3, true, false, false),
      sample("nt_odd", 5, 7, 3, false, true, false),
      sample("tt_odd", 5, 7, 3, true, true, false),
      sample("one_by_one", 1, 1, 1, false, false, false),
      sample("one_row", 1, 33, 65, false, false, false),
      sample("one_column", 65, 1, 33, false, false, false),
      sample("one_column_wgrad", 65, 1, 33, true, false, false),
      sample("one_column_bias_relu", 65, 1, 33, false, false, true, "relu"),
      sample("bias", 9, 17, 31, false, false, true),
      sample("bias_relu", 33, 18, 47, false, false, true, "relu"),
      sample("bias_leaky_relu", 33, 18, 47, false, false, true, "leaky_relu"),
      sample("bias_elu", 33, 18, 47, false, false, true, "elu"),
      sample("bias_gelu", 33, 18, 47, false, false, true, "gelu"),
      sample("bias_silu", 33, 18, 47, false, false, true, "silu"),
      sample("bias_sigmoid", 33, 18, 47, false, false, true, "sigmoid"),
      sample("bias_tanh", 33, 18, 47, false, false, true, "tanh"),
      sample("bias_softplus", 33, 18, 47, false, false, true, "softplus"),
      sample("bias_relu6", 33, 18, 47, false, false, true, "relu6"),
      sample("bias_hard_sigmoid", 33, 18, 47, false, false, true, "hard_sigmoid"),
      sample("bias_hard_swish", 33, 18, 47, false, false, true, "hard_swish"),
      sample("bias_mish", 33, 18, 47, false, false, true, "mish"),
      sample("one_column_bias_mish", 65, 1, 33, false, false, true, "mish"),
      sample("relu_without_bias", 13, 48, 21, false, false, false, "relu"),
      sample("long_sum", 3, 5, 3001, false, false, false),
      sample("tiny_first", 32, 16, 2, false, false, true, "relu"),
      sample("small_hidden", 32, 64, 64, false, false, true, "relu"),
      sample("small_hidden_dgrad", 32, 64, 64, false, true, false),
      sample("small_classes", 32, 10, 128, false, false, true),
      sample("small_wgrad", 64, 64, 32, true, false, false),
      sample("classes_wgrad", 512, 10, 128, true, false, false),
      sample("mlp_32", 32, 512, 784, false, false, true, "relu"),
      sample("mlp_512", 512, 512, 784, false, false, true, "relu"),
      sample("mlp_512_wgrad", 784, 512, 512, true, false, false),
      sample("mlp_512_dgrad", 512, 784, 512, false, true, false),
      sample("square_1024", 1024, 1024, 1024, false, false, false),
  };
}

}  // namespace

const OpDef matmul = {
    .name = "matmul",
    .summary = "y = act(op(a) op(b) + bias)",
    .operands = {"a", "b", "bias"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kBias},
    .half = {.inputs = {In::kA, In::kB, In::kBias}, .f32Result = true, .asResult = In::kBias},
};

}  // namespace tandem::ops
