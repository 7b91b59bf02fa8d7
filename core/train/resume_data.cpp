#include "core/train/resume_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace tandem {
namespace {

std::vector<const Field*> featuresOf(const Preprocessing& preprocessing) {
  std::vector<const Field*> features;
  for (const Field& field : preprocessing.fields)
    if (field.role == FieldRole::Feature) features.push_back(&field);
  return features;
}

// The first difference between two lists of names, as "class 2 is 'yes', but was 'no'"; empty if there is none.
std::string firstDifference(std::string_view what, std::string_view plural,
                            const std::vector<std::string>& before, const std::vector<std::string>& now) {
  const std::size_t common = std::min(before.size(), now.size());
  for (std::size_t i = 0; i < common; ++i)
    if (before[i] != now[i])
      return fmt::format("{} {} is '{}', but was '{}'", what, i + 1, now[i], before[i]);
  if (before.size() == now.size()) return {};
  const auto& longer = before.size() > now.size() ? before : now;
  return fmt::format("there are {} {}, but there were {}; '{}' is {}", now.size(), plural, before.size(),
                     longer[common], before.size() > now.size() ? "missing" : "new");
}

std::string differenceOf(const Preprocessing& before, const Preprocessing& now) {
  const auto shapes = [&] {
    return fmt::format("a sample has the shape {}, but had {}", now.sample().text(), before.sample().text());
  };
  if (before.sample().rank() != now.sample().rank()) return shapes();  // images, but a table
  const auto a = featuresOf(before), b = featuresOf(now);
  if (before.named && now.named) {
    const auto names = [](const std::vector<const Field*>& fields) {
      std::vector<std::string> list;
      for (const Field* field : fields) list.push_back(field->name);
      return list;
    };
    if (std::string text = firstDifference("feature", "features", names(a), names(b)); !text.empty())
      return text;
  }
  if (a.size() == b.size())
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i]->kind != b[i]->kind)
        return fmt::format("feature '{}' is a {}, but was a {}", b[i]->name, nameOf(b[i]->kind),
                           nameOf(a[i]->kind));
      const std::string text =
          firstDifference(fmt::format("category of '{}' number", b[i]->name),
                          fmt::format("categories of '{}'", b[i]->name), a[i]->categories, b[i]->categories);
      if (!text.empty()) return text;
    }
  if (before.sample() != now.sample()) return shapes();
  return firstDifference("class", "classes", before.classNames(), now.classNames());
}

// Columns without names, in the order of those of the checkpoint, get their names.
void nameAs(const Preprocessing& described, Dataset& data) {
  for (std::size_t i = 0; i < described.fields.size(); ++i)
    data.info.fields[i].name = described.fields[i].name;
  data.info.featureNames = described.inputNames();
  data.info.named = true;
}

// The normalization of each number of a sample, or each channel of an image, and then of a numeric target.
struct Moments {
  struct Entry {
    std::string name;
    double mean = 0, scale = 1;
    bool comparable = true;
  };
  std::vector<Entry> features;
  std::optional<Entry> target;
};

Moments momentsOf(const Preprocessing& preprocessing) {
  Moments moments;
  for (const std::string& name : preprocessing.inputNames()) moments.features.push_back({name});
  std::size_t next = 0;
  for (const Field* field : featuresOf(preprocessing)) {
    const bool image = field->kind == FieldKind::Image;
    const auto count = static_cast<std::size_t>(image ? field->image[-1] : field->width());
    for (std::size_t i = 0; i < count; ++i, ++next) {
      Moments::Entry& entry = moments.features[next];
      if (!field->mean.empty()) entry = {entry.name, field->mean[i], field->scale[i]};
      // One-hot encoded categories have no unit, so their frequencies may change.
      entry.comparable = field->kind != FieldKind::Category;
    }
  }
  const Field* target = preprocessing.target();
  if (!target || target->kind != FieldKind::Number) return moments;
  moments.target = {target->name};
  if (!target->mean.empty()) moments.target = {target->name, target->mean[0], target->scale[0]};
  moments.target->comparable = isScaled(*target);
  return moments;
}

bool equal(const Moments::Entry& a, const Moments::Entry& b) {
  return a.mean == b.mean && a.scale == b.scale;
}

bool equal(const Moments& a, const Moments& b) {
  return std::ranges::equal(a.features, b.features,
                            [](const auto& x, const auto& y) { return equal(x, y); }) &&
         a.target.has_value() == b.target.has_value() && (!a.target || equal(*a.target, *b.target));
}

// Empty if the samples may come from the same source.
std::string differenceOf(const Moments::Entry& before, const Moments::Entry& now) {
  if (!before.comparable || !now.comparable) return {};
  const double shift = std::abs((now.mean - before.mean) * before.scale);
  const double stretch = std::abs(before.scale / now.scale);
  if (shift <= kMaxShift && stretch <= kMaxStretch && stretch >= 1 / kMaxStretch) return {};
  return fmt::format("'{}' has the mean {:.4g} and the standard deviation {:.4g}, but had {:.4g} and {:.4g}",
                     now.name, now.mean, 1 / now.scale, before.mean, 1 / before.scale);
}

std::string differenceOf(const Moments& before, const Moments& now) {
  for (std::size_t i = 0; i < now.features.size(); ++i)
    if (std::string text = differenceOf(before.features[i], now.features[i]); !text.empty()) return text;
  return before.target && now.target ? differenceOf(*before.target, *now.target) : "";
}

void normalizeAs(const Moments& moments, Dataset& data) {
  for (std::size_t i = 0; i < moments.features.size(); ++i) {
    const FloatStorage storage = data.storageOf(i);
    data.mean[i] = storage.stored(moments.features[i].mean);
    data.scale[i] = static_cast<float>(moments.features[i].scale * storage.unit);
  }
  if (data.info.bytes) data.info.bytes = ByteScale::of(data.mean, data.scale);
  if (!moments.target) return;
  data.targetMean = data.targetStorage.stored(moments.target->mean);
  data.targetScale = static_cast<float>(moments.target->scale * data.targetStorage.unit);
  data.info.targetUnit = data.targetUnit();
}

}  // namespace

Result<ResumeData> dataForResume(const Preprocessing& described, const std::string& saved,
                                 std::shared_ptr<const Dataset> data, const std::string& current,
                                 const std::string& file) {
  const Preprocessing now = preprocessingOf(*data);
  const auto refuse = [&](const std::string& difference, std::string_view hint) {
    return invalid("this is not the data that the model was trained on: " + difference, file, hint);
  };
  if (const std::string difference = differenceOf(described, now); !difference.empty())
    return refuse(difference, "Use the original data, or train from scratch");
  const Moments before = momentsOf(described), own = momentsOf(now);
  if (const std::string difference = differenceOf(before, own); !difference.empty())
    return refuse(difference, "Use data in the same units, or train from scratch");
  ResumeData result{std::move(data), {}, saved.empty() || saved == current};
  if (!result.sameSamples) result.notes.emplace_back("The samples are not those of the checkpoint");
  if (described.named && !now.named && described.fields.size() == result.data->info.fields.size()) {
    auto named = std::make_shared<Dataset>(*result.data);
    nameAs(described, *named);
    result.data = std::move(named);
    result.notes.emplace_back(
        "The data has no column names: its columns are taken in the order of the checkpoint's");
  }
  if (equal(before, own)) return result;
  auto same = std::make_shared<Dataset>(*result.data);
  normalizeAs(before, *same);
  result.data = std::move(same);
  result.notes.emplace_back("The data is normalized as before, with the mean and scale of the checkpoint");
  return result;
}

}  // namespace tandem
