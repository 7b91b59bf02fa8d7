#include "core/twin/twin_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/file.h"
#include "core/runs/record_fields.h"
#include "core/twin/energy_line.h"

namespace tandem {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMaxFileBytes = 64u << 20;
constexpr std::size_t kFewReadings = 15;  // fewer do not show a trend of the clock: 1.5 s

}  // namespace

// `describe` lists the fields of each struct once, for the reader (non-const) and the writer (const).
template <class Fields, Is<StepTiming> C>
void describe(Fields& f, C& c) {
  f.measure("median", c.median);
  f.measure("low", c.low);
  f.measure("high", c.high);
  f.template integer<std::size_t>("steps", c.steps, 0, kLargestCount);
  f.template integer<std::size_t>("warm_up", c.warmUp, 0, kLargestCount);
  f.measure("mean", c.mean);
}

template <class Fields, Is<TwinCurve> C>
void describe(Fields& f, C& c) {
  f.template integers<std::int64_t>("steps", c.steps, 0, kLargestCount);
  f.measures("seconds", c.seconds);
  f.measures("loss", c.loss);
  f.measures("joules", c.joules);
}

template <class Fields, Is<LayerRate> C>
void describe(Fields& f, C& c) {
  f.text("layer", c.layer, 1000);
  f.measure("seconds", c.seconds);
  f.measure("flops", c.flops);
  f.measure("bytes", c.bytes);
  f.text("bound", c.bound, 100);
  f.measure("share", c.share);
}

template <class Fields, Is<TwinSideRecord> C>
void describe(Fields& f, C& c) {
  f.text("label", c.label, 1000);
  f.text("device", c.device, 1000);
  f.text("error", c.error, 10000);
  f.template integer<std::int64_t>("run", c.run, 0, kLargestCount);
  f.template integer<std::int64_t>("batch", c.batch, 0, kLargestCount);
  f.object("step_seconds", c.timing);
  f.measure("data_wait", c.dataWait);
  f.object("profile", c.profile);
  f.objects("rates", c.rates, 100'000);
  describeOptional(f, "forecast", c.forecast, 0);
  f.object("curve", c.curve);
  f.text("metric_name", c.metricName, 1000);
  // Older records store the metric as "metric", and -1 if there is none.
  if constexpr (!std::is_const_v<C>) describeOptional(f, "metric", c.metric, -1);
  describeOptional(f, "test_metric", c.metric);
  describeOptional(f, "joules", c.joules, -1);
  describeOptional(f, "mean_watts", c.meanWatts, -1);
  describeOptional(f, "utilization", c.utilization, -1);
  describeOptional(f, "first_clock", c.firstClock, -1);
  describeOptional(f, "last_clock", c.lastClock, -1);
  f.text("no_energy", c.noEnergy, 1000);
  f.number("price_per_hour", c.pricePerHour, 0, 1e9);
}

template <class Fields, Is<TensorDifference> C>
void describe(Fields& f, C& c) {
  f.measure("relative", c.relative);
  f.measure("cosine", c.cosine);
  f.measure("largest", c.largest);
  f.template integer<std::size_t>("where", c.where, 0, kLargestCount);
  f.measure("rms_reference", c.rmsA);
  f.measure("rms_difference", c.rmsDifference);
  f.template integer<std::size_t>("not_finite", c.nonFinite, 0, kLargestCount);
}

std::string_view nameOf(TensorKind kind);

template <class Fields, Is<TensorParity> C>
void describe(Fields& f, C& c) {
  f.choice("kind", c.kind, 4);
  f.text("layer", c.layer, 1000);
  f.text("tensor", c.tensor, 1000);
  std::vector<std::int64_t> dims(c.shape.dims().begin(), c.shape.dims().end());
  f.template integers<std::int64_t>("shape", dims, 1, kLargestCount);
  if constexpr (!std::is_const_v<C>)
    if (dims.size() <= Shape::kMaxRank) c.shape = Shape(dims);
  f.object("difference", c.difference);
  f.boolean("beyond_rounding", c.beyondRounding);
}

template <class Fields, Is<SideParity> C>
void describe(Fields& f, C& c) {
  f.template integer<std::size_t>("side", c.side, 1, 64);
  f.measure("tolerance", c.tolerance);
  f.measure("weight_drift", c.weightDrift);
  f.objects("tensors", c.tensors, 1'000'000);
}

template <class Fields, Is<ParityRecord> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int64_t>("step", c.step, 0, kLargestCount);
  f.objects("sides", c.sides, 64);
}

template <class Fields, Is<Alternative> C>
void describe(Fields& f, C& c) {
  f.text("label", c.label, 1000);
  f.measure("relative", c.relative);
  f.measure("largest", c.largest);
  f.text("refused", c.refused, 10000);
}

template <class Fields, Is<Tariff> C>
void describe(Fields& f, C& c) {
  f.number("per_kwh", c.perKwh, 0, 1e9);
  f.text("currency", c.currency, 20);
}

template <class Fields, Is<TwinCause> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int64_t>("step", c.step, 0, kLargestCount);
  f.template integer<std::size_t>("side", c.side, 1, 64);
  f.text("layer", c.cause.layer, 1000);
  f.text("tensor", c.cause.tensor, 1000);
  f.text("op", c.cause.op, 1000);
  f.objects("alternatives", c.cause.alternatives, 1000);
  f.text("verdict", c.cause.verdict, 10000);
}

namespace {

template <class Fields, Is<TwinRecord> C>
void describeRecord(Fields& f, C& c) {
  std::int64_t version = kVersion;
  f.template integer<std::int64_t>("tandem_twin", version, 1, kVersion);
  f.text("name", c.name, 1000);
  f.choice("mode", c.mode, kTwinModes);
  f.text("started", c.started, 100);
  f.template integer<std::uint64_t>("seed", c.seed, 0, ~0ull);
  f.template integer<std::int64_t>("batch", c.batch, 0, kLargestCount);
  f.template integer<std::int64_t>("samples", c.samples, 0, kLargestCount);
  describeFacts(f, "environment", c.environment);
  f.text("project", c.project, kMaxDocument);
  f.objects("sides", c.sides, 64);
  f.object("tariff", c.tariff);
  describeOptional(f, "target_loss", c.targetLoss);
  describeOptional(f, "others", c.others, -1);
  describeOptional(f, "window", c.window, -1);
  f.objects("parity", c.parity, 100'000);
  f.objects("causes", c.causes, 10'000);
}

// Checks constraints between fields.
Status checkWhole(TwinRecord& record) {
  if (record.sides.size() < 2 || record.sides.size() > kMaxSides)
    return invalid(fmt::format("has {} sides, not 2 to {}", record.sides.size(), kMaxSides), "sides");
  for (const TwinSideRecord& side : record.sides) {
    const TwinCurve& curve = side.curve;
    const std::size_t points = curve.steps.size();
    if (curve.seconds.size() != points || curve.loss.size() != points ||
        (!curve.joules.empty() && curve.joules.size() != points))
      return invalid("the columns of the curve have different lengths", "sides: " + side.label);
    if (!std::ranges::is_sorted(curve.steps) || !std::ranges::is_sorted(curve.seconds))
      return invalid("the points of the curve are not in order", "sides: " + side.label);
  }
  for (ParityRecord& parity : record.parity)
    for (SideParity& side : parity.sides) {
      if (side.side >= record.sides.size()) return invalid("refers to a missing side", "parity");
      setCompared(side);
      for (std::size_t t = side.tensors.size(); t-- > 0;)
        if (side.tensors[t].beyondRounding) side.first = t;
    }
  for (const TwinCause& cause : record.causes)
    if (cause.side >= record.sides.size()) return invalid("refers to a missing side", "causes");
  return success();
}

}  // namespace

SpeedUp speedUp(const TwinRecord& record, std::size_t side) {
  const TwinSideRecord &reference = record.sides[0], &other = record.sides[side];
  const bool known = reference.batch > 0 && other.batch > 0;
  return speedUp(reference.timing, other.timing,
                 known ? static_cast<double>(other.batch) / static_cast<double>(reference.batch) : 1);
}

TwinCurve thinned(const TwinCurve& curve, std::size_t points) {
  if (curve.steps.size() <= points || points < 2) return curve;
  TwinCurve result;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t at = i * (curve.steps.size() - 1) / (points - 1);  // first and last stay
    result.steps.push_back(curve.steps[at]);
    result.seconds.push_back(curve.seconds[at]);
    result.loss.push_back(curve.loss[at]);
    if (!curve.joules.empty()) result.joules.push_back(curve.joules[at]);
  }
  return result;
}

void addRates(TwinSideRecord& side, const Plan& plan, Backend& backend) {
  const auto calibration = storedCalibration(plan.options, backend);
  side.rates = layerRates(plan, side.profile, calibration ? &*calibration : nullptr);
  if (!calibration) return;
  const ProfileRecord forecast = forecastStep(plan, *calibration);
  side.forecast = forecast.forward + forecast.backward + forecast.update;
}

namespace {

void addEnergy(const RunCurves& curves, TwinSideRecord& side, TwinCurve& curve) {
  EnergyLine line;
  for (const ReadingRecord& reading : curves.readings) line.add(reading);
  if (!line.known()) return;
  side.joules = line.joules();
  if (line.seconds() > 0) side.meanWatts = line.joules() / line.seconds();
  for (const double seconds : curve.seconds) curve.joules.push_back(line.at(seconds));
}

void addReadings(const RunCurves& curves, TwinSideRecord& side) {
  std::vector<double> shares, clocks;
  for (const ReadingRecord& reading : curves.readings) {
    if (reading.device.utilization) shares.push_back(*reading.device.utilization);
    if (reading.device.clockHz) clocks.push_back(*reading.device.clockHz);
  }
  if (!shares.empty())
    side.utilization =
        std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(shares.size());
  if (clocks.size() < kFewReadings) return;
  const auto third = static_cast<std::ptrdiff_t>(clocks.size() / 3);
  const auto medianOf = [third](auto first) {
    std::nth_element(first, first + third / 2, first + third);
    return first[third / 2];
  };
  side.firstClock = medianOf(clocks.begin());
  side.lastClock = medianOf(clocks.end() - third);
}

}  // namespace

std::string_view nameOf(TwinMode mode) {
  return mode == TwinMode::Race ? "race" : "lock-step";
}

TwinSideRecord sideRecord(const RunCurves& curves) {
  TwinSideRecord side;
  const ReportSlot* const lossAt = lossSlot(curves.slots);
  const std::size_t loss = lossAt ? static_cast<std::size_t>(lossAt->slot) : 0;
  std::vector<double> seconds, waits;
  TwinCurve curve;
  const StepRecord* before = nullptr;
  for (const StepRecord& step : curves.steps) {
    // Time is measured from result to result, because a device may start a step before the previous one has
    // ended. Intervals between epochs include the evaluation and the checkpoint.
    if (before && step.step == before->step + 1 && step.epoch == before->epoch)
      seconds.push_back(step.wallSeconds - before->wallSeconds);
    before = &step;
    waits.push_back(static_cast<double>(step.dataWaitSeconds));
    curve.steps.push_back(step.step);
    curve.seconds.push_back(step.wallSeconds);
    curve.loss.push_back(static_cast<double>(step.values[loss]));
  }
  side.timing = timingOf(seconds);
  side.dataWait = timingOf(waits).median;
  side.profile = medianProfile(curves.profiles);
  addEnergy(curves, side, curve);
  addReadings(curves, side);
  side.curve = thinned(curve);
  return side;
}

std::string toJson(const TwinRecord& record) {
  Json json = Json::object();
  FieldWriter writer(json);
  describeRecord(writer, record);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<TwinRecord> twinFromJson(std::string_view text, std::string_view source) {
  const auto read = [&]() -> Result<TwinRecord> {
    TANDEM_ASSIGN(const Json json, parseJson(text));
    if (!json.is_object() || !json.contains("tandem_twin"))
      return invalid("is not the record of a twin run", {}, "`tandem twin --record FILE` writes one");
    const Path root;
    FieldReader reader(json, root);
    TwinRecord record;
    describeRecord(reader, record);
    TANDEM_TRY(reader.finish());
    TANDEM_TRY(checkWhole(record));
    return record;
  };
  auto record = read();
  if (record.ok()) return record;
  Error error = std::move(record).error();
  error.where = error.where.empty() ? std::string(source) : std::string(source) + ": " + error.where;
  return error;
}

Status saveTwin(const TwinRecord& record, const std::filesystem::path& file) {
  return writeFileAtomically(file, toJson(record));
}

Result<TwinRecord> loadTwin(const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::string text, readTextFile(file, kMaxFileBytes));
  return twinFromJson(text, file.string());
}

}  // namespace tandem
