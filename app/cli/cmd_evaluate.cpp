#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/cli/class_table.h"
#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/model.h"
#include "core/data/byte_source.h"
#include "core/data/csv_dialect.h"
#include "core/data/fingerprint.h"
#include "core/data/numpy_files.h"
#include "core/text/plural.h"
#include "core/train/output_evaluation.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model;
  std::optional<std::filesystem::path> data, masks;
  std::string device = "cpu";
  TableOptions table;
  bool json = false, csv = false, last = false, skipDamaged = false;
};

struct Labelled {
  EncodedSamples samples;
  std::string name;  // "digits, 2000 test samples"
};

void noteTrainingData(const OpenModel& model, const std::filesystem::path& data, bool tested,
                      std::vector<std::string>& notes) {
  std::error_code ignored;
  if (!tested && model.project && std::filesystem::equivalent(model.project->data.path, data, ignored))
    notes.emplace_back(
        "This is the data that the network was trained on, with its training samples. `tandem evaluate MODEL` uses the "
        "test part alone");
}

// The test part of a folder or of an archive of arrays that has one, else all its samples.
Result<Labelled> fromFolder(const Options& options, const OpenModel& model,
                            const std::filesystem::path& folder) {
  DataSpec spec = model.project ? trainingData(*model.project) : DataSpec();
  DataOptions given;
  given.path = folder;
  given.masks = options.masks;
  given.skipDamaged = options.skipDamaged;
  TANDEM_TRY(given.applyTo(spec));
  const Shape sample = model.predictor.samples()[0];
  if (spec.kind == DataKind::ImageFolder && sample.rank() == 3) {
    spec.imageHeight = sample[0];
    spec.imageWidth = sample[1];
    spec.imageChannels = sample[2];
  }
  if (const std::vector<InputFields> inputs = model.predictor.preprocessing().inputs();
      spec.kind == DataKind::TextFolder && inputs.size() == 1 && inputs[0].isText()) {
    spec.text = inputs[0].fields[0]->text;
    spec.vocabulary = inputs[0].fields[0]->categories;
  }
  spec.validationFraction = spec.testFraction = 0;
  TANDEM_ASSIGN(const auto data, loadDataset(spec));
  std::vector<std::int64_t> chosen = data->part(SplitPart::Test);
  const bool tested = !chosen.empty();
  if (!tested) {
    chosen.resize(static_cast<std::size_t>(data->size()));
    std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
  }
  TANDEM_ASSIGN(EncodedSamples samples, encodeSamples(*data, chosen, model.predictor.preprocessing()));
  samples.notes.insert(samples.notes.begin(), data->info.notes.begin(), data->info.notes.end());
  noteTrainingData(model, folder, tested, samples.notes);
  return Labelled{std::move(samples), (tested ? "the test part of " : "") + folder.string()};
}

// Whether the inputs that the model reads have the same numbers in the data.
bool haveSameNames(const Preprocessing& model, const Preprocessing& data) {
  const std::vector<InputFields> own = data.inputs();
  return std::ranges::all_of(model.inputs(), [&](const InputFields& input) {
    const auto same = own.size() == 1 ? own.begin() : std::ranges::find(own, input.name, &InputFields::name);
    return same != own.end() && same->names() == input.names();
  });
}

// Only training reads the sample weights, so the table may have lost them.
void forgetMissingWeights(DataSpec& spec) {
  if (spec.sampleWeights.empty()) return;
  DataSpec without = spec;
  without.sampleWeights.clear();
  const auto info = probeDataset(without);
  if (!info.ok()) return;  // reported when the data is loaded
  std::vector<std::string> names;
  for (const Field& field : info->fields) names.push_back(field.name);
  if (findColumn(names, spec.sampleWeights) == std::string::npos) spec = without;
}

// The test part of the data that the model was trained on, or the validation part if there is none.
Result<Labelled> fromProject(const Options& options, const OpenModel& model) {
  const std::string file = options.model.string();
  if (!model.project)
    return invalid("the model does not know the data that it was trained on", file,
                   "Name a labelled table or folder: tandem evaluate MODEL DATA");
  DataSpec spec = trainingData(*model.project);
  DataOptions given;
  given.table = options.table;
  given.masks = options.masks;
  given.skipDamaged = options.skipDamaged;
  TANDEM_TRY(given.applyTo(spec));
  forgetMissingWeights(spec);
  TANDEM_ASSIGN(const auto data, loadDataset(spec));
  const bool tested = !data->part(SplitPart::Test).empty();
  const auto& part = data->part(tested ? SplitPart::Test : SplitPart::Validation);
  if (part.empty())
    return invalid("the project has neither test nor validation samples", file,
                   "Name a labelled table or folder: tandem evaluate MODEL DATA");
  TANDEM_ASSIGN(EncodedSamples samples, encodeSamples(*data, part, model.predictor.preprocessing()));
  if ((!model.dataFingerprint.empty() && fingerprint(*data) != model.dataFingerprint) ||
      !haveSameNames(model.predictor.preprocessing(), preprocessingOf(*data)))
    samples.notes.emplace_back(
        "The data has changed since the training: these samples may include some that the network was trained on");
  return Labelled{std::move(samples),
                  fmt::format("the {} part of {}", tested ? "test" : "validation", data->info.name)};
}

Result<Labelled> read(const Options& options, const OpenModel& model) {
  if (!options.data) return fromProject(options, model);
  std::error_code code;
  const auto start = readFile(*options.data, 64);
  if (std::filesystem::is_directory(*options.data, code) ||
      (start.ok() && isArrayFile(*options.data, *start)))
    return fromFolder(options, model, *options.data);
  TableFormat given;
  TANDEM_TRY(options.table.applyTo(given));
  // An auto-encoder is compared with its inputs.
  const Labels labels =
      model.predictor.preprocessing().targets().empty() ? Labels::NotNeeded : Labels::Needed;
  TANDEM_ASSIGN(EncodedSamples samples,
                encodeFile(*options.data, model.predictor.preprocessing(), labels, given));
  noteTrainingData(model, *options.data, false, samples.notes);
  return Labelled{std::move(samples), options.data->string()};
}

// A model of another program knows neither its columns nor the order of its classes.
Status checkDescribed(const OpenModel& model, const std::filesystem::path& file) {
  const Preprocessing& data = model.predictor.preprocessing();
  const std::vector<const Field*> targets = data.targets();
  const bool classes =
      std::ranges::any_of(targets, [](const Field* each) { return !each->categories.empty(); });
  if (model.project || data.named || data.complete || classes) return success();
  return invalid("the file does not state its columns and classes, which labels are compared with",
                 file.string(),
                 "Use a checkpoint, or a model written by `tandem export`. `tandem infer` prints the "
                 "predictions of this model");
}

// What the loss of a head measures, such as "huber, of the standardized target"; empty if that is unknown.
std::string lossText(const OpenModel& model, std::size_t output) {
  if (!model.project) return "";
  const std::vector<const Field*>& targets = model.predictor.outputs()[output].targets;
  const bool scaled = std::ranges::any_of(
      targets, [](const Field* target) { return target->kind != FieldKind::Category && isScaled(*target); });
  return fmt::format("{}{}", model.project->training.heads[output].loss.def().type,
                     !scaled               ? ""
                     : targets.size() == 1 ? ", of the standardized target"
                                           : ", of the standardized targets");
}

// A cell of CSV: empty for NaN.
std::string cell(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r;") == text.npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

void printValues(const Evaluation& e) {
  std::cout << fmt::format("MAE   {:.6g}\nRMSE  {:.6g}\nMSE   {:.6g}\nR2    {:.4f}\n", e.mae, e.rmse, e.mse,
                           e.r2);
}

// loss: what it is called; empty: not printed.
void printClasses(const Evaluation& e, const std::string& loss) {
  std::size_t width = std::string_view("accuracy").size();
  for (const auto& [metric, value] : e.metrics) width = std::max(width, metric.size());
  const auto row = [&](std::string_view metric, double value, const std::string& note = {}) {
    std::cout << fmt::format("{:<{}}  {:.4f}{}\n", metric, width, value, note);
  };
  if (!loss.empty()) row("loss", *e.loss, fmt::format(" ({})", loss));
  row("accuracy", e.accuracy());
  for (const auto& [metric, value] : e.metrics) row(metric, value);
  std::cout << '\n';
  printClassTable(e.classes);
  printConfusion(e.classes, e.confusion, "--csv prints the whole matrix");
}

// A target on its own is not named; each of several outputs and targets has a heading.
void print(const std::vector<OutputEvaluation>& outputs, const OpenModel& model, const Labelled& labelled) {
  std::cout << fmt::format("{} samples: {}\n", labelled.samples.rows, labelled.name);
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const OutputEvaluation& output = outputs[o];
    if (outputs.size() > 1) std::cout << fmt::format("\nOutput {}\n", output.layer);
    const bool several = output.targets.size() > 1;
    const bool classes = !output.targets[0].scores.classes.empty();
    const std::string loss = model.project ? lossText(model, o) : "cross-entropy";
    if (output.loss && (several || !classes))
      std::cout << fmt::format("loss  {:.6g} ({})\n", *output.loss, loss);
    for (const auto& [name, scores] : output.targets) {
      if (several) std::cout << fmt::format("\nTarget {}\n", name);
      if (classes)
        printClasses(scores, several ? "" : loss);
      else
        printValues(scores);
    }
  }
}

nlohmann::json jsonOf(const Evaluation& e) {
  nlohmann::json line = nlohmann::json::object();
  for (const auto& [metric, value] : e.metrics) line[metric] = value;
  if (e.classes.empty()) {
    line["mae"] = e.mae;
    line["rmse"] = e.rmse;
    line["mse"] = e.mse;
    line["r2"] = e.r2;  // null for NaN
    return line;
  }
  line["accuracy"] = e.accuracy();
  addClasses(line, e.classes, e.confusion);
  return line;
}

// Of one output with one target, its scores are members of the object; others are in "outputs" and "targets".
void printJson(const std::vector<OutputEvaluation>& outputs, const Labelled& labelled) {
  nlohmann::json line{{"data", labelled.name}, {"samples", labelled.samples.rows}};
  const auto jsonOfOutput = [](const OutputEvaluation& output) {
    nlohmann::json json = nlohmann::json::object();
    if (output.loss) json["loss"] = *output.loss;
    if (output.targets.size() == 1)
      json.update(jsonOf(output.targets[0].scores));
    else
      for (const auto& [name, scores] : output.targets) json["targets"][name] = jsonOf(scores);
    return json;
  };
  if (outputs.size() == 1)
    line.update(jsonOfOutput(outputs[0]));
  else
    for (const OutputEvaluation& output : outputs) line["outputs"][output.layer] = jsonOfOutput(output);
  std::cout << jsonLine(line) << '\n';
}

// A row per true class with its scores and counts of predictions.
void printClassesCsv(const Evaluation& e) {
  std::cout << "class,samples,precision,recall,f1";
  if (!e.confusion.empty())
    for (const ClassScore& each : e.classes) std::cout << ',' << quoted("predicted as " + each.name);
  std::cout << '\n';
  const std::size_t count = e.classes.size();
  for (std::size_t t = 0; t < count; ++t) {
    const ClassScore& each = e.classes[t];
    std::cout << fmt::format("{},{},{},{},{}", quoted(each.name), each.samples, cell(each.precision()),
                             cell(each.recall()), cell(each.f1()));
    for (std::size_t p = 0; p < count && !e.confusion.empty(); ++p)
      std::cout << ',' << e.confusion[t * count + p];
    std::cout << '\n';
  }
}

// Of one output with one target, the table of its classes or its metrics; of several, the metrics of all.
void printCsv(const std::vector<OutputEvaluation>& outputs) {
  if (outputs.size() == 1 && outputs[0].targets.size() == 1) {
    const Evaluation& e = outputs[0].targets[0].scores;
    if (!e.classes.empty()) return printClassesCsv(e);
    std::cout << fmt::format("metric,value\nsamples,{}\n", e.samples);
    if (outputs[0].loss) std::cout << fmt::format("loss,{}\n", cell(*outputs[0].loss));
    std::cout << fmt::format("mae,{}\nrmse,{}\nmse,{}\nr2,{}\n", e.mae, e.rmse, e.mse, cell(e.r2));
    return;
  }
  std::cout << "output,target,metric,value\n";
  for (const OutputEvaluation& output : outputs) {
    if (output.loss) std::cout << fmt::format("{},,loss,{}\n", quoted(output.layer), cell(*output.loss));
    for (const auto& [name, e] : output.targets) {
      const auto row = [&, target = name](std::string_view metric, double value) {
        std::cout << fmt::format("{},{},{},{}\n", quoted(output.layer), quoted(target), metric, cell(value));
      };
      for (const auto& [metric, value] : e.metrics) row(metric, value);
      if (!e.classes.empty()) {
        row("accuracy", e.accuracy());
        continue;
      }
      row("mae", e.mae);
      row("rmse", e.rmse);
      row("mse", e.mse);
      row("r2", e.r2);
    }
  }
}

int run(const Options& options) {
  if (options.json && options.csv) return report(invalid("--json and --csv exclude each other"));
  auto model = openModel(options.model, options.device, options.last ? Weights::Last : Weights::Best);
  if (!model.ok()) return report(model.error());
  if (const Status described = checkDescribed(*model, options.model); !described.ok())
    return report(described.error());
  const auto labelled = read(options, *model);
  if (!labelled.ok()) return report(labelled.error());
  for (const std::string& note : model->notes) std::cerr << options.model.string() << ": " << note << '\n';
  for (const std::string& note : labelled->samples.notes) std::cerr << note << '\n';
  for (const PredictorOutput& output : model->predictor.outputs())
    if (!output.targets.empty() && output.targets[0]->kind == FieldKind::Image)
      std::cerr << "Errors of " << output.layer << ", such as MAE and RMSE, are in levels from 0 to 255\n";
  const auto evaluation = evaluateOutputs(
      model->predictor, labelled->samples,
      model->project ? std::span<const Head>(model->project->training.heads) : std::span<const Head>());
  if (!evaluation.ok())
    return report(evaluation.error(),
                  evaluation.error().code == ErrorCode::InvalidInput ? kBadInput : kRunFailed);
  if (options.json)
    printJson(*evaluation, *labelled);
  else if (options.csv)
    printCsv(*evaluation);
  else
    print(*evaluation, *model, *labelled);
  return kDone;
}

}  // namespace

void addEvaluate(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "evaluate",
                 "Compare a trained network's predictions with labels: loss, metrics, a table of "
                 "the classes and the confusion matrix",
                 options, run);
  command
      .option("model", options->model,
              "A checkpoint of a run, or a Keras model (.h5) written by `tandem export`")
      .required();
  command.option(
      "data", options->data,
      "A labelled table (CSV), NumPy arrays, or a folder of images, texts or IDX files (default: the test part of the "
      "training data)");
  command.option("--device", options->device, "cpu, cuda:0, ...");
  command.flag("--last", options->last,
               "Of a checkpoint: the weights of the last step instead of the best epoch");
  addTableOptions(command, options->table);
  addMasks(command, options->masks);
  addSkipDamaged(command, options->skipDamaged);
  command.flag("--json", options->json, "Print one JSON object");
  command.flag("--csv", options->csv, "Print the table of classes with the confusion matrix as CSV");
}

}  // namespace tandem::cli
