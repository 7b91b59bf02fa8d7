#include "core/data/encode_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text/plural.h"

namespace tandem {
namespace {

template <class Value>
std::vector<Value> chosen(const std::vector<Value>& ofRows, const SeriesLayout& layout,
                          std::int64_t SeriesSample::*place, std::int64_t after) {
  std::vector<Value> values;
  if (ofRows.empty()) return values;
  for (const SeriesSample& sample : layout.samples)
    values.push_back(
        ofRows[static_cast<std::size_t>(layout.rows[static_cast<std::size_t>(sample.*place + after)])]);
  return values;
}

// Of each row of each sample.
template <class Value>
std::vector<Value> chosenSteps(const std::vector<Value>& ofRows, const SeriesLayout& layout) {
  std::vector<Value> values;
  if (ofRows.empty()) return values;
  for (const SeriesSample& sample : layout.samples)
    for (std::int64_t r = 0; r < sample.rows; ++r)
      values.push_back(
          ofRows[static_cast<std::size_t>(layout.rows[static_cast<std::size_t>(sample.first + r)])]);
  return values;
}

std::vector<float> inputOf(const std::vector<float>& rows, const SeriesLayout& layout, std::size_t width) {
  const auto steps = static_cast<std::size_t>(layout.steps);
  std::vector<float> input(layout.samples.size() * steps * width, 0.0f);
  auto out = input.begin();
  for (const SeriesSample& sample : layout.samples) {
    for (std::int64_t r = 0; r < sample.rows; ++r) {
      const auto row = static_cast<std::size_t>(layout.rows[static_cast<std::size_t>(sample.first + r)]);
      std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                  out + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(r) * width));
    }
    out += static_cast<std::ptrdiff_t>(steps * width);
  }
  return input;
}

}  // namespace

Result<SeriesColumns> seriesColumnsIn(const std::vector<std::string>& names, const std::vector<Field>& fields,
                                      const std::string& place) {
  SeriesColumns columns;
  for (const Field& field : fields) {
    if (field.role != FieldRole::Group && field.role != FieldRole::Order) continue;
    const auto at = std::ranges::find(names, field.name);
    auto& column = field.role == FieldRole::Group ? columns.group : columns.order;
    if (at != names.end()) column = static_cast<std::size_t>(at - names.begin());
    if (field.role == FieldRole::Group && !column)
      return invalid(fmt::format("there is no column \"{}\", which names the series of each row", field.name),
                     place, "Add it; if all rows are one series, with the same value in each of them");
  }
  return columns;
}

Status encodeSeries(const SeriesRows& rows, const Preprocessing& preprocessing, Labels labels,
                    const std::string& where, EncodedSamples& encoded) {
  const SeriesSpec& series = preprocessing.series;
  const bool labelled = labels == Labels::Needed;
  TANDEM_ASSIGN(const SeriesLayout layout, layOutSeries(rows, series, labelled, where));
  const std::size_t width = encoded.inputs[0].size() / static_cast<std::size_t>(encoded.rows);
  const std::size_t samples = layout.samples.size();
  TANDEM_TRY(checkMemory(static_cast<double>(samples) * static_cast<double>(layout.steps) *
                             static_cast<double>(width) * sizeof(float),
                         where));
  encoded.inputs[0] = inputOf(encoded.inputs[0], layout, width);
  encoded.lengths.assign(1, {});
  if (series.whole)
    for (const SeriesSample& sample : layout.samples) encoded.lengths[0].push_back(sample.rows);
  const std::vector<const Field*> targets = preprocessing.targets();
  for (std::size_t t = 0; t < encoded.targets.size(); ++t) {
    EncodedTarget& target = encoded.targets[t];
    if (series.eachStep) {
      target.classOf = chosenSteps(target.classOf, layout);
      target.valueOf = chosenSteps(target.valueOf, layout);
      continue;
    }
    const std::int64_t after = series.whole ? 0 : targets[t]->ahead - series.horizon;
    target.classOf = chosen(target.classOf, layout, &SeriesSample::target, after);
    target.valueOf = chosen(target.valueOf, layout, &SeriesSample::target, after);
  }
  encoded.lines = chosen(encoded.lines, layout, &SeriesSample::last, 0);
  if (!rows.group.empty())
    for (const SeriesSample& sample : layout.samples)
      encoded.groups.push_back(rows.groups[static_cast<std::size_t>(sample.span.series)]);
  encoded.rows = static_cast<std::int64_t>(samples);
  encoded.notes.insert(encoded.notes.end(), layout.notes.begin(), layout.notes.end());
  if (labelled || series.whole) return success();
  const std::int64_t last = series.horizon + series.ahead - 1;
  const std::string rowsAhead = last == 1             ? "the next row"
                                : series.horizon == 1 ? fmt::format("the next {} rows", last)
                                : series.ahead == 1
                                    ? fmt::format("the row {} later", last)
                                    : fmt::format("the rows {} to {} later", series.horizon, last);
  encoded.notes.push_back(fmt::format(
      "Each prediction is for {}, after a window of {} that ends with the line that is named; the last one{} is for what "
      "follows the table",
      rowsAhead, counted(series.steps, "row"), rows.group.empty() ? "" : " of each series"));
  return success();
}

}  // namespace tandem
