// The options that describe data: of `tandem new`, `tandem train` and `tandem check`, and fewer of `tandem infer` and
// `tandem evaluate`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "core/data/dataset.h"
#include "core/data/spec.h"

namespace tandem::cli {

// How a table is written, apart from what a trained model knows about its tables.
struct TableOptions {
  std::optional<std::string> delimiter, decimal, thousands, encoding;
  std::optional<std::string> missing;  // a list, separated by commas

  // Errors: a setting that is not possible.
  Status applyTo(TableFormat& format) const;
};

struct DataOptions {
  std::optional<std::filesystem::path> path, masks;
  std::optional<std::string> target, header, quote, comment, sampleWeights, array;
  std::optional<std::string> numbers, categories, ignore, texts;  // lists, separated by commas
  std::optional<std::int64_t> window, horizon, ahead, stride;
  std::optional<std::string> seriesGroup, seriesOrder;
  bool wholeSeries = false, eachRow = false, noPastTargets = false;
  std::optional<std::string> textUnit;
  std::optional<std::int64_t> vocabulary, textSteps, textStride;
  bool keepCase = false;
  TableOptions table;
  bool skipDamaged = false;

  // Errors: nothing is at the path, a setting that is not possible, or one of tables, texts or series for other data.
  Status applyTo(DataSpec& data) const;

 private:
  const char* tableOption(DataKind kind) const;
  bool describesSeries() const;
  Status checkTextsAndSeries(const DataSpec& data) const;
};

void addTableOptions(Command command, TableOptions& options);
void addSkipDamaged(Command command, bool& skipDamaged);
void addMasks(Command command, std::optional<std::filesystem::path>& masks);
// All of them. `about`: of --data.
void addDataOptions(Command command, DataOptions& options,
                    const char* about = "Use this data, of the same fields, instead of the project's");

// What the reader has decided, and the classes of the data.
void printNotes(const DatasetInfo& info);

}  // namespace tandem::cli
