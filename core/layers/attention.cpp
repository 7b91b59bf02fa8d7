#include "core/ops/attention.h"

#include <fmt/format.h>

#include "core/layers/sequence.h"
#include "core/ops/matmul.h"
#include "core/ops/rotary.h"

namespace tandem::layers {

extern const LayerDef attention;

namespace {

struct Heads {
  std::int64_t count = 1, ofKeys = 1, size = 1;
};

Result<Heads> headsOf(const Attrs& properties, std::int64_t units) {
  const auto number = [&](std::string_view key) { return integerOf(attention.properties, properties, key); };
  Heads heads{number("heads"), number("kv_heads"), number("head_size")};
  if (heads.ofKeys == 0) heads.ofKeys = heads.count;
  if (heads.count % heads.ofKeys != 0)
    return invalid(fmt::format("its {} heads cannot share {} key heads evenly", heads.count, heads.ofKeys),
                   {}, "Set the number of key heads to a divisor of the number of heads");
  if (heads.size == 0) {
    if (units % heads.count != 0)
      return invalid(
          fmt::format("divides its input among {} heads, but the input has {} features", heads.count, units),
          {}, "Choose a number of heads that divides the features, or set the head size");
    heads.size = units / heads.count;
  }
  if (textOf(attention.properties, properties, "positions") == "rotary" && heads.size % 2 != 0)
    return invalid(fmt::format("rotary positions turn pairs of features, but a head has {}", heads.size), {},
                   "Choose an even head size");
  return heads;
}

// (N, steps, features) -> (N * steps, features)
Result<ValueId> rowsOf(LowerContext& context, ValueId x) {
  const Shape shape = context.shape(x);
  return context.op(ops::reshape,
                    {{"shape", std::vector<std::int64_t>{shape[2]}}, {"rows", shape[0] * shape[1]}}, {x});
}

// (N * steps, features) -> (N, steps, units), with the weights NAME/kernel (features, units) and NAME/bias.
Result<ValueId> projected(LowerContext& context, const Attrs& properties, const std::string& name,
                          ValueId rows, std::int64_t steps, std::int64_t units) {
  const Shape from = context.shape(rows);
  TANDEM_TRY(LowerContext::checkSize(Shape{from[1], units}));
  const ValueId kernel =
      context.parameter(name + "/kernel", Shape{from[1], units},
                        textOf(attention.properties, properties, "initializer"), from[1], units, true);
  penalizeKernel(context, attention, properties);
  TANDEM_ASSIGN(ValueId y, context.op(ops::matmul, {}, {rows, kernel}));
  if (integerOf(attention.properties, properties, "use_bias") != 0) {
    const ValueId bias = context.parameter(name + "/bias", Shape{units}, "zeros", 0, 0, false);
    TANDEM_ASSIGN(y, context.op(ops::bias_add, {}, {y, bias}));
  }
  return context.op(ops::reshape,
                    {{"shape", std::vector<std::int64_t>{steps, units}}, {"rows", from[0] / steps}}, {y});
}

Result<ValueId> turned(LowerContext& context, const Attrs& properties, ValueId x, std::int64_t heads) {
  if (textOf(attention.properties, properties, "positions") != "rotary") return x;
  return context.op(ops::rotary, {{"heads", heads}}, {x});
}

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const ValueId query = inputs[0], value = inputs.size() > 1 ? inputs[1] : query,
                key = inputs.size() > 2 ? inputs[2] : value;
  for (const ValueId input : inputs) TANDEM_TRY(requireSequence(context, input));
  if (context.shape(key)[1] != context.shape(value)[1])
    return invalid(fmt::format("needs as many keys as values, but gets {} and {} steps",
                               context.shape(key)[1], context.shape(value)[1]));
  const ValueId ofValues = context.lengths(value), ofKeys = context.lengths(key);
  if (ofValues != kNoValue && ofKeys != kNoValue && ofValues != ofKeys)
    return invalid("its keys and values are sequences of different lengths", {},
                   "Connect keys and values that come from the same sequence");
  const std::int64_t units = context.shape(query)[2];
  TANDEM_ASSIGN(const Heads heads, headsOf(properties, units));
  TANDEM_TRY(LowerContext::checkSize(Shape{heads.count, heads.size}));
  const std::int64_t steps = context.shape(query)[1], keys = context.shape(value)[1];
  // Inputs that are the same are viewed once, so that they are also converted once.
  TANDEM_ASSIGN(const ValueId queryRows, rowsOf(context, query));
  ValueId valueRows = queryRows;
  if (value != query) {
    TANDEM_ASSIGN(valueRows, rowsOf(context, value));
  }
  ValueId keyRows = key == query ? queryRows : valueRows;
  if (key != query && key != value) {
    TANDEM_ASSIGN(keyRows, rowsOf(context, key));
  }
  const std::int64_t width = heads.count * heads.size, kvWidth = heads.ofKeys * heads.size;
  TANDEM_ASSIGN(ValueId q, projected(context, properties, "query", queryRows, steps, width));
  TANDEM_ASSIGN(ValueId k, projected(context, properties, "key", keyRows, keys, kvWidth));
  TANDEM_ASSIGN(const ValueId v, projected(context, properties, "value", valueRows, keys, kvWidth));
  TANDEM_ASSIGN(q, turned(context, properties, q, heads.count));
  TANDEM_ASSIGN(k, turned(context, properties, k, heads.ofKeys));
  std::vector<ValueId> operands{q, k, v};
  if (ofValues != kNoValue || ofKeys != kNoValue)
    operands.push_back(ofValues != kNoValue ? ofValues : ofKeys);
  TANDEM_ASSIGN(const ValueId seen,
                context.op(ops::attention,
                           {{"heads", heads.count},
                            {"kv_heads", heads.ofKeys},
                            {"causal", integerOf(attention.properties, properties, "causal")}},
                           std::move(operands)));
  TANDEM_ASSIGN(const ValueId seenRows, rowsOf(context, seen));
  TANDEM_ASSIGN(const ValueId y, projected(context, properties, "output", seenRows, steps, units));
  context.setLengths(y, context.lengths(query));
  return y;
}

Property headsProperty(std::string_view key, std::string_view label, std::int64_t fallback, double minimum,
                       std::string_view tooltip, std::string_view zeroText = {}) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Integer,
          .fallback = fallback,
          .tooltip = tooltip,
          .minimum = minimum,
          .maximum = 65536,
          .zeroText = zeroText};
}

}  // namespace

const LayerDef attention = {
    .type = "attention",
    .label = "Attention",
    .category = "Sequence",
    .summary =
        "Multi-head attention: each step of the query becomes a mean of the values, weighted by how well their "
        "keys fit "
        "it. With one input, the sequence attends to itself. The weights are (features, heads x head size) and "
        "(heads x head size, features).",
    .names = {.keras = "MultiHeadAttention", .pytorch = "MultiheadAttention"},
    .properties =
        {headsProperty("heads", "Heads", 4, 1, "Number of means that are computed side by side"),
         headsProperty("head_size", "Head size", 0, 0,
                       "Features of each head; auto: those of the query divided by the heads", "auto"),
         headsProperty("kv_heads", "Key heads", 0, 0,
                       "Heads of the keys and values, a divisor of the heads: fewer save memory and time "
                       "(grouped queries); auto: as many as heads",
                       "auto"),
         {.key = "causal",
          .label = "Causal",
          .kind = PropertyKind::Boolean,
          .fallback = std::int64_t{0},
          .tooltip = "A step sees itself and earlier steps only, as needed to predict what comes next"},
         {.key = "positions",
          .label = "Positions",
          .kind = PropertyKind::Choice,
          .fallback = std::string("none"),
          .tooltip = "rotary: how well a key fits depends on its distance; none: use a position embedding "
                     "layer before the first attention layer",
          .choices = {"none", "rotary"}},
         biasProperty(),
         initializerProperty(),
         l1Property(),
         l2Property()},
    .maxInputs = 3,
    .inputNames = {"query", "value", "key"},
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "q = query Wq + bq, k = key Wk + bk, v = value Wv + bv\n"
                        "of each head: a = softmax(q k^T / sqrt(head size)) v\n"
                        "y = (a of all heads side by side) Wo + bo",
             .shapes = "query (steps, features), value and key (other steps, features) -> (steps, features)",
             .example = {.inputs = {{{2, 1}, {1, 2}}},
                         .properties = {{"heads", std::int64_t{1}}, {"use_bias", std::int64_t{0}}},
                         .weights = {{"query/kernel", {1}},
                                     {"key/kernel", {1}},
                                     {"value/kernel", {1}},
                                     {"output/kernel", {1}}},
                         .outputs = {{{2, 1}, {1.731, 1.881}}}}},
};

}  // namespace tandem::layers
