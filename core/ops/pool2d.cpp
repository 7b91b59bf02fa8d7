#include "core/ops/pool2d.h"

#include <cmath>

#include "core/ops/pool2d_grad.h"

namespace tandem::ops {

Result<Pool2dGeometry> Pool2dGeometry::from(const Attrs& attrs, const Shape& x) {
  if (x.rank() != 4)
    return invalid("needs an image (height, width, channels), but its input is " +
                       (x.rank() > 0 ? x.withoutFirst() : x).text(),
                   {}, "Place it before the layers that flatten the image");
  const std::string mode = attrs.text("mode", "max");
  if (mode != "max" && mode != "average")
    return invalid("unknown pooling mode '" + mode + "'", {}, "Use max or average");
  Pool2dGeometry g;
  g.n = x[0];
  g.c = x[3];
  g.average = mode == "average";
  if (attrs.integer("global", 0) != 0) {
    g.rows = {.in = x[1], .out = 1, .kernel = x[1]};
    g.columns = {.in = x[2], .out = 1, .kernel = x[2]};
    return g;
  }
  const auto window = attrs.integers("window", {2, 2});
  if (window.size() != 2) return invalid("the window must have a height and a width");
  const std::array<std::int64_t, 2> extents{window[0], window[1]};
  TANDEM_ASSIGN(const Window2d resolved, resolveWindow(attrs, {x[1], x[2]}, extents, extents, "window"));
  g.rows = resolved.rows;
  g.columns = resolved.columns;
  for (const WindowAxis& axis : {g.rows, g.columns}) {
    if (axis.dilation != 1) return invalid("a pooling window cannot be dilated", {}, "Set its dilation to 1");
    // Otherwise a window could contain no pixel of the image.
    if (axis.before >= axis.kernel || axis.after >= axis.kernel)
      return invalid("the padding must be smaller than the window", {},
                     "Use padding same or a larger window");
  }
  return g;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, Pool2dGeometry::from(attrs, inputs[0].shape));
  return std::vector<TensorType>{{inputs[0].dtype, g.y()}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape x = c.program.type(c.input(0)).shape;
  TANDEM_ASSIGN(const auto g, Pool2dGeometry::from(c.node.attrs, x));
  Attrs attrs = c.node.attrs;
  attrs.set("input_shape", std::vector<std::int64_t>{x[1], x[2]});
  const ValueId dy = c.outputGrads[0];
  // An average needs neither x nor y, so they need not be stored.
  const std::vector<ValueId> inputs =
      g.average ? std::vector{kNoValue, kNoValue, dy} : std::vector{c.input(0), c.output(0), dy};
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(pool2d_grad, attrs, inputs));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Pool2dGeometry g = *Pool2dGeometry::from(attrs, in[0].type.shape);
  std::size_t position = 0;
  for (std::int64_t n = 0; n < g.n; ++n)
    for (std::int64_t oy = 0; oy < g.rows.out; ++oy)
      for (std::int64_t ox = 0; ox < g.columns.out; ++ox)
        for (std::int64_t c = 0; c < g.c; ++c, ++position) {
          const WindowSpan rows = spanOf(g.rows, oy), columns = spanOf(g.columns, ox);
          double sum = 0, most = -INFINITY;
          for (std::int64_t iy = rows.first; iy < rows.last; ++iy)
            for (std::int64_t ix = columns.first; ix < columns.last; ++ix) {
              const std::int64_t at = ((n * g.rows.in + iy) * g.columns.in + ix) * g.c + c;
              const double v = in[0].data[static_cast<std::size_t>(at)];
              sum += v;
              if (v > most || v != v) most = v;  // no value is greater than NaN
            }
          const auto count = static_cast<double>(rows.size() * columns.size());
          out[0].data[position] = g.average ? sum / count : most;
        }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const Pool2dGeometry g = *Pool2dGeometry::from(attrs, in[0].shape);
  return elementwiseCost(static_cast<double>(g.rows.kernel * g.columns.kernel), in, out);
}

Sample sample(std::string name, Shape x, Attrs attrs) {
  Sample s;
  s.name = std::move(name);
  s.attrs = std::move(attrs);
  s.perf = x.elements() > 100000;
  s.inputs = {{{DType::F32, x}, Fill::Distinct}};  // finite differences must not cross a tie
  s.gradientCheck = x.elements() <= 300;
  return s;
}

std::vector<Sample> samples() {
  using Ints = std::vector<std::int64_t>;
  std::vector<Sample> list;
  for (const char* mode : {"max", "average"}) {
    const auto add = [&](const std::string& name, Shape x, Attrs attrs) {
      attrs.set("mode", std::string(mode));
      list.push_back(sample(std::string(mode) + "_" + name, x, std::move(attrs)));
    };
    add("2x2", {2, 4, 6, 3}, {{"window", Ints{2, 2}}});
    add("2x2_channels_16", {1, 4, 4, 16}, {{"window", Ints{2, 2}}});
    add("2x2_rest", {2, 5, 7, 4}, {{"window", Ints{2, 2}}});
    add("2x2_same_odd", {2, 5, 7, 3}, {{"window", Ints{2, 2}}, {"padding", "same"}});
    add("3x3_stride_2_same", {2, 7, 6, 3},
        {{"window", Ints{3, 3}}, {"stride", Ints{2, 2}}, {"padding", "same"}});
    add("3x3_stride_1_same", {1, 5, 5, 5},
        {{"window", Ints{3, 3}}, {"stride", Ints{1, 1}}, {"padding", "same"}});
    add("3x2_stride_1_valid", {2, 5, 5, 2}, {{"window", Ints{3, 2}}, {"stride", Ints{1, 1}}});
    add("explicit_uneven", {1, 5, 6, 3},
        {{"window", Ints{3, 2}},
         {"stride", Ints{2, 1}},
         {"padding", "explicit"},
         {"pads", Ints{2, 1, 0, 1}}});
    add("stride_beyond_window", {1, 8, 8, 2}, {{"window", Ints{2, 2}}, {"stride", Ints{3, 3}}});
    add("global", {3, 4, 5, 7}, {{"global", std::int64_t{1}}});
    add("one_by_one", {2, 3, 3, 2}, {{"window", Ints{1, 1}}});
    add("wide_channels_37", {2, 9, 8, 37},
        {{"window", Ints{3, 3}}, {"stride", Ints{2, 2}}, {"padding", "same"}});
    add("lenet", {128, 28, 28, 64}, {{"window", Ints{2, 2}}});
    add("vgg_3", {64, 8, 8, 256}, {{"window", Ints{2, 2}}});
    add("resnet_global", {128, 8, 8, 64}, {{"global", std::int64_t{1}}});
  }
  return list;
}

}  // namespace

const OpDef pool2d = {
    .name = "pool2d",
    .summary = "y = max or average of each window of x",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
