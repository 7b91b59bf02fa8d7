#include "core/data/generated_shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/philox.h"

namespace tandem {
namespace {

constexpr int kShapes = 3;
enum class ShapeKind : std::uint8_t { Circle, Square, Triangle };

// Targets in the order of describeShapes().
enum ShapeTarget : std::uint8_t { kShape, kSize, kX, kY, kFilled, kBright, kMask };

struct Figure {
  ShapeKind kind = ShapeKind::Circle;
  double x = 0, y = 0, radius = 0;  // in the unit of the shorter side
  bool filled = true, bright = true;
};

// The distance of a point from the border of the figure; negative inside.
double distanceFrom(const Figure& figure, double x, double y) {
  const double dx = x - figure.x, dy = y - figure.y;
  switch (figure.kind) {
    case ShapeKind::Circle:
      return std::hypot(dx, dy) - figure.radius;
    case ShapeKind::Square:
      return std::max(std::abs(dx), std::abs(dy)) - figure.radius * std::numbers::sqrt2 / 2;
    case ShapeKind::Triangle:  // equilateral, upright: the largest distance from its three sides
      return std::max(dy, std::abs(dx) * std::numbers::sqrt3 / 2 - dy / 2) - figure.radius / 2;
  }
  return 0;
}

Figure draw(std::int64_t index, PhiloxSequence& random) {
  Figure figure;
  figure.kind = static_cast<ShapeKind>(index % kShapes);
  figure.radius = 0.12 + 0.18 * random.uniform();
  // Wholly inside the image.
  figure.x = figure.radius + (1 - 2 * figure.radius) * random.uniform();
  figure.y = figure.radius + (1 - 2 * figure.radius) * random.uniform();
  figure.filled = random.below(2) == 1;
  figure.bright = random.below(2) == 1;
  return figure;
}

}  // namespace

DatasetInfo describeShapes(const DataSpec& spec) {
  const Shape image{spec.imageHeight, spec.imageWidth, 1};
  const std::vector<std::string> no_yes{"no", "yes"}, shapes{"circle", "square", "triangle"};
  const auto classes = [](std::string name, const std::vector<std::string>& names, Shape sample = {}) {
    return DataTensor{.name = std::move(name),
                      .sample = sample,
                      .classes = static_cast<int>(names.size()),
                      .classNames = names};
  };
  const auto number = [](std::string name) {
    return DataTensor{.name = std::move(name), .sample = Shape{1}};
  };
  DatasetInfo info;
  info.name = "shapes";
  info.named = true;
  info.inputs = {imageTensor(image), {.name = "table", .sample = Shape{1}}};
  info.targets = {classes("shape", shapes),
                  number("size"),
                  number("x"),
                  number("y"),
                  classes("filled", no_yes),
                  classes("bright", no_yes),
                  classes("mask", {"background", "shape"}, Shape{spec.imageHeight, spec.imageWidth})};
  info.fields = {{.name = "image", .kind = FieldKind::Image, .image = image}, {.name = "distance"}};
  for (const DataTensor& target : info.targets) {
    Field& field = info.fields.emplace_back(Field{.name = target.name, .role = FieldRole::Target});
    if (target.classes == 0) continue;
    field.kind = FieldKind::Category;
    field.categories = target.classNames;
    if (target.sample.rank() == 2) field.image = image;
  }
  return info;
}

Result<RawData> generateShapes(const DataSpec& spec, const LoadProgress& progress) {
  constexpr double kEdge = 0.03;  // thickness of an outline
  const std::int64_t height = spec.imageHeight, width = spec.imageWidth, pixels = height * width;
  TANDEM_TRY(checkMemory(static_cast<double>(spec.count) * static_cast<double>(pixels) * 5, spec.generator));
  RawData raw;
  Dataset& data = raw.data;
  data.info = describeShapes(spec);
  data.inputs.resize(data.info.inputs.size());
  data.targets.resize(data.info.targets.size());
  data.inputs[0].bytes.reserve(static_cast<std::size_t>(spec.count * pixels));
  data.targets[kMask].classOf.reserve(static_cast<std::size_t>(spec.count * pixels));
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  const auto side = static_cast<double>(std::min(height, width));
  for (std::int64_t i = 0; i < spec.count; ++i) {
    if (i % 256 == 0) TANDEM_TRY(report(progress, static_cast<double>(i) / static_cast<double>(spec.count)));
    const Figure figure = draw(i, random);
    const double distance = 1 + 4 * random.uniform();
    for (std::int64_t r = 0; r < height; ++r)
      for (std::int64_t c = 0; c < width; ++c) {
        const double y = (static_cast<double>(r) + 0.5) / side, x = (static_cast<double>(c) + 0.5) / side;
        const double outside = distanceFrom(figure, x, y);
        const bool painted = outside <= 0 && (figure.filled || outside > -kEdge - 1 / side);
        double level = painted ? (figure.bright ? 0.9 : 0.1) : 0.5;
        level += spec.noise * random.normal();
        data.inputs[0].bytes.push_back(
            static_cast<std::uint8_t>(std::lround(255 * std::clamp(level, 0.0, 1.0))));
        data.targets[kMask].classOf.push_back(outside <= 0 ? 1 : 0);
      }
    data.inputs[1].floats.push_back(static_cast<float>(distance));
    data.targets[kShape].classOf.push_back(static_cast<std::int32_t>(figure.kind));
    data.targets[kSize].floats.push_back(static_cast<float>(2 * figure.radius * distance));
    data.targets[kX].floats.push_back(static_cast<float>(figure.x));
    data.targets[kY].floats.push_back(static_cast<float>(figure.y));
    data.targets[kFilled].classOf.push_back(figure.filled ? 1 : 0);
    data.targets[kBright].classOf.push_back(figure.bright ? 1 : 0);
  }
  return raw;
}

}  // namespace tandem
