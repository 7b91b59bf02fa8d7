#include "core/data/preprocessing.h"

#include <algorithm>
#include <cmath>

#include "core/data/dataset.h"

namespace tandem {
namespace {

std::size_t factorsOf(const Field& field) {
  if (field.kind == FieldKind::Text) return 0;
  return static_cast<std::size_t>(field.kind == FieldKind::Image ? field.image[-1] : field.width());
}

std::vector<double> factors(const InputFields& input, std::vector<double> Field::*values, double missing) {
  std::vector<double> all;
  for (const Field* field : input.fields) {
    all.insert(all.end(), (field->*values).begin(), (field->*values).end());
    if ((field->*values).empty()) all.insert(all.end(), factorsOf(*field), missing);
  }
  return all;
}

bool exceedsFloat32(const TensorValues& data, std::size_t feature) {
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
  constexpr std::string_view kNames[] = {"feature", "target", "ignored", "weight", "group", "order"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string_view nameOf(FieldKind kind) {
  constexpr std::string_view kNames[] = {"number", "category", "image", "text"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::int64_t Field::width() const {
  if (kind == FieldKind::Image) return image.elements();
  if (kind == FieldKind::Text) return text.steps;
  return kind == FieldKind::Category ? static_cast<std::int64_t>(categories.size()) : 1;
}

Shape InputFields::sample() const {
  if (isImage()) return fields[0]->image;
  std::int64_t width = 0;
  for (const Field* field : fields) width += field->width();
  return steps > 0 ? Shape{steps, width} : Shape{width};
}

std::vector<double> InputFields::mean() const {
  return factors(*this, &Field::mean, 0.0);
}

std::vector<double> InputFields::scale() const {
  return factors(*this, &Field::scale, 1.0);
}

std::vector<std::string> InputFields::names() const {
  std::vector<std::string> names;
  for (const Field* field : fields) {
    if (field->kind == FieldKind::Number) names.push_back(field->name);
    if (field->kind == FieldKind::Text) continue;
    for (const std::string& category : field->categories) names.push_back(field->name + "=" + category);
    if (field->kind == FieldKind::Image)
      for (std::int64_t c = 1; c <= field->image[-1]; ++c) names.push_back("channel " + std::to_string(c));
  }
  return names;
}

std::string_view tensorOf(const Field& field) {
  const bool own = field.kind == FieldKind::Image || field.kind == FieldKind::Text;
  return field.role == FieldRole::Target || own ? std::string_view(field.name) : "table";
}

std::vector<InputFields> Preprocessing::inputs() const {
  std::vector<InputFields> inputs;
  for (const Field& field : fields) {
    if (field.role != FieldRole::Feature) continue;
    auto input = std::ranges::find(inputs, tensorOf(field), &InputFields::name);
    if (input == inputs.end()) {
      input = inputs.insert(input, {std::string(tensorOf(field)), {}});
      if (series.isSet() && field.kind != FieldKind::Image) {
        input->steps = series.steps;
        input->varies = series.whole;
      }
    }
    input->fields.push_back(&field);
  }
  return inputs;
}

std::vector<const Field*> Preprocessing::targets() const {
  std::vector<const Field*> targets;
  for (const Field& field : fields)
    if (field.role == FieldRole::Target) targets.push_back(&field);
  return targets;
}

const Field* Preprocessing::target(std::string_view name) const {
  for (const Field* field : targets())
    if (field->name == name) return field;
  return nullptr;
}

std::string numberedColumn(std::size_t index) {
  return "column " + std::to_string(index + 1);
}

std::vector<Field> seriesFields(const std::vector<Field>& fields, const SeriesSpec& series) {
  if (!series.isWindows()) return fields;
  std::vector<Field> expanded;
  for (const Field& field : fields) {
    if (field.role != FieldRole::Target) {
      expanded.push_back(field);
      continue;
    }
    if (series.pastTargets) expanded.emplace_back(field).role = FieldRole::Feature;
    for (std::int64_t k = 0; k < series.ahead; ++k) {
      Field& target = expanded.emplace_back(field);
      target.column = field.name;
      target.ahead = series.horizon + k;
      target.name = field.name + " +" + std::to_string(target.ahead);
    }
  }
  return expanded;
}

Preprocessing preprocessingOf(const Dataset& data) {
  Preprocessing result{data.info.fields, data.info.named, true, data.info.table, data.info.series};
  if (result.fields.empty())
    result = unnamedFields(data.info.inputs[0].sample, data.info.targets[0].classNames);
  std::vector<std::size_t> next(data.inputs.size());  // number of each input
  for (Field& field : result.fields) {
    if (field.role != FieldRole::Feature && field.role != FieldRole::Target) continue;
    const bool target = field.role == FieldRole::Target;
    const auto& tensors = target ? data.info.targets : data.info.inputs;
    // The only tensor need not have the name of its field.
    const auto found = std::ranges::find(tensors, tensorOf(field), &DataTensor::name);
    const std::size_t index = found == tensors.end() ? 0 : static_cast<std::size_t>(found - tensors.begin());
    const TensorValues& values = target ? data.targets[index] : data.inputs[index];
    if (values.mean.empty() && (target || tensors[index].classes > 0)) continue;  // classes or tokens
    std::size_t own = 0;
    std::size_t& at = target ? own : next[index];
    const std::size_t count = target ? values.mean.size() : factorsOf(field);
    TANDEM_CHECK(at + count <= values.mean.size(), field.name);
    if (!target && field.kind == FieldKind::Number) field.exceedsFloat32 = exceedsFloat32(values, at);
    for (const std::size_t end = at + count; at < end; ++at) {
      const FloatStorage storage = values.storageOf(at);
      field.mean.push_back(storage.valueOf(values.mean[at]));
      field.scale.push_back(static_cast<double>(values.scale[at]) / storage.unit);
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
