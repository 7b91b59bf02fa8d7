// Generated data, from the split seed: two-dimensional points of two classes, with coordinates in about [-1, 1], images of
// shapes (generated_shapes.h), series (generated_series.h) and sentences (generated_sentences.h).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/philox.h"
#include "core/data/generated_sentences.h"
#include "core/data/generated_series.h"
#include "core/data/generated_shapes.h"

namespace tandem {
namespace {

constexpr std::int64_t kMaxCount = 10'000'000;
constexpr double kPi = std::numbers::pi;

struct Point {
  double x = 0, y = 0;
};

// Two arms of an Archimedean spiral, 1.75 turns each. The square root spreads points evenly along the arm.
Point spiral(int side, PhiloxSequence& random) {
  const double t = std::sqrt(random.uniform());
  const double angle = 3.5 * kPi * t + kPi * side;
  return {t * std::cos(angle), t * std::sin(angle)};
}

// Two interleaved half circles.
Point moon(int side, PhiloxSequence& random) {
  const double angle = kPi * random.uniform();
  const double x = std::cos(angle), y = std::sin(angle);
  return side == 0 ? Point{(x - 0.5) / 1.5, (y - 0.25) / 1.5} : Point{(0.5 - x) / 1.5, (0.25 - y) / 1.5};
}

// Two concentric circles.
Point circle(int side, PhiloxSequence& random) {
  const double angle = 2 * kPi * random.uniform();
  const double radius = side == 0 ? 1.0 : 0.5;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// A 4 x 4 checkerboard: picks a square of the class's colour, then a point in it.
Point square(int side, PhiloxSequence& random) {
  const auto row = static_cast<int>(random.below(4));
  const int column = 2 * static_cast<int>(random.below(2)) + (row + side) % 2;
  const double x = random.uniform(), y = random.uniform();
  return {(column + x) / 2 - 1, (row + y) / 2 - 1};
}

struct Generator {
  std::string_view name;
  Point (*draw)(int side, PhiloxSequence& random);  // nullptr: no points
  double noiseScale;                                // of the standard deviation added to both coordinates
  // Of what are no points.
  Result<DatasetInfo> (*describe)(const DataSpec& spec) = nullptr;
  Result<RawData> (*generate)(const DataSpec& spec, const LoadProgress& progress) = nullptr;
};
constexpr std::string_view kShapes = "shapes", kSentences = "sentences";
constexpr Generator kGenerators[] = {
    {"spirals", spiral, 0.25},
    {"moons", moon, 1},
    {"circles", circle, 1},
    {"checkerboard", square, 0.5},
    {kShapes, nullptr, 1, [](const DataSpec& spec) -> Result<DatasetInfo> { return describeShapes(spec); },
     generateShapes},
    {"waves", nullptr, 1, describeWaves, generateWaves},
    {"bursts", nullptr, 1, describeBursts, generateBursts},
    {"series", nullptr, 1, describeSeries, generateSeries},
    {kSentences, nullptr, 1, describeSentences, generateSentences}};

Result<const Generator*> findGenerator(const DataSpec& spec) {
  for (const Generator& generator : kGenerators) {
    if (generator.name == spec.generator) {
      if (spec.count < 2 || spec.count > kMaxCount) {
        return invalid(
            fmt::format("{} samples requested; the count must be between 2 and {}", spec.count, kMaxCount),
            spec.generator);
      }
      if (!(spec.noise >= 0 && spec.noise <= 10)) {
        return invalid(fmt::format("the noise is {}; it must be between 0 and 10", spec.noise),
                       spec.generator);
      }
      if (generator.name == kSentences) {
        if (spec.count > kMaxSentences)
          return invalid(
              fmt::format("{} sentences requested; at most {} are possible", spec.count, kMaxSentences),
              spec.generator);
        if (spec.noise > 1)
          return invalid(
              fmt::format("the noise is {}; as a share of sentences it must be between 0 and 1", spec.noise),
              spec.generator);
        return &generator;
      }
      const std::int64_t least = std::min(spec.imageHeight, spec.imageWidth);
      if (generator.name == kShapes && (least < 8 || std::max(spec.imageHeight, spec.imageWidth) > 256))
        return invalid(fmt::format("images of {} x {} requested; each side must be between 8 and 256",
                                   spec.imageHeight, spec.imageWidth),
                       spec.generator);
      return &generator;
    }
  }
  return invalid(fmt::format("there is no generator named \"{}\"", spec.generator), "data",
                 "Choose spirals, moons, circles, checkerboard, shapes, waves, bursts, series or sentences");
}

DatasetInfo describe(const DataSpec& spec) {
  DatasetInfo info;
  info.name = spec.generator;
  info.inputs[0].name = "table";
  info.inputs[0].sample = Shape{2};
  info.targets[0] = {.name = "class", .sample = {}, .classes = 2, .classNames = {"A", "B"}};
  info.fields = {{.name = "x"},
                 {.name = "y"},
                 {.name = "class",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = info.targets[0].classNames}};
  info.named = true;
  return info;
}

Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  TANDEM_ASSIGN(const Generator* generator, findGenerator(spec));
  return generator->draw ? describe(spec) : generator->describe(spec);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(const Generator* generator, findGenerator(spec));
  if (!generator->draw) return generator->generate(spec, progress);
  RawData raw;
  raw.data.info = describe(spec);
  raw.data.inputs[0].floats.reserve(static_cast<std::size_t>(spec.count) * 2);
  raw.data.targets[0].classOf.reserve(static_cast<std::size_t>(spec.count));
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  const double deviation = spec.noise * generator->noiseScale;
  for (std::int64_t i = 0; i < spec.count; ++i) {
    if (i % 65536 == 0)
      TANDEM_TRY(report(progress, static_cast<double>(i) / static_cast<double>(spec.count)));
    const int side = static_cast<int>(i % 2);
    const Point point = generator->draw(side, random);
    raw.data.inputs[0].floats.push_back(static_cast<float>(point.x + deviation * random.normal()));
    raw.data.inputs[0].floats.push_back(static_cast<float>(point.y + deviation * random.normal()));
    raw.data.targets[0].classOf.push_back(side);
  }
  return raw;
}

}  // namespace

const DataReader generatedReader = {DataKind::Generated, read, probe};

}  // namespace tandem
