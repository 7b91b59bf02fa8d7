#include "core/twin/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/data/fingerprint.h"
#include "core/runs/environment.h"
#include "core/runtime/host_load.h"
#include "core/train/plan_training.h"

namespace tandem {
namespace {

std::optional<std::string> whyNoPower(const RunJob& job) {
  std::optional<std::string> why;
  for (const SensorGap& gap : job.sensorGaps())
    if (gap.what == "power" || gap.what == "readings") why = gap.why;
  return why;
}

// The first metric of the test set.
void addMetric(TwinSideRecord& side, const TrainResult& result) {
  const ReportSlot* const metric = metricSlot(result.slots);
  if (!metric || !result.hasTest) return;
  side.metricName = metric->name;
  side.metric = static_cast<double>(result.test[static_cast<std::size_t>(metric->slot)]);
}

struct Runner {
  SideSpec spec;
  Project project;
  std::optional<Error> error;
  std::unique_ptr<RunJob> job;  // nullptr: the side could not start
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
  std::optional<double> others;
  bool stopping = false;

  Status prepare(Runner& runner, const std::shared_ptr<const Dataset>& data, const BackendLookup& lookup) {
    RunRequest request;
    request.project = runner.project;
    request.steps = options.steps;
    TANDEM_ASSIGN(Backend* const backend, lookup(runner.spec.device.device));
    TANDEM_ASSIGN(runner.job, RunJob::prepare(request, {data, backend, dataFingerprint}, store));
    return success();
  }

  // Another side that trains on the same device at the same time: a device's energy cannot be attributed.
  const Runner* companion(std::size_t k) const {
    if (options.inTurn || !runners[k].job) return nullptr;
    for (std::size_t other = 0; other < runners.size(); ++other)
      if (other != k && runners[other].job &&
          runners[other].spec.device.device == runners[k].spec.device.device)
        return &runners[other];
    return nullptr;
  }

  void explainEnergy(std::size_t k, TwinSideRecord& side) const {
    const Runner& runner = runners[k];
    if (!runner.job) return;
    if (const Runner* other = companion(k)) {
      side.joules = side.meanWatts = std::nullopt;
      side.curve.joules.clear();
      side.noEnergy =
          fmt::format("{} ran on the same device at the same time; run the sides in turn to measure each",
                      other->spec.label);
      return;
    }
    if (side.joules) return;
    side.noEnergy = whyNoPower(*runner.job).value_or("the run was too short");
  }

  void startNext() {
    for (Runner& runner : runners) {
      if (!runner.job || runner.done) continue;
      if (!runner.started) {
        runner.started = true;
        if (stopping) runner.job->stop();
        runner.job->start();
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
    const std::int64_t perEpoch = lengthOf(training, samples).batchesPerEpoch;
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
  stop();  // all, before the first is waited for
}

void Race::start() {
  impl_->load.emplace();
  impl_->startNext();
}

void Race::pause() {
  for (Runner& runner : impl_->runners)
    if (runner.job) runner.job->pause();
}

void Race::resume() {
  for (Runner& runner : impl_->runners)
    if (runner.job) runner.job->resume();
}

void Race::stop() {
  impl_->stopping = true;
  for (Runner& runner : impl_->runners)
    if (runner.job) runner.job->stop();
}

bool Race::poll() {
  bool all = true;
  for (Runner& runner : impl_->runners) {
    if (!runner.job || runner.done) continue;
    if (!runner.started || !runner.job->ended()) {
      all = false;
      continue;
    }
    const RunOutcome& outcome = runner.job->finish();
    runner.done = true;
    runner.error = outcome.result.error ? outcome.result.error : outcome.recordError;
  }
  if (!all)
    impl_->startNext();
  else if (!impl_->others && impl_->load)
    impl_->others = impl_->load->others();
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
  return runner.job ? runner.job->id() : 0;
}
bool Race::readsEnergy(std::size_t side) const {
  const Runner& runner = impl_->runners[side];
  return runner.job && impl_->companion(side) == nullptr && !whyNoPower(*runner.job);
}
Telemetry* Race::telemetry(std::size_t side) {
  RunJob* const job = impl_->runners[side].job.get();
  return job ? &job->telemetry() : nullptr;
}

TwinRecord Race::record() const {
  TwinRecord record;
  record.name = impl_->project.name;
  record.mode = TwinMode::Race;
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
    if (runner.job)
      if (const auto curves = impl_->store->curves(runner.job->id()); curves.ok()) side = sideRecord(*curves);
    impl_->explainEnergy(k, side);
    if (k < impl_->options.pricesPerHour.size()) side.pricePerHour = impl_->options.pricesPerHour[k];
    side.label = runner.spec.label;
    side.device = runner.spec.device.device;
    if (runner.job) addRates(side, runner.job->plan(), runner.job->backend());
    side.batch = runner.project.training.batch;
    side.run = run(k);
    if (runner.error) side.error = runner.error->text();
    if (runner.done) addMetric(side, runner.job->finish().result);
    record.sides.push_back(std::move(side));
  }
  return record;
}

}  // namespace tandem
