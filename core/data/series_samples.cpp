// The samples of a series from the values of its rows.
#include <fmt/format.h>

#include <algorithm>

#include "core/data/series.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

// The rows of a tensor in another order.
void arrange(std::vector<float>& values, const std::vector<std::int64_t>& rows, std::size_t width) {
  bool same = true;
  for (std::size_t i = 0; i < rows.size(); ++i) same = same && rows[i] == static_cast<std::int64_t>(i);
  if (same) return;
  std::vector<float> arranged(values.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(values.begin() + rows[i] * static_cast<std::int64_t>(width), width,
                arranged.begin() + static_cast<std::ptrdiff_t>(i * width));
  values = std::move(arranged);
}

// What a target is at the `ahead`-th row of each sample's targets. Of what there is one per row: targets and weights.
TensorValues valuesAhead(const TensorValues& ofRows, const SeriesLayout& layout, std::int64_t ahead) {
  TensorValues values{.storage = ofRows.storage};
  for (const SeriesSample& sample : layout.samples) {
    const auto row = static_cast<std::size_t>(layout.rows[static_cast<std::size_t>(sample.target + ahead)]);
    if (ofRows.classOf.empty())
      values.floats.push_back(ofRows.floats[row]);
    else
      values.classOf.push_back(ofRows.classOf[row]);
  }
  return values;
}

// What a target is at each row of each sample: numbers once, as the input (TensorValues::starts), classes for each sample.
TensorValues valuesOfSteps(TensorValues ofRows, const SeriesLayout& layout) {
  if (ofRows.classOf.empty()) {
    arrange(ofRows.floats, layout.rows, 1);
    for (const SeriesSample& sample : layout.samples) {
      ofRows.starts.push_back(sample.first);
      ofRows.counts.push_back(sample.rows);
    }
    return ofRows;
  }
  TensorValues values;
  const auto steps = static_cast<std::size_t>(layout.steps);
  values.classOf.resize(layout.samples.size() * steps);
  for (std::size_t i = 0; i < layout.samples.size(); ++i)
    for (std::int64_t r = 0; r < layout.samples[i].rows; ++r) {
      const std::int64_t row = layout.rows[static_cast<std::size_t>(layout.samples[i].first + r)];
      values.classOf[i * steps + static_cast<std::size_t>(r)] = ofRows.classOf[static_cast<std::size_t>(row)];
    }
  return values;
}

// Of whole sequences: how many have different values of a target.
std::int64_t changing(const TensorValues& target, const SeriesLayout& layout) {
  return std::ranges::count_if(layout.samples, [&](const SeriesSample& sample) {
    const auto row = [&](std::int64_t place) {
      return static_cast<std::size_t>(layout.rows[static_cast<std::size_t>(place)]);
    };
    const auto equal = [&](std::size_t a, std::size_t b) {
      return target.classOf.empty() ? target.floats[a] == target.floats[b]
                                    : target.classOf[a] == target.classOf[b];
    };
    bool same = true;
    for (std::int64_t place = sample.first; same && place < sample.last; ++place)
      same = equal(row(place), row(sample.last));
    return !same;
  });
}

void makeInput(const SeriesLayout& layout, const SeriesSpec& series, Dataset& data) {
  DataTensor& info = data.info.inputs[0];
  TensorValues& values = data.inputs[0];
  const std::int64_t width = info.sample.elements();
  arrange(values.floats, layout.rows, static_cast<std::size_t>(width));
  info.sample = Shape{layout.steps, width};
  for (const SeriesSample& sample : layout.samples) {
    values.starts.push_back(sample.first);
    if (series.whole) values.counts.push_back(sample.rows);
  }
  if (!series.whole) return;
  info.varies = true;
  data.info.lengths = {
      DataTensor{.name = info.name + " length", .classes = static_cast<int>(layout.steps) + 1}};
  data.lengths = {TensorValues{.classOf = values.counts}};
}

void makeTargets(const SeriesLayout& layout, const SeriesSpec& series, Dataset& data) {
  std::vector<DataTensor> infos;
  std::vector<TensorValues> all;
  for (std::size_t t = 0; t < data.targets.size(); ++t) {
    if (series.eachStep) {
      DataTensor& info = infos.emplace_back(data.info.targets[t]);
      info.sample = info.classes > 0 ? Shape{layout.steps} : Shape{layout.steps, 1};
      info.varies = true;
      all.push_back(valuesOfSteps(std::move(data.targets[t]), layout));
      continue;
    }
    if (series.whole)
      if (const std::int64_t count = changing(data.targets[t], layout); count > 0)
        data.info.notes.push_back(
            fmt::format("The target \"{}\" changes within {}: the value of the last row is used",
                        data.info.targets[t].name, counted(count, "sequence")));
    for (std::int64_t k = 0; k < (series.whole ? 1 : series.ahead); ++k) {
      infos.push_back(data.info.targets[t]);
      all.push_back(valuesAhead(data.targets[t], layout, k));
    }
  }
  // They are in the order of the fields, which have their names.
  auto info = infos.begin();
  for (const Field& field : data.info.fields)
    if (field.role == FieldRole::Target) (info++)->name = field.name;
  data.info.targets = std::move(infos);
  data.targets = std::move(all);
}

}  // namespace

Status checkSeries(const SeriesSpec& spec, const std::string& where) {
  if (!spec.isSet()) {
    if (spec == SeriesSpec{}) return success();
    const std::string what =
        !spec.group.empty()   ? fmt::format("the group column \"{}\" is chosen", spec.group)
        : !spec.order.empty() ? fmt::format("the order column \"{}\" is chosen", spec.order)
        : spec.eachStep       ? "each row has a target"
                              : "the horizon, the rows ahead, the stride or the past of the targets is set";
    return invalid(what + ", but the rows do not form series", where,
                   "Set the number of rows of a window, or choose whole sequences");
  }
  if (spec.eachStep && !spec.whole)
    return invalid("windows have no target for each of their rows", where,
                   "Choose whole sequences, or targets after the window");
  if (!spec.whole) return success();
  if (spec.group.empty())
    return invalid("whole sequences need a group column, which names the sequence of each row", where,
                   "Choose the group column, or windows instead of whole sequences");
  if (spec.horizon != 1 || spec.ahead != 1 || spec.stride != 1)
    return invalid("horizon, rows ahead and stride have no meaning for whole sequences", where,
                   "Set them to 1, or choose windows instead of whole sequences");
  return success();
}

Status makeSeries(const SeriesRows& rows, const SeriesSpec& spec, const std::string& where, RawData& raw) {
  TANDEM_ASSIGN(SeriesLayout layout, layOutSeries(rows, spec, true, where));
  Dataset& data = raw.data;
  const auto isInput = [](const Field& field) {  // by itself
    return field.role == FieldRole::Feature &&
           (field.kind == FieldKind::Image || field.kind == FieldKind::Text);
  };
  if (data.info.inputs.size() != 1 || std::ranges::any_of(data.info.fields, isInput))
    return invalid(
        "the rows of a series consist of numbers and categories, but other columns are among the features",
        where, "Ignore these columns, or use each row as a separate sample");
  TANDEM_TRY(
      checkMemory(static_cast<double>(layout.samples.size()) * static_cast<double>(data.targets.size()) *
                      static_cast<double>(spec.eachStep ? layout.steps : spec.ahead) * sizeof(float),
                  where));
  data.info.series = spec;
  data.info.series.steps = layout.steps;
  makeInput(layout, spec, data);
  makeTargets(layout, spec, data);
  if (data.info.weights) {
    if (spec.whole)
      if (const std::int64_t count = changing(data.weights, layout); count > 0)
        data.info.notes.push_back(
            fmt::format("The sample weights in column \"{}\" change within {}: the weight of the last row is "
                        "that of the sequence",
                        data.info.weights->name, counted(count, "sequence")));
    data.weights = valuesAhead(data.weights, layout, 0);
  }
  data.info.notes.insert(data.info.notes.end(), layout.notes.begin(), layout.notes.end());
  if (spec.whole) return success();
  for (const SeriesSample& sample : layout.samples) raw.spans.push_back(sample.span);
  raw.seriesRows = std::move(layout.lengths);
  return success();
}

}  // namespace tandem
