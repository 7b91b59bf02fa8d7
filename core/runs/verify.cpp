#include "core/runs/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/data/fingerprint.h"
#include "core/network/preprocessing_json.h"
#include "core/network/project.h"
#include "core/runs/environment.h"
#include "core/runs/kernels.h"
#include "core/runs/run_job.h"
#include "core/train/initial_weights.h"
#include "core/train/resume_data.h"

namespace tandem {
namespace {

constexpr double kFirstTolerance = 1e-3, kHalfFactor = 10;
constexpr std::int64_t kEarly = 100, kMiddle = 1000;  // steps
constexpr double kLossFloor = 1e-3;                   // of the first loss

bool sameBits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

// Compares step by step on the trainer's thread, and stops the run when the result is known.
class Comparison : public TrainObserver {
 public:
  Comparison(const RecordedRun& record, int lossSlot, std::int64_t last, const VerifyOptions& options,
             Verdict& verdict)
      : steps_(record.curves.steps),
        slot_(static_cast<std::size_t>(lossSlot)),
        last_(last),
        progress_(options.progress),
        verdict_(verdict),
        floor_(kLossFloor * std::abs(static_cast<double>(steps_.front().values[slot_]))) {}

  void watch(RunJob* job) { job_ = job; }
  bool cancelled() const { return cancelled_; }

  void onStart(const Plan&) override {}
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}
  void onStep(const StepRecord& step) override {
    if (done_) return;  // steps in flight when the run was stopped
    while (next_ < steps_.size() && steps_[next_].step < step.step) ++next_;
    if (next_ == steps_.size() || steps_[next_].step > last_) return end();
    if (steps_[next_].step > step.step) return;  // not recorded: long runs record every 10th step
    compare(step.step, steps_[next_].values[slot_], step.values[slot_]);
    if (progress_ && !progress_(step.step, last_)) {
      cancelled_ = true;
      return end();
    }
    if (verdict_.firstBeyond || step.step >= last_) end();
  }

 private:
  void end() {
    done_ = true;
    job_->stop();
  }

  void compare(std::int64_t step, float recorded, float repeated) {
    ++verdict_.compared;
    if (sameBits(recorded, repeated)) return;
    const double a = static_cast<double>(recorded), b = static_cast<double>(repeated);
    const double scale = std::max({std::abs(a), std::abs(b), floor_});
    // NaN in only one of the two counts as an infinite difference.
    const double relative = std::isfinite(a) && std::isfinite(b) && scale > 0
                                ? std::abs(a - b) / scale
                                : std::numeric_limits<double>::infinity();
    const StepDifference difference{step, recorded, repeated, relative};
    if (!verdict_.firstDifferent) verdict_.firstDifferent = difference;
    if (!verdict_.worst || relative > verdict_.worst->relative) verdict_.worst = difference;
    if (verdict_.tolerance.first == 0 || relative > verdict_.tolerance.at(step))
      verdict_.firstBeyond = difference;
  }

  const std::vector<StepRecord>& steps_;
  const std::size_t slot_;
  const std::int64_t last_;
  const std::function<bool(std::int64_t, std::int64_t)>& progress_;
  Verdict& verdict_;
  const double floor_;
  RunJob* job_ = nullptr;
  std::size_t next_ = 0;
  bool done_ = false, cancelled_ = false;  // read by others after join()
};

std::string_view factOf(const std::vector<std::pair<std::string, std::string>>& facts,
                        std::string_view label) {
  for (const auto& [key, value] : facts)
    if (key == label) return value;
  return {};
}

// Why the bits of the two runs may differ. Kernels are compared by name; the commit and the backend's facts
// show whether the names stand for the same code.
std::vector<std::string> reasonsToDiffer(const RecordedRun& record, const Project& recorded,
                                         const DeviceOptions& device, const Backend& backend,
                                         const Plan& plan) {
  std::vector<std::string> reasons;
  const auto differs = [&](std::string_view what, std::string_view before, std::string_view now) {
    if (before != now && !before.empty())
      reasons.push_back(fmt::format("{}: {}, recorded {}", what, now.empty() ? "none" : now, before));
  };
  const DeviceOptions& before = recorded.training.device;
  differs("device", before.device, device.device);
  if (!before.deterministic) reasons.emplace_back("the recorded run allowed non-deterministic kernels");
  const auto facts = environmentFacts();
  const auto compareFact = [&](const std::string& label) {
    differs(label, factOf(record.info.environment, label), factOf(facts, label));
  };
  for (const char* label : {"processor", "Tandem", "commit", "compiler"}) compareFact(label);
  if (before.device == "cpu" && before.threads == 0) compareFact("cores");
  const std::string prefix = std::string(backend.name()) + " ";
  for (const auto& [label, value] : facts)
    if (label.starts_with(prefix)) compareFact(label);
  differs("kernels", record.info.kernels, kernelsOf(plan));
  return reasons;
}

Error at(Error error, const std::string& where) {
  if (error.where.empty()) error.where = where;
  return error;
}

Result<int> lossSlotOf(const RecordedRun& record) {
  const auto& steps = record.curves.steps;
  const ReportSlot* const loss = lossSlot(record.curves.slots);
  if (!loss || steps.empty()) return invalid("the record has no losses to compare with", record.info.name);
  if (steps.front().step == 1) return loss->slot;
  return Error{
      ErrorCode::Unsupported,
      fmt::format(
          "the run was resumed from a checkpoint at step {} and cannot be repeated from its record alone",
          steps.front().step - 1),
      record.info.name, "Verify the run that it continues"};
}

// Checks the loaded data against the record.
Result<std::shared_ptr<const Dataset>> sameData(const RecordedRun& record, const DataSpec& spec,
                                                Verdict& verdict, const VerifyOptions& options) {
  TANDEM_ASSIGN(auto data,
                loadDataset(spec, [&](double) { return !options.progress || options.progress(0, 0); }));
  const std::string now = fingerprint(*data);
  if (record.info.data.empty()) {
    verdict.notes.emplace_back("the record has no data fingerprint, so the data could not be checked");
  } else if (now != record.info.data) {
    if (spec.kind != DataKind::Generated)
      return invalid(
          fmt::format("the data has changed since the run: its fingerprint is {}, but {} was recorded", now,
                      record.info.data),
          spec.path, "Restore the original data, or train again");
    // Computed with this machine's sine, whose last digit may differ.
    verdict.reasons.push_back(
        fmt::format("generated data: fingerprint {}, recorded {}", now, record.info.data));
  }
  if (record.info.preprocessing.empty()) return data;
  TANDEM_ASSIGN(const Preprocessing described,
                preprocessingFromJson(record.info.preprocessing, record.info.name));
  TANDEM_ASSIGN(ResumeData same, dataForResume(described, record.info.data, data, now, record.info.name));
  return std::move(same.data);
}

// Weights that the run did not start with. Older records have no fingerprint of them.
std::optional<std::string> otherWeights(const RecordedRun& record, const TrainingConfig& training) {
  if (training.initialWeights.empty() || record.info.initialWeights.empty()) return std::nullopt;
  const auto initial = loadInitialWeights(training.initialWeights);
  if (!initial.ok() || fingerprint(*initial) == record.info.initialWeights) return std::nullopt;
  return "the weights in " + training.initialWeights + " are not those that the run started with";
}

}  // namespace

double Tolerance::at(std::int64_t step) const {
  return step <= kEarly ? first : step <= kMiddle ? 10 * first : 100 * first;
}

std::string Tolerance::text() const {
  if (first == 0) return "bit-identical";
  return fmt::format("within {:.3g} up to step {}, {:.3g} up to step {}, {:.3g} later (relative)", at(1),
                     kEarly, at(kMiddle), kMiddle, at(kMiddle + 1));
}

std::string Verdict::text() const {
  const auto of = [](const StepDifference& d) {
    return fmt::format("step {}: loss {:.9g}, recorded {:.9g} ({:.3g} relative)", d.step, d.repeated,
                       d.recorded, d.relative);
  };
  if (firstBeyond) return fmt::format("Failed at {}; expected {}", of(*firstBeyond), tolerance.text());
  if (!passed)
    return fmt::format("Failed: the repeated run ended after {} of {} recorded steps", compared, expected);
  if (!firstDifferent) return fmt::format("Passed: {} steps, bit-identical", compared);
  return fmt::format("Passed: {} steps {}; first bit difference at step {}, largest difference at {}",
                     compared, tolerance.text(), firstDifferent->step, of(*worst));
}

Result<Verdict> verifyRun(const RecordedRun& record, const VerifyOptions& options) {
  TANDEM_ASSIGN(const int slot, lossSlotOf(record));
  TANDEM_ASSIGN(const Project recorded, projectFromJson(record.info.projectJson, record.info.name));
  RunRequest request;
  request.project = recorded;
  Project& project = request.project;
  if (options.device) project.training.device.device = *options.device;
  project.training.checkpointEpochs = 0;
  TANDEM_ASSIGN(Backend* const backend, request.lookup(project.training.device.device));
  Verdict verdict;
  TANDEM_ASSIGN(const auto data, sameData(record, trainingData(project), verdict, options));

  std::int64_t last = record.curves.steps.back().step;
  if (options.steps > 0) last = std::min(last, options.steps);
  verdict.expected = std::count_if(record.curves.steps.begin(), record.curves.steps.end(),
                                   [last](const StepRecord& step) { return step.step <= last; });
  Comparison comparison(record, slot, last, options, verdict);
  request.observers = {&comparison};
  for (const RunEvent& event : record.curves.events)
    if (event.kind == RunEventKind::LearningRate) request.baseRates[event.step] = event.value;
  TANDEM_ASSIGN(const auto job, RunJob::prepare(request, {data, backend, {}}, nullptr));
  comparison.watch(job.get());

  for (std::string& reason :
       reasonsToDiffer(record, recorded, project.training.device, *backend, job->plan()))
    verdict.reasons.push_back(std::move(reason));
  if (auto reason = otherWeights(record, project.training)) verdict.reasons.push_back(std::move(*reason));
  const auto rounds = [](Precision precision) { return precision != Precision::Fp32; };
  if (options.relativeTolerance)
    verdict.tolerance.first = *options.relativeTolerance;
  else if (!verdict.reasons.empty())
    verdict.tolerance.first =
        rounds(project.training.device.precision) ? kHalfFactor * kFirstTolerance : kFirstTolerance;

  job->start();
  const TrainResult& result = job->finish().result;
  if (comparison.cancelled())
    return Error{ErrorCode::Cancelled, "the verification was cancelled", record.info.name, {}};
  // A run that ended with a NaN loss does so again; all of its steps have then been compared.
  if (verdict.compared == 0 ||
      (result.state == TrainState::Failed && !verdict.firstBeyond && record.info.state != RunState::Failed)) {
    if (result.error) return at(*result.error, record.info.name);
    return invalid("the repeated run completed none of the recorded steps", record.info.name);
  }
  verdict.passed = !verdict.firstBeyond && verdict.compared == verdict.expected;
  return verdict;
}

}  // namespace tandem
