#include "core/train/resume_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "core/compile/compile.h"
#include "core/network/input_match.h"
#include "core/text/plural.h"

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
  const std::vector<InputFields> inputs = before.inputs(), own = now.inputs();
  if (inputs.size() != own.size())
    return fmt::format("it has {}, but had {}", counted(own.size(), "input"),
                       counted(inputs.size(), "input"));
  const auto shapes = [&](std::size_t i) {
    return fmt::format("a sample{} has the shape {}, but had {}",
                       inputs.size() == 1 ? "" : fmt::format(" of input '{}'", own[i].name),
                       own[i].sample().text(), inputs[i].sample().text());
  };
  for (std::size_t i = 0; i < own.size(); ++i)
    if (inputs[i].sample().rank() != own[i].sample().rank()) return shapes(i);  // images, but a table
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
  for (std::size_t i = 0; i < own.size(); ++i)
    if (inputs[i].sample() != own[i].sample()) return shapes(i);
  if (before.series.isWindows() && (before.series.horizon != now.series.horizon || !now.series.isWindows()))
    return fmt::format("the first target is {} after the window, but was {}",
                       counted(now.series.isWindows() ? now.series.horizon : 0, "row"),
                       before.series.horizon);
  const std::vector<const Field*> targets = before.targets(), ownTargets = now.targets();
  if (targets.size() != ownTargets.size())
    return fmt::format("it has {}, but had {}", counted(ownTargets.size(), "target"),
                       counted(targets.size(), "target"));
  for (std::size_t t = 0; before.named && now.named && targets.size() > 1 && t < targets.size(); ++t)
    if (targets[t]->name != ownTargets[t]->name)
      return fmt::format("target {} is '{}', but was '{}'", t + 1, ownTargets[t]->name, targets[t]->name);
  for (std::size_t t = 0; t < targets.size(); ++t)
    if (std::string text =
            firstDifference("class", "classes", targets[t]->categories, ownTargets[t]->categories);
        !text.empty())
      return text;
  return {};
}

// Columns without names, in the order of those of the checkpoint, get their names.
void nameAs(const Preprocessing& described, Dataset& data) {
  for (std::size_t i = 0; i < described.fields.size(); ++i)
    data.info.fields[i].name = described.fields[i].name;
  const std::vector<const Field*> targets = described.targets();
  for (std::size_t t = 0; t < std::min(targets.size(), data.info.targets.size()); ++t)
    data.info.targets[t].name = targets[t]->name;
  const std::vector<InputFields> inputs = described.inputs();
  for (std::size_t i = 0; i < std::min(inputs.size(), data.info.inputs.size()); ++i)
    data.info.inputs[i].name = inputs[i].name;
  data.info.named = true;
}

// The normalization of each number of each input, or each channel of an image, and then of the numeric targets.
struct Moments {
  struct Entry {
    std::string name;
    double mean = 0, scale = 1;
    bool comparable = true;
  };
  std::vector<std::vector<Entry>> inputs;
  std::vector<Entry> targets;
};

Moments momentsOf(const Preprocessing& preprocessing) {
  Moments moments;
  for (const InputFields& input : preprocessing.inputs()) {
    std::vector<Moments::Entry>& entries = moments.inputs.emplace_back();
    for (const std::string& name : input.names()) entries.push_back({name});
    std::size_t next = 0;
    for (const Field* field : input.fields) {
      if (field->kind == FieldKind::Text) continue;  // tokens
      const bool image = field->kind == FieldKind::Image;
      const auto count = static_cast<std::size_t>(image ? field->image[-1] : field->width());
      for (std::size_t i = 0; i < count; ++i, ++next) {
        Moments::Entry& entry = entries[next];
        if (!field->mean.empty()) entry = {entry.name, field->mean[i], field->scale[i]};
        // One-hot encoded categories have no unit, so their frequencies may change.
        entry.comparable = field->kind != FieldKind::Category;
      }
    }
  }
  for (const Field* target : preprocessing.targets()) {
    if (target->kind != FieldKind::Number) continue;
    Moments::Entry& entry = moments.targets.emplace_back(Moments::Entry{target->name});
    if (!target->mean.empty()) entry = {target->name, target->mean[0], target->scale[0]};
    entry.comparable = isScaled(*target);
  }
  return moments;
}

bool equal(const Moments::Entry& a, const Moments::Entry& b) {
  return a.mean == b.mean && a.scale == b.scale;
}

bool equal(const std::vector<Moments::Entry>& a, const std::vector<Moments::Entry>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return equal(x, y); });
}

bool equal(const Moments& a, const Moments& b) {
  return std::ranges::equal(a.inputs, b.inputs, [](const auto& x, const auto& y) { return equal(x, y); }) &&
         equal(a.targets, b.targets);
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

std::string differenceOf(const std::vector<Moments::Entry>& before, const std::vector<Moments::Entry>& now) {
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i)
    if (std::string text = differenceOf(before[i], now[i]); !text.empty()) return text;
  return {};
}

std::string differenceOf(const Moments& before, const Moments& now) {
  for (std::size_t i = 0; i < now.inputs.size(); ++i)
    if (std::string text = differenceOf(before.inputs[i], now.inputs[i]); !text.empty()) return text;
  return differenceOf(before.targets, now.targets);
}

void normalizeAs(std::span<const Moments::Entry> entries, TensorValues& values) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const FloatStorage storage = values.storageOf(i);
    values.mean[i] = storage.stored(entries[i].mean);
    values.scale[i] = static_cast<float>(entries[i].scale * storage.unit);
  }
}

void normalizeInputAs(std::span<const Moments::Entry> entries, Dataset& data, std::size_t input) {
  if (data.info.inputs[input].classes > 0) return;  // tokens
  normalizeAs(entries, data.inputs[input]);
  data.info.inputs[input].unit = targetUnit(data.inputs[input]);
  if (data.info.inputs[input].bytes)
    data.info.inputs[input].bytes = ByteScale::of(data.inputs[input].mean, data.inputs[input].scale);
}

// The data has the fields that the moments are of.
void normalizeAs(const Moments& moments, Dataset& data) {
  for (std::size_t i = 0; i < data.inputs.size(); ++i) normalizeInputAs(moments.inputs[i], data, i);
  auto entry = moments.targets.begin();  // of the numeric targets, in their order
  for (std::size_t t = 0; t < data.targets.size(); ++t) {
    if (data.info.targets[t].classes > 0 || entry == moments.targets.end()) continue;
    normalizeAs({&*entry++, 1}, data.targets[t]);
    data.info.targets[t].unit = targetUnit(data.targets[t]);
  }
}

bool hasNames(const Preprocessing& preprocessing, const InputFields& input) {
  return preprocessing.named && !input.isImage();
}

// Models of other programs may not state how their inputs are normalized.
bool isStated(const InputFields& input) {
  return std::ranges::none_of(input.fields, [](const Field* field) { return field->mean.empty(); });
}

// Whether an input can be normalized as another one was.
bool alike(const Preprocessing& before, const InputFields& described, const std::vector<Moments::Entry>& a,
           const Preprocessing& now, const InputFields& own, const std::vector<Moments::Entry>& b) {
  if (described.sample().rank() != own.sample().rank() || a.size() != b.size()) return false;
  if (own.isImage()) return true;  // levels of images have no other unit
  if (hasNames(before, described) && hasNames(now, own) && described.names() != own.names()) return false;
  return differenceOf(a, b).empty();
}

}  // namespace

InputNormalization normalizeInputsAs(const Preprocessing& described, const Network& network,
                                     std::shared_ptr<const Dataset> data) {
  const Preprocessing now = preprocessingOf(*data);
  const std::vector<InputFields> inputs = described.inputs(), own = now.inputs();
  const Moments before = momentsOf(described), after = momentsOf(now);
  std::vector<InputMatch::Tensor> tensors;
  for (const InputFields& each : inputs) tensors.push_back({each.name, each.sample()});
  const InputMatch match(network, tensors);
  InputNormalization result;
  std::shared_ptr<Dataset> changed;
  for (const LayerId id : network.inputs()) {
    const Layer& layer = *network.find(id);
    const auto tensor = tensorOf(layer, network, data->info);
    if (!tensor.ok()) continue;  // reported by the checks that follow
    const std::size_t i = *tensor;
    if (data->info.inputs[i].classes > 0) continue;  // tokens
    const auto named = std::ranges::find(inputs, own[i].name, &InputFields::name);
    const auto found = named != inputs.end() ? std::optional(static_cast<std::size_t>(named - inputs.begin()))
                                             : match.find(layer, own[i].sample());
    if (found && inputs[*found].isText() && own[i].isText()) {
      const Field &then = *inputs[*found].fields[0], &here = *own[i].fields[0];
      if (then.categories != here.categories || then.text != here.text)
        result.different.push_back(own[i].name);
      continue;
    }
    if (!found || !isStated(inputs[*found]) ||
        !alike(described, inputs[*found], before.inputs[*found], now, own[i], after.inputs[i])) {
      result.different.push_back(own[i].name);
      continue;
    }
    if (equal(before.inputs[*found], after.inputs[i])) continue;
    if (!changed) changed = std::make_shared<Dataset>(*data);
    normalizeInputAs(before.inputs[*found], *changed, i);
    result.changed.push_back(own[i].name);
  }
  result.data = changed ? std::move(changed) : std::move(data);
  return result;
}

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
  // The same samples may have been normalized as for the weights that the run started with.
  const std::string difference = saved == current ? std::string() : differenceOf(before, own);
  if (!difference.empty()) return refuse(difference, "Use data in the same units, or train from scratch");
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
