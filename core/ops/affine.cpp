#include "core/ops/affine.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<AffineAttrs> AffineAttrs::from(const Attrs& attrs, const Shape& x) {
  AffineAttrs a{attrs.numbers("scale"), attrs.numbers("offset")};
  if (a.scale.empty()) a.scale = {1};
  if (a.offset.empty()) a.offset = {0};
  const std::size_t count = std::max(a.scale.size(), a.offset.size());
  for (std::vector<double>* list : {&a.scale, &a.offset})
    if (list->size() == 1) list->resize(count, list->front());
  if (a.scale.size() != a.offset.size())
    return invalid(fmt::format("has {} scales, but {} offsets", a.scale.size(), a.offset.size()), {},
                   "State one of each, or one for each channel");
  const std::int64_t channels = x.rank() == 0 ? 1 : x[-1];
  if (count > 1 && static_cast<std::int64_t>(count) != channels)
    return invalid(fmt::format("has {} numbers for an input of {} channels", count, channels), {},
                   "State one number, or one for each channel");
  if (static_cast<std::int64_t>(count) > kMaxChannels)
    return invalid(fmt::format("has {} numbers, but lists have at most {}", count, kMaxChannels), {},
                   "State one number for all channels");
  return a;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(AffineAttrs::from(attrs, in[0].shape));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dx,
                c.program.append1(affine, {{"scale", c.node.attrs.numbers("scale")}}, {c.outputGrads[0]}));
  return std::vector<ValueId>{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const AffineAttrs a = *AffineAttrs::from(attrs, in[0].type.shape);
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const std::size_t c = i % a.scale.size();
    out[0].data[i] = in[0].data[i] * a.scale[c] + a.offset[c];
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

std::vector<Sample> samples() {
  using Numbers = std::vector<double>;
  return {{.name = "numbers",
           .attrs = {{"scale", Numbers{0.5}}, {"offset", Numbers{-1}}},
           .inputs = {f32({5, 7})}},
          {.name = "scale", .attrs = {{"scale", Numbers{-2}}}, .inputs = {f32({3, 4, 5})}},
          {.name = "offset", .attrs = {{"offset", Numbers{1, 2, 3}}}, .inputs = {f32({4, 3})}},
          {.name = "channels",
           .attrs = {{"scale", Numbers{0.5, 2, -1}}, {"offset", Numbers{1, 0, 0.25}}},
           .inputs = {f32({2, 3, 5, 3})}},
          {.name = "one_offset",
           .attrs = {{"scale", Numbers{0.5, 2}}, {"offset", Numbers{0.25}}},
           .inputs = {f32({9, 2})}},
          {.name = "large",
           .attrs = {{"scale", Numbers{0.5}}, {"offset", Numbers{1}}},
           .inputs = {f32({64, 128, 128})},
           .perf = true,
           .gradientCheck = false}};
}

}  // namespace

const OpDef affine = {
    .name = "affine",
    .summary = "y = x scale + offset, by channel",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
