// tandem_keras export FOLDER: writes NAME.h5 for each network, with samples NAME.x and Tandem's outputs
// NAME.y (f32). tandem_keras import FOLDER: reads NAME.h5 of Keras and compares with its NAME.y; NAME.refused
// instead of these contains words that the error must contain.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/base/philox.h"
#include "core/io/keras/keras.h"
#include "core/network/analysis.h"
#include "tests/keras/networks.h"
#include "tests/support/net_runner.h"

namespace tandem::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 5;
constexpr float kTolerance = 1e-5f;

void write(const fs::path& file, std::span<const float> values) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

std::string readText(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float> read(const fs::path& file) {
  const std::string bytes = readText(file);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

using Weights = std::vector<ImportedModel::Weight>;

// All kinds of weights, far from their usual initial values, so that none can be confused with another.
Result<Weights> randomWeights(const Network& network, std::uint64_t seed) {
  Program program;
  TANDEM_TRY(lowerNetwork(network, 1, false, seed, program));
  PhiloxSequence random(seed, stream(RandomStream::Generate));
  Weights weights;
  for (const auto* list : {&program.parameters, &program.states})
    for (const ParameterInfo& info : *list) {
      std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
      const bool kernel = info.shape.rank() > 1, positive = info.name.ends_with("variance");
      const auto outputs = static_cast<double>(info.shape[info.shape.rank() == 4 ? 0 : -1]);
      const double scale = kernel ? std::sqrt(outputs / static_cast<double>(values.size())) : 0.3;
      for (float& x : values) {
        const double normal = static_cast<double>(random.normal()) * scale;
        x = static_cast<float>(positive                       ? 0.5 + std::abs(normal)
                               : info.name.ends_with("gamma") ? 1 + normal
                                                              : normal);
      }
      weights.push_back({info.name, info.shape, std::move(values)});
    }
  return weights;
}

Result<std::vector<float>> predict(const Network& network, const Weights& weights, std::span<const float> x) {
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems.front().error;
  DatasetInfo data;
  data.name = "samples";
  data.sample = *analysis.layers.at(*network.inputLayer()).output;
  data.targets = analysis.layers.at(*network.outputLayer()).output->elements();
  TrainingConfig training;
  training.loss = "mse";
  training.batch = static_cast<std::int64_t>(x.size()) / data.sample.elements();
  TANDEM_ASSIGN(NetRunner net, NetRunner::open(network, training, data));
  const auto fill = [&](Role role, std::size_t bytes, const std::vector<ParameterInfo>& infos) -> Status {
    if (bytes == 0) return success();
    std::vector<float> block(bytes / sizeof(float));
    for (const ParameterInfo& info : infos) {
      const auto found = std::ranges::find(weights, info.name, &ImportedModel::Weight::name);
      if (found == weights.end() || found->shape != info.shape) return invalid("no such weight", info.name);
      std::ranges::copy(found->values,
                        block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float)));
    }
    return net.writeBlock(role, block);
  };
  TANDEM_TRY(fill(Role::Parameter, net.plan().parameterBytes, net.plan().parameters()));
  TANDEM_TRY(fill(Role::State, net.plan().stateBytes, net.plan().states()));
  const std::vector<float> targets(static_cast<std::size_t>(training.batch * data.targets));
  TANDEM_TRY(net.run(Phase::Evaluate, x.data(), targets.data()));
  return net.output();
}

Status exportCase(const KerasCase& each, const fs::path& folder) {
  Project project;
  project.network = each.network;
  const Analysis analysis = analyze(each.network);
  if (!analysis.ok()) return analysis.problems.front().error;
  const Shape sample = *analysis.layers.at(*each.network.inputLayer()).output;
  TANDEM_ASSIGN(const Weights weights, randomWeights(each.network, 7));
  std::vector<WeightView> views;
  for (const auto& weight : weights) views.push_back({weight.name, weight.shape, weight.values});
  TANDEM_TRY(exportKeras(project, sample, views, folder / (each.name + ".h5")));

  std::vector<float> x(static_cast<std::size_t>(kRows * sample.elements()));
  PhiloxSequence random(3, stream(RandomStream::Generate));
  for (float& value : x) value = static_cast<float>(random.normal());
  TANDEM_ASSIGN(const std::vector<float> y, predict(each.network, weights, x));
  write(folder / (each.name + ".x"), x);
  write(folder / (each.name + ".y"), y);
  return success();
}

std::vector<float> normalized(std::vector<float> x, const Preprocessing& data) {
  const std::vector<double> mean = data.mean(), scale = data.scale();
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>((static_cast<double>(x[i]) - mean[i % mean.size()]) * scale[i % scale.size()]);
  return x;
}

void softmax(std::span<float> values, std::size_t classes) {
  for (std::size_t first = 0; first < values.size(); first += classes) {
    const std::span<float> row = values.subspan(first, classes);
    const float largest = *std::ranges::max_element(row);
    float sum = 0;
    for (float& value : row) sum += value = std::exp(value - largest);
    for (float& value : row) value /= sum;
  }
}

// The complete model: Keras must give the probabilities for raw samples.
Status exportComplete(const KerasCase& each, const fs::path& folder) {
  Project project;
  project.network = each.network;
  project.training.loss = "softmax_cross_entropy";
  const Analysis analysis = analyze(each.network);
  const Shape sample = *analysis.layers.at(*each.network.inputLayer()).output;
  const Shape output = *analysis.layers.at(*each.network.outputLayer()).output;
  if (output.rank() != 1 || output.elements() < 2) return success();  // predicts no classes
  TANDEM_ASSIGN(const Weights weights, randomWeights(each.network, 9));
  std::vector<WeightView> views;
  for (const auto& weight : weights) views.push_back({weight.name, weight.shape, weight.values});
  std::vector<std::string> classes;
  for (std::int64_t i = 0; i < output.elements(); ++i) classes.push_back("class " + std::to_string(i));
  const bool image = sample.rank() == 3;
  Preprocessing data = unnamedFields(sample, classes);
  PhiloxSequence random(4, stream(RandomStream::Generate));
  for (Field& field : data.fields) {
    if (field.role != FieldRole::Feature) continue;
    for (std::int64_t c = 0; c < (image ? sample[-1] : 1); ++c) {
      field.mean.push_back(image ? 0.5 + 0.1 * static_cast<double>(random.normal())
                                 : 50 * static_cast<double>(random.normal()));
      field.scale.push_back((image ? 3 : 0.05) * (1.5 + std::tanh(static_cast<double>(random.normal()))));
    }
  }
  const std::string name = "complete_" + each.name;
  TANDEM_TRY(exportKeras(project, sample, views, folder / (name + ".h5"), KerasData{data}));
  std::vector<float> raw(static_cast<std::size_t>(kRows * sample.elements()));
  for (float& value : raw)
    value = image ? static_cast<float>(random.below(256)) : 50 * static_cast<float>(random.normal());
  std::vector<float> x = raw;
  if (image)
    for (float& value : x) value /= 255;
  TANDEM_ASSIGN(std::vector<float> y, predict(each.network, weights, normalized(x, data)));
  const Layer& last = *each.network.find(*each.network.outputLayer());
  if (last.properties.text(last.type == "activation" ? "function" : "activation", "") != "softmax")
    softmax(y, classes.size());
  write(folder / (name + ".x"), raw);
  write(folder / (name + ".y"), y);
  return success();
}

// y = x / scale + mean, as for the predictions of a standardized target.
void toUnit(std::span<float> values, const Preprocessing& data) {
  const Field* target = data.target();
  if (!target || target->mean.empty()) return;
  for (float& value : values)
    value = static_cast<float>(static_cast<double>(value) / target->scale[0] + target->mean[0]);
}

// The complete model of a regression: Keras must predict in the unit of the target.
Status exportRegression(const KerasCase& each, const fs::path& folder) {
  Project project;
  project.network = each.network;
  project.training.loss = "mse";
  const Shape sample = *analyze(each.network).layers.at(*each.network.inputLayer()).output;
  constexpr std::size_t kMostLayers = 20;  // the output's unit does not depend on what is before it
  if (sample.rank() != 1 || each.network.layers().size() > kMostLayers) return success();
  TANDEM_ASSIGN(const Weights weights, randomWeights(each.network, 5));
  std::vector<WeightView> views;
  for (const auto& weight : weights) views.push_back({weight.name, weight.shape, weight.values});
  Preprocessing data = unnamedFields(sample, {});
  data.fields.back().mean = {1.25};
  data.fields.back().scale = {0.4};
  // Keras' Normalization alone cannot represent most of them.
  struct Unit {
    double mean, spread;
  };
  const std::vector<Unit> units = {
      {1, 1}, {2019.47308, 0.5}, {101325.535, 0.25}, {1e-12, 1e-12}, {1e20, 1e20}};
  for (std::size_t i = 0; i + 1 < data.fields.size(); ++i) {
    data.fields[i].mean = {units[i % units.size()].mean};
    data.fields[i].scale = {1 / units[i % units.size()].spread};
  }
  const std::string name = "unit_" + each.name;
  TANDEM_TRY(exportKeras(project, sample, views, folder / (name + ".h5"), KerasData{data}));
  std::vector<float> x(static_cast<std::size_t>(kRows * sample.elements()));
  PhiloxSequence random(6, stream(RandomStream::Generate));
  const std::size_t width = data.fields.size() - 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Unit& unit = units[i % width % units.size()];
    x[i] = static_cast<float>(unit.mean + static_cast<double>(random.normal()) * unit.spread);
  }
  TANDEM_ASSIGN(std::vector<float> y, predict(each.network, weights, normalized(x, data)));
  toUnit(y, data);
  write(folder / (name + ".x"), x);
  write(folder / (name + ".y"), y);
  return success();
}

// The problem with an imported Keras model, or an empty string.
std::string compareImported(const fs::path& file) {
  const auto model = importKeras(file);
  const fs::path refused = fs::path(file).replace_extension(".refused");
  if (fs::exists(refused)) {
    const std::string wanted = readText(refused);
    if (model.ok()) return "was accepted; expected an error containing: " + wanted;
    const std::string text = model.error().text();
    std::cout << "  " << text << '\n';
    return text.find(wanted) == std::string::npos ? "the error does not contain: " + wanted : "";
  }
  if (!model.ok()) return model.error().text();
  const auto wanted = read(fs::path(file).replace_extension(".y"));
  std::vector<float> x = read(fs::path(file).replace_extension(".x"));
  if (model->sample.rank() == 3 && !model->preprocessing.fields[0].mean.empty())
    for (float& value : x) value /= 255;  // levels
  auto got = predict(model->network, model->weights, normalized(std::move(x), model->preprocessing));
  if (!got.ok()) return got.error().text();
  toUnit(*got, model->preprocessing);
  if (wanted.empty() || got->size() != wanted.size())
    return std::to_string(got->size()) + " values instead of " + std::to_string(wanted.size());
  float worst = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const float difference = std::abs((*got)[i] - wanted[i]);
    worst = difference > worst || std::isnan(difference) ? difference : worst;
  }
  std::cout << "  largest difference " << worst << '\n';
  return worst <= kTolerance ? "" : "differs by " + std::to_string(worst);
}

int exportAll(const fs::path& folder) {
  fs::create_directories(folder);
  for (const KerasCase& each : kerasCases()) {
    Status status = exportCase(each, folder);
    if (status.ok()) status = exportComplete(each, folder);
    if (status.ok()) status = exportRegression(each, folder);
    std::cout << (status.ok() ? "wrote " : "FAIL ") << each.name << '\n';
    if (status.ok()) continue;
    std::cout << "  " << status.error().text() << '\n';
    return 1;
  }
  return 0;
}

int importAll(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::ranges::sort(files);
  int failed = 0;
  for (const fs::path& file : files) {
    std::cout << file.stem().string() << '\n';
    const std::string problem = compareImported(file);
    if (!problem.empty()) std::cout << "  FAIL " << problem << '\n';
    failed += !problem.empty();
  }
  std::cout << files.size() << " models, " << failed << " failed\n";
  return failed == 0 && !files.empty() ? 0 : 1;
}

}  // namespace
}  // namespace tandem::testing

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  try {
    if (mode == "export") return tandem::testing::exportAll(argv[2]);
    if (mode == "import") return tandem::testing::importAll(argv[2]);
  } catch (const std::exception& bug) {
    std::cerr << "tandem_keras: " << bug.what() << '\n';
    return 1;
  }
  std::cerr << "usage: tandem_keras export|import FOLDER\n";
  return 2;
}
