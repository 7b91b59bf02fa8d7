#include "core/network/propose.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tandem {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::size_t kMostNumberClasses = 20, kRowsPerClass = 5;
constexpr double kSpacing = 220;  // between cards, as in the templates

// A target of numbers may mean classes (0, 1, 2) or a quantity.
Result<DatasetInfo> decideTarget(DataSpec& spec, const LoadProgress& progress) {
  if (spec.kind != DataKind::Csv) return probeDataset(spec);
  const auto load = [&](bool classes) -> Result<std::shared_ptr<const Dataset>> {
    spec.classification = classes;
    return loadDataset(spec, progress);
  };
  const auto numbers = load(false);
  if (!numbers.ok() && numbers.error().code == ErrorCode::Cancelled) return numbers.error();
  if (numbers.ok() && (*numbers)->info.classes == 0) {
    std::set<double> values;
    for (const float value : (*numbers)->targetOf) {
      values.insert((*numbers)->targetStorage.valueOf(value));
      if (values.size() > kMostNumberClasses) break;
    }
    const bool whole = std::ranges::all_of(values, [](double value) { return value == std::floor(value); });
    const auto enough = static_cast<std::int64_t>(kRowsPerClass * values.size());
    if (!whole || values.size() > kMostNumberClasses || (*numbers)->size() < enough) return (*numbers)->info;
  }
  spec.classification = true;
  const auto classes = numbers.ok() && (*numbers)->info.classes > 0 ? numbers : load(true);
  if (!classes.ok()) return classes.error();
  const DatasetInfo& info = (*classes)->info;
  // Texts such as "7 kg", or names.
  const bool various =
      info.classes > static_cast<int>(kMostNumberClasses) && 2 * info.classes > (*classes)->size();
  if (!various) return info;
  return numbers.ok() ? invalid("most rows have different target values", spec.path,
                                "Choose another target, or list the column among the numbers")
                      : numbers.error();
}

// Adds layers in a row.
class Builder {
 public:
  explicit Builder(Project& project) : project_(project) {}

  void add(std::string_view type, Attrs properties, std::string name = {}) {
    const auto id = project_.network.add(type, std::move(name), std::move(properties));
    TANDEM_CHECK(id.ok(), type);
    if (last_ != 0) TANDEM_CHECK(project_.network.connect(last_, *id).ok(), type);
    project_.positions[*id] = {kSpacing * static_cast<double>(count_++), 0};
    last_ = *id;
  }

 private:
  Project& project_;
  LayerId last_ = 0;
  int count_ = 0;
};

Attrs hidden(std::int64_t units) {
  return {{"units", units}, {"activation", std::string("relu")}};
}

void addTableLayers(Builder& builder, std::int64_t inputs) {
  std::int64_t units = 16;
  while (units < 2 * inputs && units < 256) units *= 2;
  builder.add("dense", hidden(units));
  builder.add("dense", hidden(units));
}

void addImageLayers(Builder& builder, const Shape& image) {
  std::int64_t side = std::min(image[0], image[1]), filters = 16;
  do {
    builder.add("conv2d", {{"filters", filters},
                           {"kernel", Integers{3, 3}},
                           {"padding", std::string("same")},
                           {"use_bias", false}});
    builder.add("batch_norm", {});
    builder.add("activation", {{"function", std::string("relu")}});
    if (side >= 4) builder.add("max_pool2d", {{"window", Integers{2, 2}}, {"stride", Integers{2, 2}}});
    side /= 2;
    filters = std::min<std::int64_t>(2 * filters, 64);
  } while (side > 7);
  builder.add("flatten", {});
  builder.add("dense", hidden(64));
  builder.add("dropout", {{"rate", 0.3}});
}

}  // namespace

Result<Proposal> proposeProject(DataSpec spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(DatasetInfo data, decideTarget(spec, progress));
  // By its name, so that other data with its columns in another order has the same target.
  if (const auto target = std::ranges::find(data.fields, FieldRole::Target, &Field::role);
      spec.kind == DataKind::Csv && target != data.fields.end())
    spec.target = target->name;
  Project project;
  project.name = data.name;
  project.data = spec;
  const bool images = data.sample.rank() == 3, classes = data.classes > 0;
  const auto extents = data.sample.dims();
  Builder builder(project);
  builder.add("input", {{"shape", Integers(extents.begin(), extents.end())}});
  if (images)
    addImageLayers(builder, data.sample);
  else
    addTableLayers(builder, data.sample.elements());
  builder.add("dense", {{"units", classes ? std::int64_t{data.classes} : data.targets}},
              classes ? "logits" : "prediction");
  TrainingConfig& training = project.training;
  training.loss = classes ? "softmax_cross_entropy" : "mse";
  if (data.classes > 50) training.metrics = {"accuracy", "top_k_accuracy"};
  training.batch = images ? 64 : 32;
  training.epochs = images ? 10 : 50;
  training.earlyStoppingPatience = images ? 3 : 8;
  training.optimizer = {"adam", {{"learning_rate", images ? 1e-3 : 3e-3}}};
  return Proposal{std::move(project), std::move(data)};
}

std::string summaryOf(const Proposal& proposal) {
  const DatasetInfo& data = proposal.data;
  const auto target = std::ranges::find(data.fields, FieldRole::Target, &Field::role);
  const bool table = proposal.project.data.kind == DataKind::Csv;
  const std::string name = table && target != data.fields.end() ? fmt::format(" (\"{}\")", target->name) : "";
  const char* const inputs = data.sample.elements() == 1 ? "input" : "inputs";
  if (data.classes > 0)
    return fmt::format("{} {}, {} classes{}: softmax cross-entropy and accuracy", data.sample.text(), inputs,
                       data.classes, name);
  return fmt::format("{} {}, a number to predict{}: mean squared error, MAE and RMSE", data.sample.text(),
                     inputs, name);
}

}  // namespace tandem
