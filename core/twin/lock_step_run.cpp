#include "core/twin/lock_step_run.h"
#include "core/runtime/host_load.h"

#include <algorithm>

#include "core/runs/environment.h"

namespace tandem {
namespace {

// Copies the items after `taken` and advances it.
template <class T>
std::vector<T> newOnes(const std::vector<T>& all, std::size_t& taken) {
  std::vector<T> fresh(all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
  taken = all.size();
  return fresh;
}

}  // namespace

LockStepRun::LockStepRun(Project project, std::unique_ptr<LockStep> lockStep, Options options)
    : project_(std::move(project)),
      options_(options),
      started_(utcNow()),
      lockStep_(std::move(lockStep)),
      sideErrors_(lockStep_->sides()) {}

LockStepRun::~LockStepRun() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void LockStepRun::start() {
  TANDEM_CHECK(!thread_.joinable(), "a run starts once");
  thread_ = std::thread([this] { run(); });
}

void LockStepRun::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
}

void LockStepRun::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

void LockStepRun::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

bool LockStepRun::mayContinue() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !paused_; });
  return !stopping_;
}

void LockStepRun::run() {
  const HostLoad load;
  Status status = success();
  try {
    status = runAll();
  } catch (const std::exception& bug) {  // top level of the thread
    status = Error{ErrorCode::Unsupported, bug.what(), "twin run", "This is a bug, please report it"};
  }
  {
    const std::lock_guard lock(mutex_);
    others_ = load.others();
    if (!status.ok()) error_ = status.error();
  }
  finished_.store(true);
}

Status LockStepRun::runAll() {
  while (done_.load() < options_.steps) {
    if (!mayContinue()) return success();
    if (done_.load() % std::max<std::int64_t>(1, options_.compareEvery) == 0) TANDEM_TRY(compareNow());
    const std::lock_guard working(working_);
    auto record = lockStep_->step();
    const std::lock_guard lock(mutex_);
    for (std::size_t k = 0; k < sideErrors_.size(); ++k)
      if (const auto& error = lockStep_->error(k)) sideErrors_[k] = error->text();
    if (!record.ok()) return record.error();
    steps_.push_back(std::move(*record));
    ++done_;
  }
  return mayContinue() ? compareNow() : success();
}

Status LockStepRun::compareNow() {
  const std::lock_guard working(working_);
  TANDEM_ASSIGN(ParityRecord parity, lockStep_->compare());
  std::vector<TwinCause> found;
  for (const SideParity& side : parity.sides) {
    const bool known = std::ranges::any_of(causes_, [&](const TwinCause& c) { return c.side == side.side; });
    if (!side.first || known) continue;
    TANDEM_ASSIGN(Cause cause, lockStep_->explain(side, *side.first));
    found.push_back({parity.step, side.side, std::move(cause)});
  }
  const std::lock_guard lock(mutex_);
  parity_.push_back(std::move(parity));
  for (TwinCause& cause : found) causes_.push_back(std::move(cause));
  return success();
}

std::optional<Error> LockStepRun::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::vector<LockStepRecord> LockStepRun::takeSteps() {
  const std::lock_guard lock(mutex_);
  return newOnes(steps_, stepsTaken_);
}

std::vector<ParityRecord> LockStepRun::takeParity() {
  const std::lock_guard lock(mutex_);
  return newOnes(parity_, parityTaken_);
}

std::vector<TwinCause> LockStepRun::takeCauses() {
  const std::lock_guard lock(mutex_);
  return newOnes(causes_, causesTaken_);
}

Result<TensorPair> LockStepRun::values(const SideParity& parity, std::size_t tensor) {
  const std::lock_guard working(working_);
  return lockStep_->values(parity, tensor);
}

Result<Cause> LockStepRun::explain(const SideParity& parity, std::size_t tensor) {
  const std::lock_guard working(working_);
  return lockStep_->explain(parity, tensor);
}

TwinRecord LockStepRun::record() const {
  const std::lock_guard lock(mutex_);
  TwinRecord record;
  record.name = project_.name;
  record.mode = TwinMode::LockStep;
  record.started = started_;
  record.seed = project_.training.seed;
  record.batch = project_.training.batch;
  record.samples = lockStep_->samples();
  record.others = others_;
  record.environment = environmentFacts();
  record.project = toJson(project_);
  for (std::size_t k = 0; k < sideErrors_.size(); ++k) {
    TwinSideRecord side;
    side.label = lockStep_->spec(k).label;
    side.device = lockStep_->spec(k).device.device;
    side.error = sideErrors_[k];
    side.batch = project_.training.batch;
    std::vector<double> seconds;
    TwinCurve curve;
    double sum = 0;
    for (const LockStepRecord& step : steps_) {
      if (step.sides[k].seconds <= 0) continue;  // failed
      seconds.push_back(step.sides[k].seconds);
      sum += step.sides[k].seconds;
      curve.steps.push_back(step.step);
      curve.seconds.push_back(sum);
      curve.loss.push_back(step.sides[k].loss);
    }
    side.timing = timingOf(seconds);
    side.curve = thinned(curve);
    std::vector<ProfileRecord> profiles;
    for (const ParityRecord& parity : parity_)
      if (!parity.profiles[k].layers.empty()) profiles.push_back(parity.profiles[k]);
    side.profile = medianProfile(profiles);
    addRates(side, lockStep_->plan(k), lockStep_->backend(k));
    record.sides.push_back(std::move(side));
  }
  record.parity = parity_;
  record.causes = causes_;
  return record;
}

}  // namespace tandem
