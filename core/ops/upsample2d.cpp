#include "core/ops/upsample2d.h"

#include <algorithm>
#include <string>

#include "core/ops/rules.h"
#include "core/ops/upsample2d_grad.h"

namespace tandem::ops {

Result<Upsample2dGeometry> Upsample2dGeometry::from(const Attrs& attrs, const Shape& x) {
  constexpr std::int64_t kMaxScale = 65536;  // so that products of extents cannot overflow
  if (x.rank() != 4)
    return invalid("needs an image (height, width, channels), but its input is " +
                       (x.rank() > 0 ? x.withoutFirst() : x).text(),
                   {}, "Place it before the layers that flatten the image");
  const auto size = attrs.integers("size", {2, 2});
  if (size.size() != 2 || !std::ranges::all_of(size, [](std::int64_t s) { return s >= 1 && s <= kMaxScale; }))
    return invalid("the size must be 2 whole numbers from 1 to " + std::to_string(kMaxScale));
  const std::string interpolation = attrs.text("interpolation", "nearest");
  if (interpolation != "nearest" && interpolation != "bilinear")
    return invalid("unknown interpolation '" + interpolation + "'", {}, "Use nearest or bilinear");
  Upsample2dGeometry g;
  g.n = x[0];
  g.c = x[3];
  g.bilinear = interpolation == "bilinear";
  g.rows = {x[1], size[0], g.bilinear};
  g.columns = {x[2], size[1], g.bilinear};
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const auto g, Upsample2dGeometry::from(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, g.y()}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(upsample2d_grad, c.node.attrs, {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Upsample2dGeometry g = *Upsample2dGeometry::from(attrs, in[0].type.shape);
  std::size_t position = 0;
  for (std::int64_t n = 0; n < g.n; ++n)
    for (std::int64_t oy = 0; oy < g.rows.out(); ++oy)
      for (std::int64_t ox = 0; ox < g.columns.out(); ++ox)
        for (std::int64_t c = 0; c < g.c; ++c, ++position) {
          const auto rows = g.rows.taps(oy), columns = g.columns.taps(ox);
          const auto x = [&](std::int64_t iy, std::int64_t ix) {
            return in[0].data[at(((n * g.rows.in + iy) * g.columns.in + ix) * g.c + c)];
          };
          if (!g.bilinear) {
            out[0].data[position] = x(rows.first, columns.first);
            continue;
          }
          const auto down = g.rows.share<double>(rows), right = g.columns.share<double>(columns);
          const auto between = [&](std::int64_t iy) {
            return (1 - right) * x(iy, columns.first) + right * x(iy, columns.second);
          };
          out[0].data[position] = (1 - down) * between(rows.first) + down * between(rows.second);
        }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(attrs.text("interpolation", "nearest") == "bilinear" ? 9 : 0, in, out);
}

std::vector<Sample> samples() {
  using Ints = std::vector<std::int64_t>;
  std::vector<Sample> list;
  for (const char* interpolation : {"nearest", "bilinear"}) {
    const auto add = [&](const std::string& name, Shape x, Ints size) {
      const bool perf = x.elements() > 50000;
      list.push_back({.name = std::string(interpolation) + "_" + name,
                      .attrs = {{"size", std::move(size)}, {"interpolation", std::string(interpolation)}},
                      .inputs = {f32(x)},
                      .perf = perf,
                      .gradientCheck = x.elements() <= 300});
    };
    add("2x2", {2, 3, 4, 3}, {2, 2});
    add("2x2_channels_16", {1, 4, 3, 16}, {2, 2});
    add("3x3", {1, 3, 4, 2}, {3, 3});
    add("4x1", {2, 3, 5, 3}, {4, 1});
    add("1x5", {1, 4, 2, 5}, {1, 5});
    add("one_by_one", {2, 3, 3, 2}, {1, 1});
    add("one_pixel", {3, 1, 1, 8}, {3, 2});
    add("one_row", {2, 1, 6, 4}, {2, 3});
    add("channels_37", {2, 5, 4, 37}, {2, 2});
    add("unet_1", {32, 14, 14, 128}, {2, 2});
    add("unet_2", {32, 28, 28, 64}, {2, 2});
    add("wide", {16, 16, 16, 32}, {4, 4});
  }
  return list;
}

}  // namespace

const OpDef upsample2d = {
    .name = "upsample2d",
    .summary = "y = x enlarged by whole factors",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
