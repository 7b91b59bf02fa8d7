// loadDataset and probeDataset: find the reader; loadDataset then splits and normalizes.
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "core/base/machine.h"
#include "core/data/reader.h"
#include "core/text/units.h"

namespace tandem {
namespace {

const DataReader* const kReaders[] = {&idxReader,   &csvReader,        &imageFolderReader, &generatedReader,
                                      &numpyReader, &textFolderReader, &textFileReader,    &cifarReader};

// Runs a reader; an out-of-memory exception in it becomes an Error.
template <class T, class Call>
Result<T> withReader(const DataSpec& spec, const Call& call) {
  try {
    for (const DataReader* reader : kReaders) {
      if (reader->kind != spec.kind) continue;
      if (!spec.sampleWeights.empty() && spec.kind != DataKind::Csv)
        return invalid(fmt::format("the data is no table, so there is no column \"{}\" of sample weights",
                                   spec.sampleWeights),
                       spec.path, "Remove the setting sample_weights of the data, or choose a table");
      Result<T> result = call(*reader);
      if (result.ok() || result.error().code != ErrorCode::NotFound || !result.error().hint.empty())
        return result;
      Error error = std::move(result).error();
      error.hint = "Move it there, or choose other data";
      return error;
    }
    return invalid("unknown data kind", spec.path);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  return Error{ErrorCode::OutOfMemory, "not enough memory to hold the data", spec.path,
               "Close other programs or use a smaller dataset"};
}

// How often each class occurs in the training set, among samples, pixels or steps.
void countClasses(Dataset& data) {
  for (std::size_t t = 0; t < data.targets.size(); ++t) {
    DataTensor& target = data.info.targets[t];
    const std::vector<std::int32_t>& classOf = data.targets[t].classOf;
    if (classOf.empty()) continue;
    target.classCounts.assign(static_cast<std::size_t>(target.classes), 0);
    for (const std::int64_t sample : data.part(SplitPart::Train))
      for (const std::int32_t number :
           std::span(classOf).subspan(data.placeOfTarget(t, sample), data.valuesOfTarget(t, sample)))
        ++target.classCounts[static_cast<std::size_t>(number)];
  }
}

}  // namespace

Status checkMemory(double bytes, const std::string& where) {
  constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
  const double limit = std::min(16 * kGiB, memoryOfMachine());
  if (bytes <= limit) return success();
  return Error{
      ErrorCode::OutOfMemory,
      fmt::format("the data needs {} of memory; the limit is {}", bytesText(bytes), bytesText(limit)), where,
      "Use fewer or smaller samples"};
}

Status report(const LoadProgress& progress, double done) {
  if (!progress || progress(done)) return success();
  return Error{ErrorCode::Cancelled, "loading the data was cancelled", {}, {}};
}

Result<std::shared_ptr<const Dataset>> loadDataset(const DataSpec& spec, const LoadProgress& progress) {
  using Loaded = std::shared_ptr<const Dataset>;
  return withReader<Loaded>(spec, [&](const DataReader& reader) -> Result<Loaded> {
    TANDEM_TRY(report(progress, 0));
    TANDEM_ASSIGN(RawData raw, reader.read(spec, progress));
    TANDEM_TRY(splitDataset(raw, spec));
    TANDEM_TRY(encodeTexts(raw, spec, progress));
    normalizeDataset(raw.data, spec);
    countClasses(raw.data);
    TANDEM_TRY(report(progress, 1));
    return Loaded(std::make_shared<const Dataset>(std::move(raw.data)));
  });
}

Result<DatasetInfo> probeDataset(const DataSpec& spec, TablePreview* preview) {
  return withReader<DatasetInfo>(spec, [&](const DataReader& reader) { return reader.probe(spec, preview); });
}

}  // namespace tandem
