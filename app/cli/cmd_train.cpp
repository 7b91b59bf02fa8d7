#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/cli/setting_options.h"
#include "core/base/file.h"
#include "core/report/run_charts.h"
#include "core/runs/run_file.h"
#include "core/runs/run_job.h"
#include "core/train/export_weights.h"
#include "core/train/plan_training.h"
#include "core/twin/resume_check.h"
#include "core/twin/target.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path file;
  std::optional<std::string> device;
  std::optional<Precision> precision;
  std::optional<int> threads;
  LengthOptions length;
  std::optional<double> learningRate;
  SettingOptions settings;
  std::optional<std::filesystem::path> out, resume, record;
  RepeatFlags repeats;
  DataOptions data;
  bool findFaults = false;
  bool force = false;
  bool json = false;
};

Status apply(const Options& options, Project& project) {
  TrainingConfig& training = project.training;
  if (options.device) training.device.device = *options.device;
  if (options.precision) training.device.precision = *options.precision;
  options.repeats.applyTo(training.device);
  training.device.findFaults = options.findFaults;
  if (options.threads) training.device.threads = *options.threads;
  options.length.applyTo(training);
  TANDEM_TRY(options.settings.applyTo(project));
  if (options.learningRate) TANDEM_TRY(training.optimizer.set(kLearningRate, *options.learningRate));
  return success();
}

void printData(const Dataset& data) {
  std::vector<std::string> shapes;
  for (const DataTensor& input : data.info.inputs) shapes.push_back(input.sample.text());
  std::cout << fmt::format("{}: {} training, {} validation and {} test samples of {}\n", data.info.name,
                           data.part(SplitPart::Train).size(), data.part(SplitPart::Validation).size(),
                           data.part(SplitPart::Test).size(), fmt::join(shapes, " and "));
}

// Prints notes on the precision, such as that it is emulated.
void printPrecision(const DeviceOptions& options, Backend& backend) {
  for (const DeviceInfo& device : backend.devices())
    for (const PrecisionOffer& offer : device.precisions)
      if (isDevice(device, options.device) && offer.precision == options.precision && !offer.note.empty())
        std::cout << fmt::format("{} on {} ({})\n", nameOf(offer.precision), device.id, offer.note);
}

std::unique_ptr<Progress> progressFor(const Options& options, const Project& project, const Dataset& data) {
  const RunLength length =
      lengthOf(project.training, static_cast<std::int64_t>(data.part(SplitPart::Train).size()));
  if (options.json) return jsonProgress(length);
  return isatty(STDOUT_FILENO) ? terminalProgress(length) : plainProgress(length);
}

constexpr const char *kWeightsName = "weights.h5", *kPictureName = "loss.svg";

// These files are written when the run ends; existing ones must be refused before it starts.
Status refuseExistingFiles(const Options& options, const TrainingConfig& training) {
  std::error_code ignored;
  if (options.out &&
      std::filesystem::equivalent(training.initialWeights, *options.out / kWeightsName, ignored))
    return invalid("the run would replace the weights that it starts with", training.initialWeights,
                   "Choose another folder for --out");
  if (options.record) TANDEM_TRY(checkTarget(*options.record, options.out));
  if (options.force) return success();
  if (options.out)
    for (const char* name : {kWeightsName, kPictureName}) TANDEM_TRY(refuseExisting(*options.out / name));
  return options.record ? refuseExisting(*options.record) : success();
}

// Where the run is recorded.
struct Recorded {
  std::int64_t id = 0;
  std::filesystem::path folder;
};

// Where the run's folder cannot hold the checkpoint, as on a full disk, the weights would be lost with the process.
Status rescue(TrainResult& result, RunStore& store, std::int64_t run) {
  if (!result.unsaved) return success();
  const auto lost = [&](Error error) {
    result.unsaved.reset();
    error.message =
        "the trained weights are lost, because they could not be written here either: " + error.message;
    return error;
  };
  const auto folder = makeTemporaryFolder(fmt::format("tandem-run-{}", run));
  if (!folder.ok()) return lost(folder.error());
  const std::filesystem::path file = *folder / Trainer::kCheckpointName;
  if (const Status saved = saveCheckpoint(*result.unsaved, file); !saved.ok()) {
    std::error_code ignored;
    std::filesystem::remove_all(*folder, ignored);
    return lost(saved.error());
  }
  result.weights = file;
  std::cerr << "The checkpoint could not be written to the folder of the run and is in "
            << result.weights.string() << " instead\n";
  return store.setWeights(run, file);
}

// Weights for other programs and the loss curve as an image, next to the recorded run.
struct Artifacts {
  std::filesystem::path weights, picture;
  std::vector<Error> problems;
};

Artifacts leaveBehind(const Options& options, const RunStore& store, const Recorded& run,
                      const TrainResult& result, const std::string& title) {
  Artifacts left;
  const std::filesystem::path folder = options.out.value_or(run.folder);
  if (!result.weights.empty()) {
    left.weights = (result.unsaved ? result.weights.parent_path() : folder) / kWeightsName;
    const auto checkpoint = loadWeights(result.weights, Weights::Best);
    const auto notes = checkpoint.ok() ? exportKeras(*checkpoint, left.weights)
                                       : Result<std::vector<std::string>>(checkpoint.error());
    if (!notes.ok()) {
      // The run is complete without the weights for Keras, which may lack a counterpart of something.
      if (notes.error().code == ErrorCode::Unsupported)
        std::cerr << "Warning: no weights were exported for Keras: " << notes.error().text() << '\n';
      else
        left.problems.push_back(notes.error());
      left.weights.clear();
    } else {
      for (const std::string& note : *notes) std::cerr << "Note: " << note << '\n';
    }
  }
  const auto curves = store.curves(run.id);
  if (curves.ok() && !curves->steps.empty()) {
    left.picture = folder / kPictureName;
    if (Status status = writeCurvePicture(title, *curves, left.picture); !status.ok()) {
      left.problems.push_back(status.error());
      left.picture.clear();
    }
  }
  return left;
}

nlohmann::json summaryJson(const TrainResult& result, const Artifacts& left, const Recorded& run) {
  nlohmann::json line{{"event", "summary"},
                      {"state", nameOf(result.state)},
                      {"steps", result.steps},
                      {"epochs", result.epochs},
                      {"seconds", result.seconds},
                      {"samples_per_second", result.samplesPerSecond},
                      {"run", run.id},
                      {"weights", left.weights.string()},
                      {"checkpoint", result.weights.string()},
                      {"picture", left.picture.string()}};
  if (result.best.known())
    line.update({{"best_epoch", result.best.epoch},
                 {"best_metric", result.best.metric},
                 {"best_value", result.best.value}});
  if (result.energy) line["joules"] = result.energy->joules;
  if (result.hasTest)
    for (const ReportSlot& slot : result.slots)
      if (!slot.trainingOnly) line["test_" + slot.name] = result.test[static_cast<std::size_t>(slot.slot)];
  if (result.error) line["error"] = result.error->text();
  return line;
}

void printSummary(const TrainResult& result, const Artifacts& left, const Recorded& run) {
  std::cout << fmt::format("{} after {} steps in {}, {} samples/s\n", nameOf(result.state), result.steps,
                           durationText(result.seconds), countText(result.samplesPerSecond));
  if (result.best.known()) std::cout << result.best.text() << '\n';
  if (result.energy)
    std::cout << fmt::format("Energy of the device: {}, {:.1f} W on average\n",
                             joulesText(result.energy->joules), result.energy->meanWatts());
  if (!left.weights.empty()) std::cout << "Weights (Keras HDF5): " << left.weights.string() << '\n';
  if (!result.weights.empty()) std::cout << "Checkpoint: " << result.weights.string() << '\n';
  if (!left.picture.empty()) std::cout << "Loss curve: " << left.picture.string() << '\n';
  std::cout << fmt::format("Record: run {} in {}\n", run.id, run.folder.parent_path().string());
}

RunOutcome watch(RunJob& job, Progress& progress) {
  job.start();
  bool stopping = false;
  while (!job.ended()) {
    if (interrupted() && !stopping) {
      job.stop();
      stopping = true;
    }
    progress.update(job.telemetry());
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
  const RunOutcome& outcome = job.finish();
  progress.update(job.telemetry());
  return outcome;
}

// For a checkpoint from another device: whether this device would take the same next step. This is only
// reported, as the run's first note, because a user who changes devices wants to continue.
std::vector<std::string> resumeNotes(const Options& options, const RunRequest& request, const RunData& data) {
  if (!options.resume) return {};
  const auto note = resumeNote(*options.resume, request.project, data.data);
  if (!note) return {};
  if (options.json) {
    nlohmann::json line{
        {"event", "resume_check"}, {"text", note->text}, {"compared", note->check.has_value()}};
    if (note->check)
      line.update({{"agrees", note->check->agrees},
                   {"loss_before", note->check->lossFrom},
                   {"loss", note->check->lossTo},
                   {"worst", note->check->worst}});
    std::cout << jsonLine(line) << std::endl;
  }
  return {note->text};
}

// Trains, prints, and exports next to the record.
int train(const Options& options, RunRequest request, RunStore& store, const RunData& data) {
  request.notes = resumeNotes(options, request, data);
  auto job = RunJob::prepare(request, data, &store, interrupted);
  if (!job.ok()) return report(job.error(), interrupted() ? kRunFailed : kBadInput);
  const Recorded run{(*job)->id(), (*job)->folder()};
  const auto progress = progressFor(options, request.project, *data.data);
  auto [result, recordError] = watch(**job, *progress);
  job->reset();  // frees its memory; the weights are exported from the checkpoint
  int code = kDone;
  if (recordError) code = report(*recordError, kRunFailed);
  if (const Status saved = rescue(result, store, run.id); !saved.ok())
    code = report(saved.error(), kRunFailed);
  const Artifacts left = leaveBehind(options, store, run, result, request.project.name);
  for (const Error& problem : left.problems) code = report(problem, kRunFailed);
  if (options.record)
    if (const Status written = exportRun(store, run.id, *options.record); !written.ok())
      code = report(written.error(), kRunFailed);
  if (options.json)
    std::cout << jsonLine(summaryJson(result, left, run)) << std::endl;
  else
    printSummary(result, left, run);
  return result.error ? report(*result.error, kRunFailed) : code;
}

int run(const Options& options) {
  installInterruptHandler();
  auto project = loadProject(options.file);
  if (!project.ok()) return report(project.error());
  if (const Status status = apply(options, *project); !status.ok()) return report(status.error());
  if (const Status status = options.data.applyTo(project->data); !status.ok()) return report(status.error());
  if (const auto valid = projectFromJson(toJson(*project), "options"); !valid.ok())
    return report(valid.error());
  if (const Status free = refuseExistingFiles(options, project->training); !free.ok())
    return report(free.error());
  RunRequest request;
  request.project = std::move(*project);
  request.resume = options.resume;
  const auto data = loadRun(request, [](double) { return !interrupted(); });
  if (!data.ok()) return report(data.error(), interrupted() ? kRunFailed : kBadInput);
  if (!options.json) {
    printPrecision(request.project.training.device, *data->backend);
    printData(*data->data);
  }
  const auto store = openOrCreateRecord(options.out);
  if (!store.ok()) return report(store.error());
  return train(options, std::move(request), **store, *data);
}

}  // namespace

void addTrain(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "train", "Train a project; Ctrl-C saves a checkpoint and stops", options, run);
  command.option("project", options->file, "Project file (.tandem)").required();
  command.option("--device", options->device, "cpu, cuda:0, ...; `tandem devices` lists them");
  addPrecision(command, options->precision);
  addRepeats(command, options->repeats);
  command.flag("--find-faults", options->findFaults,
               "GPU: wait for every kernel, so that a fault can be traced to its layer (slow)");
  command.option("--threads", options->threads, "CPU threads (0: all cores)").range(0, 1024);
  addLengthOptions(command, options->length, "Passes over the training data");
  command.option("--lr", options->learningRate, "Learning rate").range(1e-30, 1e3);
  addSettingOptions(command, options->settings);
  addWeightsOption(command, options->settings);
  addDataOptions(command, options->data);
  command.option("--out", options->out,
                 "Folder for weights, loss curve and run records (default: the lab's runs)");
  command.option("--record", options->record,
                 "Also export the recorded run to one portable file (.tandemrun)");
  command.option("--resume", options->resume, "Resume from a checkpoint of this project")
      .excludes(command.find("--weights"));
  command.flag("--force", options->force,
               "Replace files of another run in the folder of --out, and that of --record");
  command.flag("--json", options->json, "Print one JSON object per line; the last is the summary");
}

}  // namespace tandem::cli
