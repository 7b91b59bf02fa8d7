#include "core/network/propose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/network/layer_name.h"

namespace tandem {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::size_t kMostNumberClasses = 20, kRowsPerClass = 5;
constexpr double kSpacing = 220, kRowSpacing = 150;  // between cards, as in the templates

// The only target, which is of numbers.
const TensorValues& targetOf(const Dataset& data) {
  return data.targets[0];
}

// A target of numbers may mean classes (0, 1, 2) or a quantity.
Result<DatasetInfo> decideTarget(DataSpec& spec, const LoadProgress& progress) {
  const auto load = [&](bool classes) -> Result<std::shared_ptr<const Dataset>> {
    spec.classification = classes;
    return loadDataset(spec, progress);
  };
  const auto classesOf = [](const auto& data) { return (*data)->info.targets[0].classes; };
  const auto numbers = load(false);
  if (!numbers.ok() && numbers.error().code == ErrorCode::Cancelled) return numbers.error();
  if (numbers.ok() && classesOf(numbers) == 0) {
    std::set<double> values;
    for (const float value : targetOf(**numbers).floats) {
      values.insert(targetOf(**numbers).storageOf(0).valueOf(value));
      if (values.size() > kMostNumberClasses) break;
    }
    const bool whole = std::ranges::all_of(values, [](double value) { return value == std::floor(value); });
    const auto enough = static_cast<std::int64_t>(kRowsPerClass * values.size());
    const bool constant = spec.series.isSet() && values.size() == 1;  // perhaps a sensor that did not change
    if (!whole || constant || values.size() > kMostNumberClasses || (*numbers)->size() < enough)
      return (*numbers)->info;
  }
  spec.classification = true;
  const auto classes = numbers.ok() && classesOf(numbers) > 0 ? numbers : load(true);
  if (!classes.ok()) return classes.error();
  const int count = classesOf(classes);
  // Texts such as "7 kg", or names.
  const bool various = count > static_cast<int>(kMostNumberClasses) && 2 * count > (*classes)->size();
  if (!various) return (*classes)->info;
  return numbers.ok() ? invalid("most rows have different target values", spec.path,
                                "Choose another target, or list the column among the numbers")
                      : numbers.error();
}

// Whether the pixels of an image are to be classified.
bool hasPixels(const DatasetInfo& data) {
  return data.inputs.size() == 1 && data.inputs[0].sample.rank() == 3 && data.targets.size() == 1 &&
         data.targets[0].classes > 0 && data.targets[0].sample.rank() == 2;
}

// Of several targets, each is decided as if it were the only one; their kinds are then stated by name.
Result<DatasetInfo> decideTargets(DataSpec& spec, const LoadProgress& progress) {
  if (spec.kind != DataKind::Csv) {
    TANDEM_ASSIGN(DatasetInfo info, probeDataset(spec));
    const bool texts = spec.kind == DataKind::TextFolder || spec.kind == DataKind::TextFile;
    if (!texts && (spec.kind != DataKind::ImageFolder || !hasPixels(info))) return info;
    // Only loading finds the classes of all masks and the vocabulary of all texts.
    TANDEM_ASSIGN(const auto data, loadDataset(spec, progress));
    return data->info;
  }
  if (spec.targets.size() < 2) return decideTarget(spec, progress);
  const auto isListed = [&](const std::string& name) {
    return std::ranges::find(spec.numbers, name) != spec.numbers.end() ||
           std::ranges::find(spec.categories, name) != spec.categories.end();
  };
  for (const std::string& name : std::vector<std::string>(spec.targets)) {
    if (isListed(name)) continue;
    DataSpec only = spec;
    only.targets = {name};
    for (const std::string& other : spec.targets)
      if (other != name) only.ignore.push_back(other);
    TANDEM_ASSIGN(const DatasetInfo info, decideTarget(only, progress));
    (info.targets[0].classes > 0 ? spec.categories : spec.numbers).push_back(name);
  }
  return probeDataset(spec);
}

// Adds layers after one another; branches are rows of cards.
class Builder {
 public:
  explicit Builder(Project& project) : project_(project) {}

  LayerId add(std::string_view type, Attrs properties, std::string name = {}) {
    const auto id = project_.network.add(type, std::move(name), std::move(properties));
    TANDEM_CHECK(id.ok(), type);
    if (last_ != 0) TANDEM_CHECK(project_.network.connect(last_, *id).ok(), type);
    project_.positions[*id] = {kSpacing * static_cast<double>(column_++), kRowSpacing * row_};
    last_ = *id;
    return *id;
  }
  LayerId last() const { return last_; }
  int column() const { return column_; }
  // The next layer follows `after`; 0: it begins a branch.
  void go(LayerId after, int column, double row) {
    last_ = after;
    column_ = column;
    row_ = row;
  }

 private:
  Project& project_;
  LayerId last_ = 0;
  int column_ = 0;
  double row_ = 0;
};

// A name of the data that a layer can have.
std::string layerName(const Network& network, std::string name) {
  name = asLayerName(std::move(name));
  if (!checkSpelling(name, "a layer").ok() || network.findByName(name)) name.clear();
  for (int number = 1; name.empty(); ++number)
    if (const std::string next = fmt::format("output_{}", number); !network.findByName(next)) name = next;
  return name;
}

Attrs hidden(std::int64_t units) {
  return {{"units", units}, {"activation", std::string("relu")}};
}

void addTableLayers(Builder& builder, std::int64_t inputs) {
  std::int64_t units = 16;
  while (units < 2 * inputs && units < 256) units *= 2;
  builder.add("dense", hidden(units));
  builder.add("dense", hidden(units));
}

void addConvolutions(Builder& builder, const Shape& image) {
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
}

// Convolutions that see ever further and keep the size of the image.
void addPixelLayers(Builder& builder) {
  for (const std::int64_t dilation : {1, 2, 4, 8})
    builder.add("conv2d", {{"filters", std::int64_t{16}},
                           {"kernel", Integers{3, 3}},
                           {"dilation", Integers{dilation, dilation}},
                           {"padding", std::string("same")},
                           {"activation", std::string("relu")}});
}

bool isText(const DataTensor& input) {
  return input.classes > 0;
}

// Each step of a text whose length varies sees its neighbours; the strongest answer to each pattern remains. Each step of
// a window sees the steps before it.
void addTextLayers(Builder& builder, const DataTensor& text) {
  constexpr std::int64_t kUnits = 64;
  builder.add("embedding", {{"vocabulary", std::int64_t{text.classes}}, {"units", kUnits}});
  const auto convolution = [&](const char* padding, std::int64_t dilation) {
    builder.add("conv1d", {{"filters", kUnits},
                           {"kernel", std::int64_t{3}},
                           {"padding", std::string(padding)},
                           {"dilation", dilation},
                           {"activation", std::string("relu")}});
  };
  if (text.varies) {
    convolution("same", 1);
    builder.add("global_max_pool1d", {});
  } else {
    for (const std::int64_t dilation : {1, 2, 4, 8}) convolution("causal", dilation);
  }
}

bool isImage(const DataTensor& input) {
  return input.sample.rank() == 3;
}

// The layers from the inputs to the features that the outputs read.
void addBody(Builder& builder, Network& network, const DatasetInfo& data) {
  if (data.inputs.size() == 1) {
    const DataTensor& input = data.inputs[0];
    builder.add("input", inputProperties(input));
    if (isText(input)) {
      addTextLayers(builder, input);
    } else if (hasPixels(data)) {
      addPixelLayers(builder);
    } else if (isImage(input)) {
      addConvolutions(builder, input.sample);
      builder.add("dense", hidden(64));
      builder.add("dropout", {{"rate", 0.3}});
    } else if (input.varies) {
      const bool ofSteps = std::ranges::any_of(data.targets, &DataTensor::varies);
      builder.add("gru", ofSteps ? Attrs{{"units", std::int64_t{32}},
                                         {"direction", std::string("both")},
                                         {"output", std::string("all")}}
                                 : Attrs{{"units", std::int64_t{64}}});
    } else {
      if (input.sample.rank() > 1) builder.add("flatten", {});
      addTableLayers(builder, input.sample.elements());
    }
    return;
  }
  std::vector<LayerId> branches;
  int longest = 0;
  for (const DataTensor& input : data.inputs) {
    builder.go(0, 0, static_cast<double>(branches.size()));
    builder.add("input", inputProperties(input), layerName(network, input.name));
    if (isText(input))
      addTextLayers(builder, input);
    else if (isImage(input))
      addConvolutions(builder, input.sample);
    else
      builder.add("dense", hidden(32));
    branches.push_back(builder.last());
    longest = std::max(longest, builder.column());
  }
  builder.go(branches[0], longest, static_cast<double>(branches.size() - 1) / 2);
  const LayerId joined = builder.add("concat", {});
  for (std::size_t i = 1; i < branches.size(); ++i)
    TANDEM_CHECK(network.connect(branches[i], joined).ok(), "concat joins branches");
  builder.add("dense", hidden(64));
}

// The targets of one head: a target of classes, or all numbers together.
std::vector<std::vector<const DataTensor*>> headsOf(const DatasetInfo& data) {
  std::vector<std::vector<const DataTensor*>> heads;
  std::vector<const DataTensor*> numbers;
  for (const DataTensor& target : data.targets) {
    if (target.classes > 0)
      heads.push_back({&target});
    else
      numbers.push_back(&target);
  }
  if (!numbers.empty()) heads.push_back(numbers);
  return heads;
}

void addOutputs(Builder& builder, Project& project, const DatasetInfo& data) {
  const auto heads = headsOf(data);
  const LayerId body = builder.last();
  const int column = builder.column();
  project.training.heads.clear();
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const DataTensor& first = *heads[h][0];
    const bool classes = first.classes > 0;
    Head& head = project.training.heads.emplace_back();
    head.loss = classes ? "softmax_cross_entropy" : "mse";
    const bool ofSteps = first.sample.rank() == 1 && classes;  // a class for each of them
    if (first.classes > 50 && !ofSteps) head.metrics = {"accuracy", "top_k_accuracy"};
    const auto units = classes ? std::int64_t{first.classes} : std::ssize(heads[h]);
    std::string name = classes ? "logits" : "prediction";
    if (heads.size() > 1) {
      name = layerName(project.network, heads[h].size() == 1 ? first.name : "numbers");
      for (const DataTensor* target : heads[h]) head.targets.push_back(target->name);
      head.output = name;
      builder.go(body, column, static_cast<double>(h));
    }
    if (hasPixels(data)) {
      if (first.classes <= 256) head.metrics = {"accuracy", "mean_iou", "confusion_matrix"};
      builder.add("conv2d", {{"filters", units}, {"kernel", Integers{1, 1}}}, std::move(name));
    } else {
      builder.add("dense", {{"units", units}}, std::move(name));
    }
  }
}

}  // namespace

Attrs inputProperties(const DataTensor& input) {
  const auto extents = input.sample.dims();
  Attrs properties{{"shape", Integers(extents.begin(), extents.end())}};
  if (input.classes > 0) properties.set("values", std::string("tokens"));
  if (input.varies) properties.set("varies", std::int64_t{1});
  return properties;
}

Result<Proposal> proposeProject(DataSpec spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(DatasetInfo data, decideTargets(spec, progress));
  // By their names, so that other data with its columns in another order has the same targets.
  if (spec.kind == DataKind::Csv) {
    spec.targets.clear();
    for (const Field& field : data.fields)
      if (field.role == FieldRole::Target &&
          (spec.targets.empty() || spec.targets.back() != field.columnName()))
        spec.targets.push_back(field.columnName());
  }
  if (headsOf(data).size() > kMaxHeads)
    return invalid(fmt::format("{} targets of classes and numbers need {} heads; at most {} are possible",
                               data.targets.size(), headsOf(data).size(), kMaxHeads),
                   spec.path, "Choose fewer targets");
  const bool texts = std::ranges::any_of(data.inputs, isText);
  Project project;
  project.name = data.name;
  project.data = spec;
  const bool images = std::ranges::any_of(data.inputs, isImage);
  Builder builder(project);
  addBody(builder, project.network, data);
  addOutputs(builder, project, data);
  TrainingConfig& training = project.training;
  const bool large = images || texts;
  training.batch = images && !hasPixels(data) ? 64 : 32;
  training.epochs = large ? 10 : 50;
  training.earlyStoppingPatience = large ? 3 : 8;
  training.optimizer = {"adam", {{"learning_rate", large ? 1e-3 : 3e-3}}};
  return Proposal{std::move(project), std::move(data)};
}

std::string summaryOf(const Proposal& proposal) {
  const DatasetInfo& data = proposal.data;
  const bool table = proposal.project.data.kind == DataKind::Csv;
  std::vector<std::string> inputs, outputs;
  for (const DataTensor& input : data.inputs)
    inputs.push_back(
        isText(input)
            ? fmt::format("{} of {} tokens", input.varies ? "texts" : "windows", input.sample.text())
            : fmt::format("{} {}", input.sample.text(), input.sample.elements() == 1 ? "input" : "inputs"));
  for (const auto& targets : headsOf(data)) {
    std::vector<std::string> names;
    for (const DataTensor* target : targets) names.push_back(fmt::format("\"{}\"", target->name));
    const std::string name = table ? fmt::format(" ({})", fmt::join(names, ", ")) : "";
    if (targets[0]->classes > 0)
      outputs.push_back(fmt::format("{} classes{}{}: softmax cross-entropy and accuracy", targets[0]->classes,
                                    hasPixels(data) ? " of pixels" : "", name));
    else
      outputs.push_back(
          fmt::format("{} to predict{}: mean squared error, MAE and RMSE",
                      targets.size() == 1 ? "a number" : fmt::format("{} numbers", targets.size()), name));
  }
  return fmt::format("{}, {}", fmt::join(inputs, " and "), fmt::join(outputs, "; "));
}

}  // namespace tandem
