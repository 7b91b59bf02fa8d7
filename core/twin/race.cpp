#include "core/twin/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/data/fingerprint.h"
#include "core/runs/environment.h"
#include "core/runtime/host_load.h"

namespace tandem {
namespace {

// Stops a trainer after a number of steps, from the trainer's own thread.
class StepLimit : public TrainObserver {
 public:
  explicit StepLimit(std::int64_t steps) : steps_(steps) {}
  void watch(Trainer* trainer) { trainer_ = trainer; }
  void onStart(const Plan&) override {}
  void onStep(const StepRecord& record) override {
    if (steps_ > 0 && record.step == steps_) trainer_->stop();
  }
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}

 private:
  const std::int64_t steps_;
  Trainer* trainer_ = nullptr;
};

bool ended(TrainState state) {
  return state == TrainState::Finished || state == TrainState::Stopped || state == TrainState::Failed;
}

std::optional<std::string> whyNoPower(const Trainer& trainer) {
  std::optional<std::string> why;
  for (const SensorGap& gap : trainer.sensorGaps())
    if (gap.what == "power" || gap.what == "readings") why = gap.why;
  return why;
}

struct Runner {
  SideSpec spec;
  Project project;
  Backend* backend = nullptr;
  std::optional<Error> error;
  std::unique_ptr<RunRecorder> recorder;
  std::unique_ptr<Telemetry> telemetry;
  std::unique_ptr<StepLimit> limit;
  std::unique_ptr<Trainer> trainer;  // after its observers: destroyed first
  TrainResult result;
  bool started = false, done = false;
};

}  // namespace

struct Race::Impl {
  Project project;
  RunStore* store = nullptr;
  RaceOptions options;
  std::string dataFingerprint;
  std::int64_t samples = 0;  // in the training set
  std::string started = utcNow();
  std::vector<Runner> runners;
  std::optional<HostLoad> load;  // set by start()
  double others = -1;
  bool stopping = false;

  Status prepare(Runner& runner, const std::shared_ptr<const Dataset>& data, const BackendLookup& lookup) {
    TANDEM_ASSIGN(runner.backend, lookup(runner.spec.device.device));
    runner.telemetry = std::make_unique<Telemetry>();
    runner.limit = std::make_unique<StepLimit>(options.steps);
    TrainerSetup setup{runner.project, data, runner.backend, {}, {}, {runner.telemetry.get()}};
    setup.dataFingerprint = dataFingerprint;
    setup.begin = [&](TrainerSetup& accepted) -> Status {
      TANDEM_ASSIGN(runner.recorder, store->begin(accepted.project, runner.spec.label,
                                                  accepted.dataFingerprint, preprocessingOf(*accepted.data)));
      accepted.folder = runner.recorder->folder();
      accepted.observers.push_back(runner.recorder.get());
      accepted.observers.push_back(runner.limit.get());
      return success();
    };
    auto trainer = Trainer::create(std::move(setup));
    if (!trainer.ok()) {
      runner.telemetry.reset();
      if (runner.recorder) {  // its folder cannot be written
        const std::int64_t id = runner.recorder->id();
        runner.recorder.reset();
        (void)store->discard(id);
      }
      return trainer.error();
    }
    runner.trainer = std::move(*trainer);
    runner.limit->watch(runner.trainer.get());
    return success();
  }

  // Another side that trains on the same device at the same time: a device's energy cannot be attributed.
  const Runner* companion(std::size_t k) const {
    if (options.inTurn || !runners[k].trainer) return nullptr;
    for (std::size_t other = 0; other < runners.size(); ++other)
      if (other != k && runners[other].trainer &&
          runners[other].spec.device.device == runners[k].spec.device.device)
        return &runners[other];
    return nullptr;
  }

  void explainEnergy(std::size_t k, TwinSideRecord& side) const {
    const Runner& runner = runners[k];
    if (!runner.trainer) return;
    if (const Runner* other = companion(k)) {
      side.joules = side.meanWatts = -1;
      side.curve.joules.clear();
      side.noEnergy =
          fmt::format("{} ran on the same device at the same time; run the sides in turn to measure each",
                      other->spec.label);
      return;
    }
    if (side.joules >= 0) return;
    side.noEnergy = whyNoPower(*runner.trainer).value_or("the run was too short");
  }

  void startNext() {
    for (Runner& runner : runners) {
      if (!runner.trainer || runner.done) continue;
      if (!runner.started) {
        runner.started = true;
        if (stopping) runner.trainer->stop();
        runner.trainer->start();
      }
      if (options.inTurn) return;
    }
  }
};

bool sharesCores(const std::vector<SideSpec>& sides) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  int threads = 0;
  for (const SideSpec& side : sides)
    if (side.device.device == "cpu") threads += side.device.threads > 0 ? side.device.threads : cores;
  return threads > cores;
}

Result<std::unique_ptr<Race>> Race::create(const Project& project, const std::shared_ptr<const Dataset>& data,
                                           std::vector<SideSpec> sides, RunStore& store,
                                           const RaceOptions& options, const BackendLookup& lookup) {
  TANDEM_CHECK(sides.size() >= 2, "a twin has two sides");
  auto impl = std::make_unique<Impl>();
  impl->project = project;
  impl->store = &store;
  impl->options = options;
  impl->dataFingerprint = fingerprint(*data);
  const auto samples = static_cast<std::int64_t>(data->part(SplitPart::Train).size());
  impl->samples = samples;
  bool any = false;
  for (SideSpec& spec : sides) {
    Runner& runner = impl->runners.emplace_back();
    TANDEM_ASSIGN(runner.project, projectOf(project, spec));
    // Enough epochs for the requested steps, even if the project's epochs have fewer.
    TrainingConfig& training = runner.project.training;
    const std::int64_t perEpoch =
        std::max<std::int64_t>(1, samples / std::max<std::int64_t>(1, training.batch));
    const std::int64_t epochs = (options.steps + perEpoch - 1) / perEpoch;
    training.epochs = static_cast<int>(std::clamp<std::int64_t>(epochs, training.epochs, 1'000'000));
    runner.project.name = fmt::format("{} ({})", project.name, spec.label);
    runner.spec = std::move(spec);
  }
  for (Runner& runner : impl->runners) {
    if (const Status status = impl->prepare(runner, data, lookup); !status.ok())
      runner.error = status.error();
    else
      any = true;
  }
  if (!any) return *impl->runners[0].error;
  return std::unique_ptr<Race>(new Race(std::move(impl)));
}

Race::Race(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Race::~Race() {
  stop();
  for (Runner& runner : impl_->runners) {
    if (!runner.trainer || runner.done) continue;
    if (runner.started) {
      runner.result = runner.trainer->join();
      (void)runner.recorder->finish(runner.result);
      continue;
    }
    // A side that never started leaves no recorded run.
    const std::int64_t id = runner.recorder->id();
    runner.trainer.reset();
    runner.recorder.reset();
    (void)impl_->store->discard(id);
  }
}

void Race::start() {
  impl_->load.emplace();
  impl_->startNext();
}

void Race::pause() {
  for (Runner& runner : impl_->runners)
    if (runner.trainer) runner.trainer->pause();
}

void Race::resume() {
  for (Runner& runner : impl_->runners)
    if (runner.trainer) runner.trainer->resume();
}

void Race::stop() {
  impl_->stopping = true;
  for (Runner& runner : impl_->runners)
    if (runner.trainer) runner.trainer->stop();
}

bool Race::poll() {
  bool all = true;
  for (Runner& runner : impl_->runners) {
    if (!runner.trainer || runner.done) continue;
    if (!runner.started || !ended(runner.trainer->state())) {
      all = false;
      continue;
    }
    runner.result = runner.trainer->join();
    runner.done = true;
    if (runner.result.error) runner.error = runner.result.error;
    if (const Status status = runner.recorder->finish(runner.result); !status.ok() && !runner.error)
      runner.error = status.error();
  }
  if (!all)
    impl_->startNext();
  else if (impl_->others < 0 && impl_->load)
    impl_->others = impl_->load->others().value_or(-1);
  return all;
}

std::size_t Race::sides() const {
  return impl_->runners.size();
}
const SideSpec& Race::spec(std::size_t side) const {
  return impl_->runners[side].spec;
}
std::optional<Error> Race::error(std::size_t side) const {
  return impl_->runners[side].error;
}
std::int64_t Race::run(std::size_t side) const {
  const Runner& runner = impl_->runners[side];
  return runner.recorder ? runner.recorder->id() : 0;
}
bool Race::readsEnergy(std::size_t side) const {
  const Runner& runner = impl_->runners[side];
  return runner.trainer && impl_->companion(side) == nullptr && !whyNoPower(*runner.trainer);
}
Telemetry* Race::telemetry(std::size_t side) {
  return impl_->runners[side].telemetry.get();
}
const Trainer* Race::trainer(std::size_t side) const {
  return impl_->runners[side].trainer.get();
}

TwinRecord Race::record() const {
  TwinRecord record;
  record.name = impl_->project.name;
  record.mode = "race";
  record.started = impl_->started;
  record.seed = impl_->project.training.seed;
  record.batch = impl_->project.training.batch;
  record.samples = impl_->samples;
  record.environment = environmentFacts();
  record.project = toJson(impl_->project);
  record.tariff = impl_->options.tariff;
  record.targetLoss = impl_->options.targetLoss;
  record.others = impl_->others;
  for (std::size_t k = 0; k < impl_->runners.size(); ++k) {
    const Runner& runner = impl_->runners[k];
    TwinSideRecord side;
    if (runner.recorder)
      if (const auto curves = impl_->store->curves(runner.recorder->id()); curves.ok())
        side = sideRecord(*curves);
    impl_->explainEnergy(k, side);
    if (k < impl_->options.pricesPerHour.size()) side.pricePerHour = impl_->options.pricesPerHour[k];
    side.label = runner.spec.label;
    side.device = runner.spec.device.device;
    if (runner.trainer) addRates(side, runner.trainer->plan(), *runner.backend);
    side.batch = runner.project.training.batch;
    side.run = runner.recorder ? runner.recorder->id() : 0;
    if (runner.error) side.error = runner.error->text();
    for (const ReportSlot& slot : runner.result.slots) {
      if (slot.name == "loss" || !runner.result.hasTest) continue;
      side.metricName = slot.name;
      side.metric = static_cast<double>(runner.result.test[static_cast<std::size_t>(slot.slot)]);
      break;
    }
    record.sides.push_back(std::move(side));
  }
  return record;
}

}  // namespace tandem
