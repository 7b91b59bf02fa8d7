#include "core/data/csv.h"
#include "core/data/encode.h"

#include <algorithm>
#include <cmath>

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

// The rows of each sample of a series are there.
void checkRows(const DataTensor& info, const TensorValues& values) {
  const std::int64_t features = info.sample[1], rows = std::ssize(values.floats) / features;
  for (std::size_t i = 0; i < values.starts.size(); ++i) {
    const std::int64_t count = values.counts.empty() ? info.sample[0] : values.counts[i];
    TANDEM_CHECK(
        count >= 1 && count <= info.sample[0] && values.starts[i] >= 0 && values.starts[i] + count <= rows,
        "rows of a sample");
  }
}

void check(const Dataset& data) {
  const auto rows = static_cast<std::size_t>(data.size());
  TANDEM_CHECK(rows > 0 && data.inputs.size() == data.info.inputs.size() && !data.inputs.empty(),
               "an empty table was accepted");
  for (std::size_t i = 0; i < data.info.tensors(); ++i) {
    const DataTensor& info = data.info.tensor(i);
    const TensorValues& values = data.values(i);
    const auto width = static_cast<std::size_t>(info.sample.elements());
    TANDEM_CHECK(width > 0, "an empty tensor was accepted");
    for (const float value : values.floats) TANDEM_CHECK(std::isfinite(value), "number");
    if (!values.starts.empty()) {
      checkRows(info, values);
      continue;
    }
    TANDEM_CHECK(values.floats.size() + values.bytes.size() + values.classOf.size() == rows * width,
                 "values");
    const bool lengths = i + data.info.lengths.size() >= data.info.tensors();
    TANDEM_CHECK(lengths || info.classNames.size() == static_cast<std::size_t>(info.classes), "classes");
    for (const std::int32_t label : values.classOf) TANDEM_CHECK(label >= 0 && label < info.classes, "label");
    if (i < data.inputs.size() && info.name == "table")
      TANDEM_CHECK(data.info.featureNames().size() == width, "names");
  }
}

void checkWeights(const Dataset& data) {
  TANDEM_CHECK(data.info.weights.has_value(), "weights");
  for (const float weight : data.weights.floats) TANDEM_CHECK(weight >= 0, "a negative weight was accepted");
}

bool run(std::span<const std::uint8_t> bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  bool accepted = false;
  const TableFormat formats[] = {{}, {.decimal = ",", .quote = "'", .comment = "#", .missing = {"-"}}};
  for (int i = 0; i < 10; ++i) {
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.classification = i % 2 == 0;
    spec.table = formats[i / 2 % 2];
    if (i == 4 || i == 5) spec.sampleWeights = "column 2";
    if (i >= 6 && i <= 8) spec.series.steps = 2;
    if (i == 7 || i == 8) spec.series.group = "column 1";
    spec.series.whole = i == 8;
    if (i == 9) spec.texts = {"column 1"};
    auto raw = parseCsv(text, spec, "f.csv", {});
    accepted = accepted || raw.ok();
    if (raw.ok() && !encodeTextsAsRead(*raw, spec).ok()) continue;  // nothing to learn from
    if (raw.ok()) {
      check(raw->data);
      if (!spec.sampleWeights.empty()) checkWeights(raw->data);
      const Preprocessing learned{raw->data.info.fields, raw->data.info.named, true, raw->data.info.table,
                                  raw->data.info.series};
      const auto asked = encodeTable(text, learned, "f.csv", Labels::Needed);
      const std::vector<DataTensor>& inputs = raw->data.info.inputs;
      for (std::size_t k = 0; asked.ok() && k < inputs.size(); ++k)
        TANDEM_CHECK(asked->inputs[k].size() ==
                         asked->lines.size() * static_cast<std::size_t>(inputs[k].sample.elements()),
                     "encoded features");
    }
    const auto whole = probeCsv(text, spec, "f.csv", false);
    TANDEM_CHECK(!raw.ok() || (whole.ok() && whole->featureNames() == raw->data.info.featureNames()),
                 "probe differs");
    TablePreview preview;
    const auto part = probeCsv(text, spec, "f.csv", true, &preview);
    TANDEM_CHECK(preview.rows.size() <= TablePreview::kRows + 1, "rows of the preview");
    for (const TablePreview::Row& row : preview.rows)
      TANDEM_CHECK(row.cells.size() <= preview.width && row.cells.size() == row.states.size(), "cells");
    const bool texts = part.ok() && std::ranges::any_of(part->fields, [](const Field& field) {
                         return field.kind == FieldKind::Text;  // of an ARFF file as well
                       });
    TANDEM_CHECK(!part.ok() || texts || part->inputs[0].sample.elements() > 0,
                 "an empty structure was accepted");
  }
  return accepted;
}

}  // namespace

extern const FuzzTarget csv;
const FuzzTarget csv = {"csv", run};

}  // namespace tandem::fuzz
