#include "core/ops/activation.h"
#include "core/layers/common.h"
#include "core/ops/softmax.h"

namespace tandem::layers {

extern const LayerDef activation;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const std::string function = textOf(activation.properties, properties, "function");
  if (function == "softmax") return context.op(ops::softmax, {}, {inputs[0]});
  return activated(context, function,
                   numberOf(activation.properties, properties, function == "elu" ? "alpha" : "slope"),
                   inputs[0]);
}

}  // namespace

const LayerDef activation = {
    .type = "activation",
    .label = "Activation",
    .category = "Activation",
    .summary =
        "Applies a function to every value; softmax turns the last axis into probabilities. hard_sigmoid is that of "
        "Keras 3 and PyTorch; Keras 2 defines it differently.",
    .names = {.keras = "Activation",
              .pytorch =
                  "ReLU / LeakyReLU / ELU / GELU / SiLU / Sigmoid / Tanh / Softplus / ReLU6 / Hardsigmoid / "
                  "Hardswish / Mish / Softmax"},
    .properties = {{.key = "function",
                    .label = "Function",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("relu"),
                    .tooltip =
                        "relu is the usual choice inside a network; softmax comes last in a classifier",
                    .choices = {"relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus",
                                "relu6", "hard_sigmoid", "hard_swish", "mish", "softmax"}},
                   {.key = "slope",
                    .label = "Slope",
                    .kind = PropertyKind::Number,
                    .fallback = 0.01,
                    .tooltip = "Slope of leaky_relu below zero",
                    .minimum = 0,
                    .maximum = 1,
                    .enabledIfKey = "function",
                    .enabledIfValue = "leaky_relu"},
                   {.key = "alpha",
                    .label = "Alpha",
                    .kind = PropertyKind::Number,
                    .fallback = 1.0,
                    .tooltip = "elu approaches -alpha far below zero",
                    .minimum = 0,
                    .maximum = 100,
                    .enabledIfKey = "function",
                    .enabledIfValue = "elu"}},
    .keepsSteps = true,
    .range = RangeRule::SignKept,
    .keepsShape = true,
    .activationKey = "function",
    .lower = lower,
    .help = {.formula = "relu: max(0, x)\n"
                        "leaky_relu: x if x > 0, else slope x\n"
                        "elu: x if x > 0, else alpha (exp(x) - 1)\n"
                        "gelu: x (1 + erf(x / sqrt(2))) / 2\n"
                        "silu: x / (1 + exp(-x))\n"
                        "sigmoid: 1 / (1 + exp(-x))\n"
                        "tanh: tanh(x)\n"
                        "softplus: log(1 + exp(x))\n"
                        "relu6: min(max(0, x), 6)\n"
                        "hard_sigmoid: min(max(0, x + 3), 6) / 6\n"
                        "hard_swish: x min(max(0, x + 3), 6) / 6\n"
                        "mish: x tanh(log(1 + exp(x)))\n"
                        "softmax: exp(x_i) / sum of exp(x_j) over the last axis",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{3}, {-2, 0, 3}}},
                         .properties = {{"function", std::string("hard_swish")}},
                         .outputs = {{{3}, {-0.333, 0, 3}}}}},
};

}  // namespace tandem::layers
