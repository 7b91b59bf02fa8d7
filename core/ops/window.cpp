#include "core/ops/window.h"

#include <algorithm>

namespace tandem::ops {
namespace {

std::string pair(std::int64_t a, std::int64_t b) {
  return std::to_string(a) + " x " + std::to_string(b);
}

Status checkRange(const std::vector<std::int64_t>& values, std::size_t count, std::int64_t minimum,
                  const std::string& name) {
  const bool good = values.size() == count && std::ranges::all_of(values, [&](std::int64_t v) {
                      return v >= minimum && v <= kMaxWindowSize;
                    });
  if (good) return success();
  return invalid("the " + name + " must be " + std::to_string(count) + " whole numbers from " +
                 std::to_string(minimum) + " to " + std::to_string(kMaxWindowSize));
}

}  // namespace

Result<Window2d> resolveWindow(const Attrs& attrs, std::array<std::int64_t, 2> image,
                               std::array<std::int64_t, 2> kernel, std::array<std::int64_t, 2> defaultStride,
                               const std::string& what) {
  const auto stride = attrs.integers("stride", {defaultStride[0], defaultStride[1]});
  const auto dilation = attrs.integers("dilation", {1, 1});
  const auto pads = attrs.integers("pads", {0, 0, 0, 0});
  const std::string padding = attrs.text("padding", "valid");
  TANDEM_TRY(checkRange({kernel.begin(), kernel.end()}, 2, 1, what));
  TANDEM_TRY(checkRange(stride, 2, 1, "stride"));
  TANDEM_TRY(checkRange(dilation, 2, 1, "dilation"));
  TANDEM_TRY(checkRange(pads, 4, 0, "padding"));
  if (padding != "valid" && padding != "same" && padding != "explicit")
    return invalid("unknown padding '" + padding + "'", {}, "Use valid, same or explicit");

  Window2d window;
  bool fits = true;
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
    WindowAxis& a = axis == 0 ? window.rows : window.columns;
    a = {.in = image[axis], .kernel = kernel[axis], .stride = stride[axis], .dilation = dilation[axis]};
    if (padding == "same") {
      a.out = (a.in + a.stride - 1) / a.stride;
      const std::int64_t total = std::max<std::int64_t>(0, (a.out - 1) * a.stride + a.extent() - a.in);
      a.before = total / 2;
      a.after = total - a.before;
    } else {
      if (padding == "explicit") {
        a.before = pads[2 * axis];
        a.after = pads[2 * axis + 1];
      }
      const std::int64_t slack = a.in + a.before + a.after - a.extent();
      fits = fits && slack >= 0;
      a.out = slack / a.stride + 1;
    }
  }
  if (!fits) {
    const WindowAxis &r = window.rows, &c = window.columns;
    std::string message = "the " + what + " " + pair(r.kernel, c.kernel);
    if (r.dilation > 1 || c.dilation > 1) message += ", dilated to " + pair(r.extent(), c.extent()) + ",";
    message += " does not fit into the image " + pair(r.in, c.in);
    if (padding == "explicit")
      message += ", padded to " + pair(r.in + r.before + r.after, c.in + c.before + c.after);
    return invalid(message, {}, "Use padding same or a smaller " + what);
  }
  return window;
}

}  // namespace tandem::ops
