#include "core/data/preprocessing.h"

#include <algorithm>
#include <cmath>

#include "core/data/dataset.h"

namespace tandem {
namespace {

// Calls visit(field) for each feature.
template <class Visit>
void forEachFeature(const Preprocessing& preprocessing, const Visit& visit) {
  for (const Field& field : preprocessing.fields)
    if (field.role == FieldRole::Feature) visit(field);
}

std::size_t factorsOf(const Field& field) {
  return static_cast<std::size_t>(field.kind == FieldKind::Image ? field.image[-1] : field.width());
}

std::vector<double> factors(const Preprocessing& preprocessing, std::vector<double> Field::*values,
                            double missing) {
  std::vector<double> all;
  forEachFeature(preprocessing, [&](const Field& field) {
    all.insert(all.end(), (field.*values).begin(), (field.*values).end());
    if ((field.*values).empty()) all.insert(all.end(), factorsOf(field), missing);
  });
  return all;
}

bool exceedsFloat32(const Dataset& data, std::size_t feature) {
  const FloatStorage storage = data.storageOf(feature);
  if (storage.offset == 0) return false;  // float32 was enough for training
  const double limit = kFloat32Error * storage.unit / std::abs(static_cast<double>(data.scale[feature]));
  for (std::size_t i = feature; i < data.floats.size(); i += data.mean.size()) {
    const double value = storage.valueOf(data.floats[i]);
    if (!(std::abs(static_cast<double>(static_cast<float>(value)) - value) <= limit)) return true;
  }
  return false;
}

}  // namespace

bool isScaled(const Field& target) {
  return !target.mean.empty() && (target.mean[0] != 0 || target.scale[0] != 1);
}

std::string_view nameOf(FieldRole role) {
  constexpr std::string_view kNames[] = {"feature", "target", "ignored"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string_view nameOf(FieldKind kind) {
  constexpr std::string_view kNames[] = {"number", "category", "image"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::int64_t Field::width() const {
  if (kind == FieldKind::Image) return image.elements();
  return kind == FieldKind::Category ? static_cast<std::int64_t>(categories.size()) : 1;
}

Shape Preprocessing::sample() const {
  std::int64_t width = 0;
  const Shape* image = nullptr;
  forEachFeature(*this, [&](const Field& field) {
    width += field.width();
    if (field.kind == FieldKind::Image) image = &field.image;
  });
  return image ? *image : Shape{width};
}

const Field* Preprocessing::target() const {
  const auto found = std::ranges::find(fields, FieldRole::Target, &Field::role);
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> Preprocessing::classNames() const {
  const Field* field = target();
  return field ? field->categories : std::vector<std::string>{};
}

std::vector<double> Preprocessing::mean() const {
  return factors(*this, &Field::mean, 0.0);
}

std::vector<double> Preprocessing::scale() const {
  return factors(*this, &Field::scale, 1.0);
}

std::vector<std::string> Preprocessing::inputNames() const {
  std::vector<std::string> names;
  forEachFeature(*this, [&](const Field& field) {
    if (field.kind == FieldKind::Number) names.push_back(field.name);
    for (const std::string& category : field.categories) names.push_back(field.name + "=" + category);
    if (field.kind == FieldKind::Image)
      for (std::int64_t c = 1; c <= field.image[-1]; ++c) names.push_back("channel " + std::to_string(c));
  });
  return names;
}

std::string numberedColumn(std::size_t index) {
  return "column " + std::to_string(index + 1);
}

Preprocessing preprocessingOf(const Dataset& data) {
  Preprocessing result{data.info.fields, data.info.named, true, data.info.table};
  if (result.fields.empty()) result = unnamedFields(data.info.sample, data.info.classNames);
  std::size_t next = 0;
  for (Field& field : result.fields) {
    if (field.role == FieldRole::Target && field.kind == FieldKind::Number) {
      field.mean = {data.targetStorage.valueOf(data.targetMean)};
      field.scale = {static_cast<double>(data.targetScale) / data.targetStorage.unit};
    }
    if (field.role != FieldRole::Feature) continue;
    const std::size_t count = factorsOf(field);
    TANDEM_CHECK(next + count <= data.mean.size(), field.name);
    if (field.kind == FieldKind::Number) field.exceedsFloat32 = exceedsFloat32(data, next);
    for (const std::size_t end = next + count; next < end; ++next) {
      const FloatStorage storage = data.storageOf(next);
      field.mean.push_back(storage.valueOf(data.mean[next]));
      field.scale.push_back(static_cast<double>(data.scale[next]) / storage.unit);
    }
  }
  return result;
}

bool hasTooManyFields(const Shape& sample) {
  double fields = 1;
  for (const std::int64_t extent : sample.dims()) fields *= static_cast<double>(extent);
  return sample.rank() != 3 && fields > static_cast<double>(kMaxFields);
}

Preprocessing unnamedFields(const Shape& sample, const std::vector<std::string>& classNames) {
  Preprocessing result;
  if (sample.rank() == 3) {
    result.fields.push_back({.name = "image", .kind = FieldKind::Image, .image = sample});
  } else {
    for (std::int64_t i = 0; i < sample.elements(); ++i)
      result.fields.push_back({.name = numberedColumn(static_cast<std::size_t>(i))});
  }
  Field target{.name = "target", .role = FieldRole::Target};
  if (!classNames.empty()) target.kind = FieldKind::Category;
  target.categories = classNames;
  result.fields.push_back(std::move(target));
  return result;
}

}  // namespace tandem
