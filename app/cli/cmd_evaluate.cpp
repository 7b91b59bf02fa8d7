#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/class_table.h"
#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "core/base/file.h"
#include "core/report/answer_analysis.h"
#include "core/train/labelled_samples.h"
#include "core/train/output_evaluation.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model;
  std::optional<std::filesystem::path> data, masks, samples;
  std::string device = "cpu";
  TableOptions table;
  bool json = false, csv = false, last = false, skipDamaged = false;
};

// The samples to evaluate: those that the user names, or a part of the training data.
Result<LabelledSamples> read(const Options& options, const OpenModel& model) {
  DataOptions given;
  given.path = options.data;
  given.masks = options.masks;
  given.skipDamaged = options.skipDamaged;
  DataSpec spec = model.project ? trainingData(*model.project) : DataSpec();
  if (!options.data) {
    TANDEM_TRY(checkKnowsData(model, options.model));
    given.table = options.table;
    TANDEM_TRY(given.applyTo(spec));
    return samplesOfPart(model, options.model, std::move(spec), std::nullopt);
  }
  if (isDataFolder(*options.data)) {
    TANDEM_TRY(given.applyTo(spec));
    return samplesOfFolder(model, *options.data, std::move(spec));
  }
  TableFormat table;
  TANDEM_TRY(options.table.applyTo(table));
  return samplesOfTable(model, *options.data, table);
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
void print(const std::vector<OutputEvaluation>& outputs, const OpenModel& model,
           const LabelledSamples& labelled) {
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
void printJson(const std::vector<OutputEvaluation>& outputs, const LabelledSamples& labelled) {
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
    for (const ClassScore& each : e.classes) std::cout << ',' << quotedCsv("predicted as " + each.name);
  std::cout << '\n';
  const std::size_t count = e.classes.size();
  for (std::size_t t = 0; t < count; ++t) {
    const ClassScore& each = e.classes[t];
    std::cout << fmt::format("{},{},{},{},{}", quotedCsv(each.name), each.samples, cell(each.precision()),
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
    if (output.loss) std::cout << fmt::format("{},,loss,{}\n", quotedCsv(output.layer), cell(*output.loss));
    for (const auto& [name, e] : output.targets) {
      const auto row = [&, target = name](std::string_view metric, double value) {
        std::cout << fmt::format("{},{},{},{}\n", quotedCsv(output.layer), quotedCsv(target), metric,
                                 cell(value));
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

// The samples that the network answers worst come first.
Status writeSamples(const std::filesystem::path& file, const std::vector<TargetAnswers>& answers) {
  if (answers.size() != 1)
    return invalid("lists the samples of one target, but the model has several", "--samples", "Omit it");
  const TargetAnswers& first = answers[0];
  return writeFileAtomically(file, first.ofClasses ? samplesCsv(first.classes, hardestAnswers(first.classes))
                                                   : samplesCsv(first.values, hardestAnswers(first.values)));
}

Result<std::vector<OutputEvaluation>> evaluate(const Options& options, OpenModel& model,
                                               const EncodedSamples& samples, std::span<const Head> heads) {
  if (!options.samples) return evaluateOutputs(model.predictor, samples, heads);
  TANDEM_TRY(checkOutputMemory(model.predictor, samples.rows));
  TANDEM_ASSIGN(const Predictor::Values values, model.predictor.run(samples.inputs, samples.lengths));
  TANDEM_ASSIGN(auto evaluation, scoreOutputs(model.predictor, values, samples, heads));
  TANDEM_ASSIGN(const auto answers, answersOf(model.predictor, values, samples));
  TANDEM_TRY(writeSamples(*options.samples, answers));
  return evaluation;
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
  const std::span<const Head> heads =
      model->project ? std::span<const Head>(model->project->training.heads) : std::span<const Head>();
  const auto evaluation = evaluate(options, *model, labelled->samples, heads);
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
      "A labelled table (CSV or ARFF), arrays (NumPy or HDF5), or a folder of images, texts, IDX or CIFAR files (default: the test part of the "
      "training data)");
  command.option("--device", options->device, "cpu, cuda:0, ...");
  command.flag("--last", options->last,
               "Of a checkpoint: the weights of the last step instead of the best epoch");
  addTableOptions(command, options->table);
  addMasks(command, options->masks);
  addSkipDamaged(command, options->skipDamaged);
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--samples", options->samples,
                 "Also write a CSV file of the samples, those with the largest loss first, with given and "
                 "predicted values");
  command.flag("--csv", options->csv, "Print the table of classes with the confusion matrix as CSV");
}

}  // namespace tandem::cli
