// tandem_keras export FOLDER: writes NAME.h5 for each network, with samples NAME.x and Tandem's outputs
// NAME.y (f32; those of several inputs or outputs one after the other). tandem_keras import FOLDER: reads NAME.h5 and
// NAME.keras of Keras and compares with its NAME.y; NAME.refused instead of these contains words that the error must
// contain.
// tandem_keras names FILE: writes what Keras and PyTorch call each layer, loss, metric, optimizer and schedule.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/base/philox.h"
#include "core/compile/compile.h"
#include "core/io/keras/data_match.h"
#include "core/io/keras/keras.h"
#include "core/layers/layer.h"
#include "core/metrics/metric.h"
#include "core/network/analysis.h"
#include "core/objectives/loss.h"
#include "core/optimizers/optimizer.h"
#include "core/runtime/registry.h"
#include "core/schedules/schedule.h"
#include "core/train/inference_weights.h"
#include "tests/keras/networks.h"

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
using Tensors = std::vector<std::vector<float>>;  // of each input or output, row by row

std::vector<float> joined(const Tensors& tensors) {
  std::vector<float> all;
  for (const auto& tensor : tensors) all.insert(all.end(), tensor.begin(), tensor.end());
  return all;
}

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

Result<Tensors> predict(const Network& network, std::span<const Source> outputs, const Weights& weights,
                        const Tensors& x) {
  TANDEM_ASSIGN(Backend* const backend, DeviceRegistry::instance().backendFor("cpu"));
  TANDEM_ASSIGN(const auto plan,
                compileForInference(network, outputs, kRows, {}, *backend, {.foldBatchNorms = false}));
  TANDEM_ASSIGN(const auto session, backend->open(plan));
  NamedWeights named;
  for (const auto& weight : weights) named[weight.name] = {weight.shape, weight.values};
  TANDEM_TRY(writeWeights(*plan, *session, std::move(named)));
  // Tokens are integers; the lengths of samples follow all inputs.
  std::vector<const void*> tensors;
  std::vector<std::vector<std::int32_t>> integers(2 * x.size());
  const std::vector<LayerId> inputs = network.inputs();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool tokens = readsTokens(*network.find(inputs[i]));
    if (tokens) integers[i].assign(x[i].begin(), x[i].end());
    tensors.push_back(tokens ? static_cast<const void*>(integers[i].data()) : x[i].data());
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!variesInLength(*network.find(inputs[i]))) continue;
    const std::vector<std::int32_t>& tokens = integers[i];
    std::vector<std::int32_t>& lengths = integers[x.size() + i];
    for (auto row = tokens.begin(); row != tokens.end(); row += std::ssize(tokens) / kRows)
      lengths.push_back(static_cast<std::int32_t>(std::find(row, row + std::ssize(tokens) / kRows, 0) - row));
    tensors.push_back(lengths.data());
  }
  TANDEM_ASSIGN(const Ticket ticket, session->submit(Phase::Evaluate, {.tensors = tensors}));
  TANDEM_TRY(session->wait(ticket));
  Tensors y;
  for (const PlanOutput& output : plan->evaluate.outputs) {
    const Shape shape = plan->evaluate.program.type(output.value).shape;
    auto& values = y.emplace_back(static_cast<std::size_t>(shape.elements()));
    TANDEM_TRY(session->readValue(Phase::Evaluate, output.value, std::as_writable_bytes(std::span(values))));
  }
  return y;
}

std::vector<Shape> samplesOf(const Network& network) {
  const Analysis analysis = analyze(network);
  std::vector<Shape> samples;
  for (const LayerId id : network.inputs()) samples.push_back(*analysis.layers.at(id).output);
  return samples;
}

// A network with random weights, and its export.
struct TestModel {
  Project project;
  Weights weights;

  static Result<TestModel> of(const KerasCase& each, std::uint64_t seed) {
    TestModel model;
    model.project.network = each.network;
    model.project.training.heads = each.heads;
    TANDEM_ASSIGN(model.weights, randomWeights(each.network, seed));
    return model;
  }
  Status write(const fs::path& file, const std::optional<KerasData>& data = std::nullopt) const {
    std::vector<WeightView> views;
    for (const auto& weight : weights) views.push_back({weight.name, weight.shape, weight.values});
    return exportKeras(project, views, file, data);
  }
  Result<Tensors> predict(const Tensors& x) const {
    return testing::predict(project.network, outputsOf(project.training, project.network), weights, x);
  }
};

void writeValues(const fs::path& folder, const std::string& name, const Tensors& x, const Tensors& y) {
  write(folder / (name + ".x"), joined(x));
  write(folder / (name + ".y"), joined(y));
}

Status exportCase(const KerasCase& each, const fs::path& folder) {
  TANDEM_ASSIGN(const TestModel model, TestModel::of(each, 7));
  TANDEM_TRY(model.write(folder / (each.name + ".h5")));
  Tensors x;
  PhiloxSequence random(3, stream(RandomStream::Generate));
  for (const Shape& sample : samplesOf(each.network)) {
    auto& values = x.emplace_back(static_cast<std::size_t>(kRows * sample.elements()));
    for (float& value : values) value = static_cast<float>(random.normal());
    const Layer& input = *each.network.find(each.network.inputs()[x.size() - 1]);
    if (!readsTokens(input)) continue;
    for (float& value : values) value = static_cast<float>(1 + random.below(11));
    for (std::size_t i = 0; variesInLength(input) && i < values.size(); ++i) {
      const auto steps = static_cast<std::size_t>(sample[0]);
      if (i % steps > i / steps) values[i] = 0;  // samples of 1, 2, ... steps
    }
  }
  TANDEM_ASSIGN(const Tensors y, model.predict(x));
  writeValues(folder, each.name, x, y);
  return success();
}

// levels: of an image.
std::vector<float> normalized(std::vector<float> x, const InputFields& fields, bool levels) {
  const std::vector<double> mean = fields.mean(), scale = fields.scale();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (levels) x[i] /= 255;
    x[i] = static_cast<float>((static_cast<double>(x[i]) - mean[i % mean.size()]) * scale[i % scale.size()]);
  }
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

void sigmoid(std::span<float> values) {
  for (float& value : values) value = 1 / (1 + std::exp(-value));
}

// The complete model: Keras must give the probabilities for raw samples.
Status exportComplete(const KerasCase& each, const fs::path& folder) {
  if (each.heads.size() > 1) return success();  // exportSeveral()
  TANDEM_ASSIGN(TestModel model, TestModel::of(each, 9));
  model.project.training.heads[0].loss = "softmax_cross_entropy";
  const LayerId end = each.network.outputs()[0].layer;
  const Shape sample = samplesOf(each.network)[0], output = *analyze(each.network).layers.at(end).output;
  if (output.rank() != 1 || output.elements() < 2) return success();  // predicts no classes
  if (readsTokens(*each.network.find(each.network.inputs()[0]))) return success();
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
  TANDEM_TRY(model.write(folder / (name + ".h5"), KerasData{data}));
  std::vector<float> raw(static_cast<std::size_t>(kRows * sample.elements()));
  for (float& value : raw)
    value = image ? static_cast<float>(random.below(256)) : 50 * static_cast<float>(random.normal());
  TANDEM_ASSIGN(Tensors y, model.predict({normalized(raw, data.inputs()[0], image)}));
  if (!endsIn(*each.network.find(end), "softmax")) softmax(y[0], classes.size());
  writeValues(folder, name, {raw}, y);
  return success();
}

// y = x / scale + mean, as for the predictions of standardized targets.
void toUnit(std::span<float> values, const std::vector<double>& mean, const std::vector<double>& scale) {
  for (std::size_t i = 0; i < values.size() && !mean.empty(); ++i)
    values[i] =
        static_cast<float>(static_cast<double>(values[i]) / scale[i % scale.size()] + mean[i % mean.size()]);
}

// The complete model of a regression: Keras must predict in the unit of the target.
Status exportRegression(const KerasCase& each, const fs::path& folder) {
  if (each.heads.size() > 1) return success();
  TANDEM_ASSIGN(TestModel model, TestModel::of(each, 5));
  model.project.training.heads[0].loss = "mse";
  const Shape sample = samplesOf(each.network)[0];
  constexpr std::size_t kMostLayers = 20;  // the output's unit does not depend on what is before it
  if (sample.rank() != 1 || each.network.layers().size() > kMostLayers) return success();
  if (readsTokens(*each.network.find(each.network.inputs()[0]))) return success();
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
  TANDEM_TRY(model.write(folder / (name + ".h5"), KerasData{data}));
  std::vector<float> x(static_cast<std::size_t>(kRows * sample.elements()));
  PhiloxSequence random(6, stream(RandomStream::Generate));
  const std::size_t width = data.fields.size() - 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Unit& unit = units[i % width % units.size()];
    x[i] = static_cast<float>(unit.mean + static_cast<double>(random.normal()) * unit.spread);
  }
  TANDEM_ASSIGN(Tensors y, model.predict({normalized(x, data.inputs()[0], false)}));
  toUnit(y[0], data.fields.back().mean, data.fields.back().scale);
  writeValues(folder, name, {x}, y);
  return success();
}

// The complete model of several heads: Keras must give the answer of each for raw samples of all inputs.
Status exportSeveral(const KerasCase& each, const fs::path& folder) {
  if (each.heads.size() == 1) return success();
  const std::vector<double> pixelMean = {0.5, 0.4, 0.6}, pixelScale = {3, 4, 5};
  const Preprocessing data{
      .fields = {{.name = "age", .mean = {40}, .scale = {0.1}},
                 {.name = "photo 1",
                  .kind = FieldKind::Image,
                  .image = {8, 8, 3},
                  .mean = pixelMean,
                  .scale = pixelScale},
                 {.name = "year", .mean = {2019.5}, .scale = {0.2}},
                 {.name = "colour", .kind = FieldKind::Category, .categories = {"red", "green", "blue"}},
                 {.name = "weight", .role = FieldRole::Target, .mean = {-2}, .scale = {0.5}},
                 {.name = "smiling",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = {"no", "yes"}},
                 {.name = "species",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = {"cat", "dog", "owl"}},
                 {.name = "height", .role = FieldRole::Target, .mean = {3}, .scale = {4}},
                 {.name = "glasses",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = {"no", "yes"}}}};
  TANDEM_ASSIGN(const TestModel model, TestModel::of(each, 8));
  const std::string name = "complete_" + each.name;
  TANDEM_TRY(model.write(folder / (name + ".h5"), KerasData{data}));
  PhiloxSequence random(4, stream(RandomStream::Generate));
  std::vector<float> table, photo(static_cast<std::size_t>(kRows) * 8 * 8 * 3);
  for (std::int64_t row = 0; row < kRows; ++row) {
    table.push_back(40 + 10 * static_cast<float>(random.normal()));
    table.push_back(2019.5f + 5 * static_cast<float>(random.normal()));
    for (std::int64_t colour = 0; colour < 3; ++colour) table.push_back(row % 3 == colour ? 1.0f : 0.0f);
  }
  for (float& value : photo) value = static_cast<float>(random.below(256));
  const std::vector<InputFields> inputs = data.inputs();  // the table, then the photo
  TANDEM_ASSIGN(Tensors y,
                model.predict({normalized(table, inputs[0], false), normalized(photo, inputs[1], true)}));
  softmax(y[0], 3);
  sigmoid(y[1]);
  toUnit(y[1], pixelMean, pixelScale);
  for (float& value : y[1]) value *= 255;
  toUnit(y[2], {3, -2}, {4, 0.5});
  sigmoid(y[3]);
  toUnit(y[4], {40, 2019.5, 0, 0, 0}, {0.1, 0.2, 1, 1, 1});
  writeValues(folder, name, {table, photo}, y);
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
  const std::vector<float> x = read(fs::path(file).replace_extension(".x"));
  const auto fields = keras::fieldsOfInputs(model->network, model->samples, model->preprocessing).value();
  Tensors inputs;
  std::size_t used = 0;
  for (std::size_t i = 0; i < model->samples.size(); ++i) {
    const auto first = x.begin() + static_cast<std::ptrdiff_t>(used);
    const auto count = static_cast<std::size_t>(kRows * model->samples[i].elements());
    if (used + count > x.size()) return "there are too few samples";
    const bool levels = fields[i].isImage() && !fields[i].fields[0]->mean.empty();
    inputs.push_back(normalized({first, first + static_cast<std::ptrdiff_t>(count)}, fields[i], levels));
    used += count;
  }
  std::vector<Source> outputs;
  for (const ModelOutput& output : model->outputs)
    outputs.push_back(model->network.findSource(output.layer).value());
  auto answers = predict(model->network, outputs, model->weights, inputs);
  if (!answers.ok()) return answers.error().text();
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const auto unit = keras::unitOf(keras::fieldsOfOutput(model->outputs[o], model->preprocessing).value());
    toUnit((*answers)[o], unit.mean, unit.scale);
  }
  const std::vector<float> got = joined(*answers);
  if (wanted.empty() || got.size() != wanted.size())
    return std::to_string(got.size()) + " values instead of " + std::to_string(wanted.size());
  float worst = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const float difference = std::abs(got[i] - wanted[i]);
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
    if (status.ok()) status = exportSeveral(each, folder);
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
    if (entry.path().extension() == ".h5" || entry.path().extension() == ".keras")
      files.push_back(entry.path());
  std::ranges::sort(files);
  int failed = 0;
  for (const fs::path& file : files) {
    std::cout << file.filename().string() << '\n';
    const std::string problem = compareImported(file);
    if (!problem.empty()) std::cout << "  FAIL " << problem << '\n';
    failed += !problem.empty();
  }
  std::cout << files.size() << " models, " << failed << " failed\n";
  return failed == 0 && !files.empty() ? 0 : 1;
}

template <class Def>
void writeNames(std::ostream& out, std::string_view kind, std::span<const Def* const> defs) {
  for (const Def* def : defs)
    out << kind << '\t' << def->type << '\t' << def->names.keras << '\t' << def->names.pytorch << '\n';
}

template <class Def>
void writeNames(std::ostream& out) {
  writeNames(out, Catalog<Def>::noun, Catalog<Def>::all());
}

int writeAllNames(const fs::path& file) {
  std::ofstream out(file);
  writeNames(out, "layer", allLayers());
  writeNames<LossDef>(out);
  writeNames<MetricDef>(out);
  writeNames<OptimizerDef>(out);
  writeNames<ScheduleDef>(out);
  out.close();
  return out ? 0 : 1;
}

}  // namespace
}  // namespace tandem::testing

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  try {
    if (mode == "export") return tandem::testing::exportAll(argv[2]);
    if (mode == "import") return tandem::testing::importAll(argv[2]);
    if (mode == "names") return tandem::testing::writeAllNames(argv[2]);
  } catch (const std::exception& bug) {
    std::cerr << "tandem_keras: " << bug.what() << '\n';
    return 1;
  }
  std::cerr << "usage: tandem_keras export|import FOLDER, or tandem_keras names FILE\n";
  return 2;
}
