#include <algorithm>

#include "core/data/csv.h"
#include "core/data/csv_rows.h"
#include "core/data/declared_table.h"
#include "core/data/utf8.h"

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool run(std::span<const std::uint8_t> bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (firstInvalidUtf8(text) != text.npos || text.find('\0') != text.npos) return false;
  const auto table = readArff(text, "f");
  if (table.ok()) {
    // Each row is read back at its line, with a cell for each column.
    CsvRows rows(table->text, {}, "f");
    while (true) {
      const auto more = rows.next();
      TANDEM_CHECK(more.ok(), "the table is not CSV");
      if (!*more) break;
      TANDEM_CHECK(rows.cells().size() == table->columns.size(), "cells");
    }
    const auto columns = readArffColumns(text, "f");
    TANDEM_CHECK(columns.ok() && columns->size() == table->columns.size(), "columns");
  }
  bool accepted = false;
  for (const bool classes : {true, false}) {
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.classification = classes;
    auto raw = parseCsv(text, spec, "f", {});
    if (!raw.ok() || !encodeTextsAsRead(*raw, spec).ok()) continue;
    accepted = true;
    const DataTensor& target = raw->data.info.targets[0];
    TANDEM_CHECK(std::ssize(target.classNames) == target.classes, "names");
    for (const std::int32_t label : raw->data.targets[0].classOf)
      TANDEM_CHECK(label >= 0 && label < target.classes, "label");
  }
  return accepted;
}

}  // namespace

extern const FuzzTarget arff;
const FuzzTarget arff = {"arff", run};

}  // namespace tandem::fuzz
