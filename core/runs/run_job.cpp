#include "core/runs/run_job.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/compile/compile.h"
#include "core/runs/environment.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

// Stops the trainer after a number of steps, from the trainer's own thread.
class StepLimit : public TrainObserver {
 public:
  void watch(Trainer& trainer, std::int64_t steps) {
    trainer_ = &trainer;
    steps_ = steps;
  }
  void onStart(const Plan&) override {}
  void onStep(const StepRecord& record) override {
    if (record.step >= steps_) trainer_->stop();
  }
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}

 private:
  std::int64_t steps_ = 0;
  Trainer* trainer_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> loadChecked(const Project& project, const LoadProgress& progress) {
  TANDEM_ASSIGN(auto data, loadDataset(trainingData(project), progress));
  const std::vector<Problem> problems = checkAgainstData(project.network, project.training, data->info);
  if (!problems.empty()) return problems.front().error;
  return data;
}

Result<RunData> loadRun(const RunRequest& request, const LoadProgress& progress) {
  RunData loaded;
  TANDEM_ASSIGN(loaded.backend, request.lookup(request.project.training.device.device));
  TANDEM_ASSIGN(loaded.data, loadChecked(request.project, progress));
  return loaded;
}

MemoryRemedies memoryRemedies(const RunRequest& request, const RunData& data) {
  MemoryRemedies remedies;
  const Network& network = request.project.network;
  const DatasetInfo& info = data.data->info;
  TrainingConfig training = request.project.training;
  const auto samples = static_cast<std::int64_t>(data.data->part(SplitPart::Train).size());
  training.batch = std::min(training.batch, samples);
  if (!request.resume) remedies.batch = largestFittingBatch(network, training, info, *data.backend);
  if (training.device.device == DeviceOptions().device) return remedies;
  training.device = {};
  const auto cpu = request.lookup(training.device.device);
  if (!cpu.ok()) return remedies;
  const auto plan = compile(network, training, info, **cpu);
  remedies.cpu = plan.ok() && checkFits(**plan, **cpu).ok();
  return remedies;
}

struct RunJob::Impl {
  RunStore* store = nullptr;
  Backend* backend = nullptr;
  fs::path folder;
  Telemetry telemetry;
  StepLimit limit;
  std::unique_ptr<RunRecorder> recorder;  // nullptr: not recorded
  std::unique_ptr<Trainer> trainer;       // after its observers: destroyed first
  std::optional<RunOutcome> outcome;
  bool started = false;

  ~Impl() {
    trainer.reset();
    std::error_code ignored;
    if (!store && !folder.empty()) fs::remove_all(folder, ignored);
    if (!recorder || started) return;
    const std::int64_t id = recorder->id();
    recorder.reset();
    if (const Status removed = store->discard(id); !removed.ok())
      logWarning("run " + std::to_string(id) +
                 " did not start, but remains listed: " + removed.error().text());
  }

  Status begin(TrainerSetup& accepted) {
    if (store) {
      TANDEM_ASSIGN(recorder,
                    store->begin(accepted.project, deviceText(accepted.project.training.device, *backend),
                                 accepted.dataFingerprint, preprocessingOf(*accepted.data),
                                 accepted.initialWeightsFingerprint));
      folder = recorder->folder();
      accepted.observers.push_back(recorder.get());
    } else {
      TANDEM_ASSIGN(folder, makeTemporaryFolder("tandem-run"));
    }
    accepted.folder = folder;
    return success();
  }
};

Result<std::unique_ptr<RunJob>> RunJob::prepare(const RunRequest& request, const RunData& data,
                                                RunStore* store, const Cancelled& cancelled) {
  auto impl = std::make_unique<Impl>();
  impl->store = store;
  impl->backend = data.backend;
  TrainerSetup setup;
  setup.project = request.project;
  setup.data = data.data;
  setup.backend = data.backend;
  setup.resume = request.resume;
  setup.observers = {&impl->telemetry};
  setup.observers.insert(setup.observers.end(), request.observers.begin(), request.observers.end());
  if (request.steps > 0) setup.observers.push_back(&impl->limit);
  setup.notes = request.notes;
  setup.baseRates = request.baseRates;
  setup.dataFingerprint = data.fingerprint;
  setup.cancelled = cancelled;
  setup.begin = [&](TrainerSetup& accepted) { return impl->begin(accepted); };
  TANDEM_ASSIGN(impl->trainer, Trainer::create(std::move(setup)));
  impl->limit.watch(*impl->trainer, request.steps);
  return std::unique_ptr<RunJob>(new RunJob(std::move(impl)));
}

RunJob::RunJob(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RunJob::~RunJob() {
  if (!impl_->started) return;
  stop();
  finish();
}

void RunJob::start() {
  impl_->started = true;
  impl_->trainer->start();
}
void RunJob::pause() {
  impl_->trainer->pause();
}
void RunJob::resume() {
  impl_->trainer->resume();
}
void RunJob::step() {
  impl_->trainer->step();
}
void RunJob::stop() {
  impl_->trainer->stop();
}
void RunJob::setLearningRate(double rate) {
  impl_->trainer->setLearningRate(rate);
}

bool RunJob::ended() const {
  const TrainState state = impl_->trainer->state();
  return state == TrainState::Finished || state == TrainState::Stopped || state == TrainState::Failed;
}

const RunOutcome& RunJob::finish() {
  if (impl_->outcome) return *impl_->outcome;
  RunOutcome outcome{impl_->trainer->join(), {}};
  if (impl_->recorder)
    if (const Status recorded = impl_->recorder->finish(outcome.result); !recorded.ok())
      outcome.recordError = recorded.error();
  return impl_->outcome.emplace(std::move(outcome));
}

std::int64_t RunJob::id() const {
  return impl_->recorder ? impl_->recorder->id() : 0;
}
const fs::path& RunJob::folder() const {
  return impl_->folder;
}
const Plan& RunJob::plan() const {
  return impl_->trainer->plan();
}
Backend& RunJob::backend() const {
  return *impl_->backend;
}
Telemetry& RunJob::telemetry() {
  return impl_->telemetry;
}
std::string RunJob::limitation() const {
  return impl_->trainer->limitation();
}
std::vector<SensorGap> RunJob::sensorGaps() const {
  return impl_->trainer->sensorGaps();
}
double RunJob::startLearningRate() const {
  return impl_->trainer->startLearningRate();
}

}  // namespace tandem
