#include "core/runs/run_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "core/base/base64.h"
#include "core/base/file.h"
#include "core/data/byte_source.h"
#include "core/network/preprocessing_json.h"
#include "core/network/project.h"
#include "core/runs/record_fields.h"
#include "core/runs/run_codec.h"
#include "core/runs/run_rows.h"
#include "core/runs/schema.h"

namespace tandem {
namespace {

// 1: no best epoch, summaries of steps or description of the data. 2: no matrices or
// fingerprint of the initial weights.
constexpr std::int64_t kVersion = 3;
constexpr JsonLimits kLimits = {.bytes = 512u << 20, .values = 10'000'000};
constexpr std::uint64_t kMaxFileBytes = 512u << 20;
constexpr std::size_t kMaxBlocks = 10'000, kMaxBlockText = 400'000;
constexpr std::size_t kMaxEpochs = 1'000'000, kMaxProfiles = 100'000, kMaxEvents = 100'000,
                      kMaxReadings = 200'000, kMaxMatrices = 1'000'000, kMaxMatrixText = 11'000'000;
constexpr std::size_t kMaxLayerTimes = 1'000'000;  // in all profiles written

// Up to kStepsPerBlob steps, packed.
struct StepBlock {
  std::int64_t values = 0;  // numbers of each
  std::string records;      // base64
};

// The counts of a matrix of an epoch, or of the test set (0), packed.
struct MatrixBlock {
  std::int32_t epoch = 0;
  std::int64_t number = 0;  // of the matrix
  std::string counts;       // base64
};

// An epoch with one number per slot; validation is empty if there was none.
struct EpochRow {
  EpochRecord record;
  std::vector<double> train, validation;
};

}  // namespace

template <class Fields, Is<StepBlock> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int64_t>("values", c.values, 0, kReportSlots);
  f.text("records", c.records, kMaxBlockText);
}

template <class Fields, Is<MatrixBlock> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int32_t>("epoch", c.epoch, 0, std::numeric_limits<std::int32_t>::max());
  f.template integer<std::int64_t>("number", c.number, 0, kReportSlots - 1);
  f.text("counts", c.counts, kMaxMatrixText);
}

template <class Fields, Is<EpochRow> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int32_t>("epoch", c.record.epoch, 0, std::numeric_limits<std::int32_t>::max());
  f.template integer<std::int64_t>("step", c.record.step, 0, kLargestCount);
  f.measures("train", c.train);
  f.measures("validation", c.validation);
  f.measure("seconds", c.record.seconds);
  f.measure("train_seconds", c.record.trainSeconds);
  f.measure("samples_per_second", c.record.samplesPerSecond);
}

namespace {

struct Parts {
  std::vector<StepBlock> steps, thinned;
  std::vector<EpochRow> epochs;
  std::vector<MatrixBlock> counts;
};

template <class Fields, Is<RecordedRun> C, Is<Parts> P>
void describeRun(Fields& f, C& c, P& parts) {
  auto& info = c.info;
  std::int64_t version = kVersion;
  f.template integer<std::int64_t>("tandem_run", version, 1, kVersion);
  f.text("uid", info.uid, 64);
  f.text("name", info.name, kMaxLabel);
  f.text("device", info.device, kMaxLabel);
  f.text("started", info.started, 40);
  f.choice("state", info.state, kEndedRunStates);
  f.text("error", info.error, kMaxSentence);
  f.template integer<std::int64_t>("step_count", info.steps, 0, kLargestCount);
  f.template integer<std::int32_t>("epoch_count", info.epochs, 0, std::numeric_limits<std::int32_t>::max());
  f.number("seconds", info.seconds, 0, 1e12);
  f.number("samples_per_second", info.samplesPerSecond, 0, 1e15);
  const auto loss = [&f](std::string_view key, auto& value) {  // may be infinite
    double number = value.value_or(std::numeric_limits<double>::quiet_NaN());
    f.measure(key, number);
    if constexpr (!std::is_const_v<C>) value = std::isnan(number) ? std::nullopt : std::optional(number);
  };
  loss("train_loss", info.trainLoss);
  loss("validation_loss", info.validationLoss);
  describeOptional(f, "test_metric", info.testMetric);
  if constexpr (!std::is_const_v<C>)
    if (info.testMetric < 0) info.testMetric.reset();  // in older files: none
  f.text("metric_name", info.metricName, kMaxLabel);
  f.template integer<std::int32_t>("best_epoch", info.best.epoch, 0,
                                   std::numeric_limits<std::int32_t>::max());
  f.text("best_metric", info.best.metric, kMaxLabel);
  f.measure("best_value", info.best.value);
  describeOptional(f, "joules", info.joules);
  f.texts("tags", info.tags);
  f.text("notes", info.notes, kMaxDocument);
  describeFacts(f, "environment", info.environment);
  f.text("data", info.data, 64);
  f.text("initial_weights", info.initialWeights, 64);
  f.text("preprocessing", info.preprocessing, kMaxDocument);
  f.text("kernels", info.kernels, kMaxDocument);
  f.text("project", info.projectJson, kMaxDocument);
  f.objects("slots", c.curves.slots, kReportSlots);
  f.objects("steps", parts.steps, kMaxBlocks);
  f.objects("thinned", parts.thinned, kMaxBlocks);
  f.objects("epochs", parts.epochs, kMaxEpochs);
  f.objects("matrices", c.curves.matrices, kReportSlots);
  f.objects("counts", parts.counts, kMaxMatrices);
  f.objects("profiles", c.curves.profiles, kMaxProfiles);
  f.objects("events", c.curves.events, kMaxEvents);
  f.objects("readings", c.curves.readings, kMaxReadings);
}

Error atItem(std::string_view list, std::size_t i, std::string_view message) {
  return invalid(message, fmt::format("{}[{}]", list, i));
}

void addMatrices(Parts& parts, std::int32_t epoch, const std::vector<ClassCounts>& matrices) {
  for (std::size_t i = 0; i < matrices.size(); ++i)
    parts.counts.push_back({epoch, static_cast<std::int64_t>(i), toBase64(packCounts(matrices[i]))});
}

Parts partsOf(const RunCurves& curves) {
  Parts parts;
  const int values = valueCount(curves.slots);
  std::string blob;
  for (std::size_t i = 0; i < curves.steps.size(); ++i) {
    appendStep(blob, curves.steps[i], values);
    if ((i + 1) % kStepsPerBlob != 0 && i + 1 < curves.steps.size()) continue;
    parts.steps.push_back({values, toBase64(blob)});
    blob.clear();
  }
  blob.clear();
  for (std::size_t i = 0; i < curves.thinned.size(); ++i) {
    appendSpan(blob, curves.thinned[i], values);
    if ((i + 1) % kStepsPerBlob != 0 && i + 1 < curves.thinned.size()) continue;
    parts.thinned.push_back({values, toBase64(blob)});
    blob.clear();
  }
  for (const EpochRecord& epoch : curves.epochs) {
    EpochRow& row = parts.epochs.emplace_back();
    row.record = epoch;
    row.train.assign(epoch.train.begin(), epoch.train.begin() + values);
    if (epoch.hasValidation)
      row.validation.assign(epoch.validation.begin(), epoch.validation.begin() + values);
    addMatrices(parts, epoch.epoch, epoch.matrices);
  }
  addMatrices(parts, 0, curves.testMatrices);
  return parts;
}

Status takeSteps(const std::vector<StepBlock>& blocks, RunCurves& curves) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto blob = fromBase64(blocks[i].records);
    const std::size_t before = curves.steps.size();
    if (!blob || !readSteps(*blob, blocks[i].values, curves.steps).ok())
      return atItem("steps", i, "the records are damaged");
    for (std::size_t s = before; s < curves.steps.size(); ++s) {
      const StepRecord& step = curves.steps[s];
      if (step.step <= (s > 0 ? curves.steps[s - 1].step : 0) || step.step > kLargestCount ||
          step.epoch < 1 || step.rows < 0)
        return atItem("steps", i, "the steps are not in order");
    }
  }
  return success();
}

Status takeThinned(const std::vector<StepBlock>& blocks, RunCurves& curves) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto blob = fromBase64(blocks[i].records);
    const std::size_t before = curves.thinned.size();
    if (!blob || !readSpans(*blob, blocks[i].values, curves.thinned).ok())
      return atItem("thinned", i, "the records are damaged");
    for (std::size_t s = before; s < curves.thinned.size(); ++s) {
      const StepSpan& span = curves.thinned[s];
      if (span.first <= (s > 0 ? curves.thinned[s - 1].mean.step : 0) || span.mean.step > kLargestCount ||
          span.mean.epoch < 1 || span.mean.rows < 0)
        return atItem("thinned", i, "the steps are not in order");
    }
  }
  // All in one gap between exact steps.
  if (curves.thinned.empty()) return success();
  const std::int64_t first = curves.thinned.front().first, last = curves.thinned.back().mean.step;
  for (const StepRecord& step : curves.steps)
    if (step.step >= first && step.step <= last) return invalid("steps are recorded twice", "thinned");
  return success();
}

Status takeEpochs(std::vector<EpochRow>& rows, std::size_t values, RunCurves& curves) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EpochRecord& epoch = rows[i].record;
    const std::size_t validation = rows[i].validation.size();
    if (rows[i].train.size() != values || (validation != 0 && validation != values))
      return atItem("epochs", i, fmt::format("must have {} values, one per slot", values));
    if (i > 0 && (epoch.epoch <= curves.epochs.back().epoch || epoch.step < curves.epochs.back().step))
      return atItem("epochs", i, "the epochs are not in order");
    const auto toFloat = [](double value) { return static_cast<float>(value); };
    std::ranges::transform(rows[i].train, epoch.train.begin(), toFloat);
    std::ranges::transform(rows[i].validation, epoch.validation.begin(), toFloat);
    epoch.hasValidation = validation > 0;
    curves.epochs.push_back(epoch);
  }
  return success();
}

Status takeMatrices(const std::vector<MatrixBlock>& blocks, RunCurves& curves) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto blob = fromBase64(blocks[i].counts);
    if (!blob || !addMatrix(curves, blocks[i].epoch, blocks[i].number, *blob).ok())
      return atItem("counts", i, "the counts are damaged");
  }
  const auto whole = [](const std::vector<ClassCounts>& matrices) {
    return std::ranges::none_of(matrices, [](const ClassCounts& counts) { return counts.empty(); });
  };
  if (!whole(curves.testMatrices) || !std::ranges::all_of(curves.epochs, whole, &EpochRecord::matrices))
    return invalid("an epoch has only some of the matrices", "counts");
  return success();
}

// Text that lists print on one line. Control characters in an imported file could control a terminal.
void keepToOneLine(RunInfo& info, std::vector<ReportMatrix>& matrices) {
  const auto clean = [](std::string& text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  };
  for (std::string* text : {&info.name, &info.device, &info.error, &info.metricName, &info.best.metric})
    clean(*text);
  for (std::string& tag : info.tags) clean(tag);
  for (ReportMatrix& matrix : matrices) {
    clean(matrix.name);
    for (std::string& name : matrix.classes) clean(name);
  }
}

// Checks constraints between fields.
Status checkWhole(const RecordedRun& run) {
  const RunInfo& info = run.info;
  const auto isHex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (info.uid.size() != 32 || !std::ranges::all_of(info.uid, isHex))
    return invalid("must be 32 hexadecimal digits", "uid");
  if (info.name.empty()) return invalid("must not be empty", "name");
  std::array<bool, kReportSlots> taken{};
  for (const ReportSlot& slot : run.curves.slots)
    if (std::exchange(taken[static_cast<std::size_t>(slot.slot)], true))
      return invalid(fmt::format("slot {} appears twice", slot.slot), "slots");
  for (std::size_t i = 0; i < run.curves.events.size(); ++i)
    if (!std::isfinite(run.curves.events[i].value) || !std::isfinite(run.curves.events[i].seconds))
      return atItem("events", i, "seconds and value must be numbers");
  for (std::size_t i = 1; i < run.curves.profiles.size(); ++i)
    if (run.curves.profiles[i].step <= run.curves.profiles[i - 1].step)
      return atItem("profiles", i, "the profiles are not in order");
  double before = 0;
  for (std::size_t i = 0; i < run.curves.readings.size(); ++i) {
    const double seconds = run.curves.readings[i].wallSeconds;
    if (!(seconds >= before) || !std::isfinite(seconds))
      return atItem("readings", i, "the readings are not in order");
    before = seconds;
  }
  if (!std::isfinite(info.best.value)) return invalid("must be a number", "best_value");
  if (!info.preprocessing.empty()) TANDEM_TRY(preprocessingFromJson(info.preprocessing, "preprocessing"));
  if (auto project = projectFromJson(info.projectJson, "project"); !project.ok()) return project.error();
  return success();
}

Result<RecordedRun> runFromJson(std::string_view text) {
  TANDEM_ASSIGN(const Json json, parseJson(text, kLimits));
  const auto version = json.is_object() ? json.find("tandem_run") : json.end();
  if (version == json.end())
    return invalid("is not the record of a run", {},
                   "`tandem runs export` and `tandem train --record` write one");
  if (isInt64(*version) && version->get<std::int64_t>() > kVersion)
    return Error{ErrorCode::Unsupported, "was written by a newer version of Tandem", {}, "Update Tandem"};
  const Path root;
  FieldReader reader(json, root);
  RecordedRun run;
  Parts parts;
  describeRun(reader, run, parts);
  TANDEM_TRY(reader.finish());
  TANDEM_TRY(takeSteps(parts.steps, run.curves));
  TANDEM_TRY(takeThinned(parts.thinned, run.curves));
  TANDEM_TRY(takeEpochs(parts.epochs, static_cast<std::size_t>(valueCount(run.curves.slots)), run.curves));
  for (std::size_t i = 0; i < run.curves.matrices.size(); ++i)
    if (!isValid(run.curves.matrices[i])) return atItem("matrices", i, "the classes are damaged");
  TANDEM_TRY(takeMatrices(parts.counts, run.curves));
  keepToOneLine(run.info, run.curves.matrices);
  TANDEM_TRY(checkWhole(run));
  return run;
}

// The buffer grows with the output, so a small file that unpacks to a huge one stops at the limit.
Result<std::string> unpacked(std::span<const std::uint8_t> bytes) {
  TANDEM_ASSIGN(const auto source, unpackGzip(openMemory(bytes), {}));
  std::string text;
  std::vector<std::uint8_t> piece(std::min<std::uint64_t>(1 << 20, source->remaining()));
  while (true) {
    TANDEM_ASSIGN(const std::size_t got, source->read(piece));
    text.append(reinterpret_cast<const char*>(piece.data()), got);
    if (got < piece.size() || got == 0) return text;
    if (text.size() > kLimits.bytes)
      return invalid(fmt::format("unpacks to more than {} MiB", kLimits.bytes >> 20));
  }
}

Result<std::string> packed(std::string_view text) {
  z_stream stream{};
  // For base64 of measured numbers, the best compression gains little over a fast one.
  constexpr int kLevel = 3, kGzip = 15 + 16, kMemory = 8;
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{ErrorCode::OutOfMemory, "not enough memory to pack the run", {}, {}};
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int state = deflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  TANDEM_CHECK(state == Z_STREAM_END, "deflateBound was too small");
  return bytes;
}

}  // namespace

std::string toJson(const RecordedRun& run) {
  RecordedRun written{.info = run.info, .curves = {}};
  written.curves.slots = run.curves.slots;
  written.curves.matrices = run.curves.matrices;
  written.curves.events = run.curves.events;
  written.curves.readings = run.curves.readings;
  if (written.info.state == RunState::Running) written.info.state = RunState::Interrupted;
  std::size_t layers = 0;
  for (const ProfileRecord& profile : run.curves.profiles) layers += profile.layers.size();
  const std::size_t every = layers / kMaxLayerTimes + 1;
  for (std::size_t i = 0; i < run.curves.profiles.size(); i += every)
    written.curves.profiles.push_back(run.curves.profiles[i]);
  const Parts parts = partsOf(run.curves);
  Json json = Json::object();
  FieldWriter writer(json);
  describeRun(writer, std::as_const(written), parts);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RecordedRun> runFromBytes(std::span<const std::uint8_t> bytes, std::string_view source) {
  const auto read = [&]() -> Result<RecordedRun> {
    TANDEM_ASSIGN(const std::string text, unpacked(bytes));
    return runFromJson(text);
  };
  auto run = read();
  if (run.ok()) return run;
  Error error = std::move(run).error();
  error.where = error.where.empty() ? std::string(source) : fmt::format("{}: {}", source, error.where);
  return error;
}

Status exportRun(const RunStore& store, std::int64_t id, const std::filesystem::path& file) {
  RecordedRun run;
  TANDEM_ASSIGN(run.info, store.info(id));
  TANDEM_ASSIGN(run.curves, store.curves(id));
  const std::string text = toJson(run);
  // Never write a file that could not be read back.
  if (text.size() > kLimits.bytes || !runFromJson(text).ok())
    return Error{ErrorCode::Unsupported, "the run is too long for one file", run.info.name, {}};
  TANDEM_ASSIGN(const std::string bytes, packed(text));
  return writeFileAtomically(file, bytes);
}

Result<RecordedRun> loadRun(const std::filesystem::path& file) {
  TANDEM_ASSIGN(const auto bytes, readFile(file, kMaxFileBytes));
  return runFromBytes(bytes, file.string());
}

Result<std::int64_t> importRun(RunStore& store, const std::filesystem::path& file) {
  TANDEM_ASSIGN(const RecordedRun run, loadRun(file));
  auto id = store.add(run);
  if (id.ok()) return id;
  Error error = std::move(id).error();
  if (error.where.empty()) error.where = file.string();
  return error;
}

}  // namespace tandem
