#include "core/data/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "core/data/time_stamp.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// "A, B and 3 more"
std::string listOf(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kShown ? fmt::format("{} and {} more", text, names.size() - kShown) : text;
}

class Planner {
 public:
  Planner(const SeriesRows& table, const SeriesSpec& spec, bool labelled, const std::string& where)
      : table_(table), spec_(spec), labelled_(labelled), where_(where) {}

  Result<SeriesLayout> run() {
    sortRows();
    layout_.steps = spec_.steps;
    if (spec_.whole && labelled_ && longest() == 1) return singleRows();
    for (std::size_t s = 0; s + 1 < begins_.size(); ++s) TANDEM_TRY(checkOrder(s));
    if (spec_.whole) TANDEM_TRY(addSequences());
    for (std::size_t s = 0; !spec_.whole && s + 1 < begins_.size(); ++s) addWindows(s);
    if (layout_.samples.empty()) return nothing();
    addNotes();
    return std::move(layout_);
  }

 private:
  // Rows of a series, which other series may interrupt in the table, follow each other.
  void sortRows() {
    const std::size_t count = table_.row.size(), series = table_.group.empty() ? 1 : table_.groups.size();
    begins_.assign(series + 1, 0);
    for (const std::int32_t group : table_.group) ++begins_[static_cast<std::size_t>(group) + 1];
    if (table_.group.empty()) begins_[1] = static_cast<std::int64_t>(count);
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    order_.resize(count);
    std::vector<std::int64_t> next(begins_.begin(), begins_.end() - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t s = table_.group.empty() ? 0 : static_cast<std::size_t>(table_.group[i]);
      order_[static_cast<std::size_t>(next[s]++)] = i;
    }
    place_.assign(count, -1);
    for (std::size_t p = 0; p < count; ++p) {
      const std::int64_t row = table_.row[order_[p]];
      if (row < 0) continue;
      place_[p] = std::ssize(layout_.rows);
      layout_.rows.push_back(row);
    }
    for (std::size_t s = 0; s < series; ++s) layout_.lengths.push_back(begins_[s + 1] - begins_[s]);
  }

  Status checkOrder(std::size_t s) const {
    if (table_.order.empty()) return success();
    const std::size_t none = order_.size();
    std::size_t before = none;
    for (auto p = static_cast<std::size_t>(begins_[s]); p < static_cast<std::size_t>(begins_[s + 1]); ++p) {
      const std::size_t row = order_[p];
      if (std::isnan(table_.order[row])) continue;
      if (before != none && table_.order[row] < table_.order[before])
        return invalid(
            fmt::format("the value in column \"{}\" is less than in line {}, so that the rows are not in "
                        "the order of time",
                        spec_.order, table_.lines[before]),
            fmt::format("{}:{}", where_, table_.lines[row]),
            spec_.group.empty()
                ? "Sort the rows, or choose the group column if the table contains several series"
                : "Sort the rows of each series");
      before = row;
    }
    return success();
  }

  void addWindows(std::size_t s) {
    const std::int64_t begin = begins_[s], rows = layout_.lengths[s];
    const std::int64_t covered = labelled_ ? spec_.reach() : spec_.steps;
    if (rows < covered) {
      short_.push_back(nameOf(s));
      return;
    }
    // Without labels, what follows the last row matters most.
    const std::int64_t start = labelled_ ? 0 : (rows - covered) % spec_.stride;
    std::vector<std::int64_t> complete(static_cast<std::size_t>(rows) + 1, 0);  // rows before each row
    for (std::int64_t r = 0; r < rows; ++r)
      complete[static_cast<std::size_t>(r) + 1] =
          complete[static_cast<std::size_t>(r)] + (placeOf(begin + r) >= 0);
    const auto holds = [&](std::int64_t from, std::int64_t count) {
      return complete[static_cast<std::size_t>(from + count)] - complete[static_cast<std::size_t>(from)] ==
             count;
    };
    for (std::int64_t r = start; r + covered <= rows; r += spec_.stride) {
      const std::int64_t last = r + spec_.steps - 1, target = last + spec_.horizon;
      if (!holds(r, spec_.steps) || (labelled_ && !holds(target, spec_.ahead))) {
        ++incomplete_;
        continue;
      }
      SeriesSample& sample = layout_.samples.emplace_back();
      sample.first = placeOf(begin + r);
      sample.rows = static_cast<std::int32_t>(spec_.steps);
      sample.last = placeOf(begin + last);
      sample.target = labelled_ ? placeOf(begin + target) : sample.last + spec_.horizon;
      sample.span = {static_cast<std::int32_t>(s), r, r + covered};
    }
  }

  Status addSequences() {
    if (spec_.steps == 0) layout_.steps = longest();
    if (layout_.steps > SeriesSpec::kMaxSteps)
      return invalid(fmt::format("the longest sequence has {}; at most {} are possible",
                                 counted(layout_.steps, "row"), SeriesSpec::kMaxSteps),
                     where_, "Set the number of rows that are used of each sequence");
    for (std::size_t s = 0; s < layout_.lengths.size(); ++s) {
      const std::int64_t begin = begins_[s], rows = layout_.lengths[s];
      bool complete = true;
      for (std::int64_t r = 0; r < rows; ++r) complete = complete && placeOf(begin + r) >= 0;
      if (!complete) {
        ++incomplete_;
        continue;
      }
      if (rows > layout_.steps) ++cut_;
      SeriesSample& sample = layout_.samples.emplace_back();
      sample.first = placeOf(begin);
      sample.rows = static_cast<std::int32_t>(std::min(rows, layout_.steps));
      sample.last = sample.target = placeOf(begin + rows - 1);
      sample.span = {static_cast<std::int32_t>(s), 0, rows};
    }
    return success();
  }

  Error nothing() const {
    if (labelled_ && !table_.group.empty() && longest() == 1) return singleRows();
    if (incomplete_ > 0)
      return invalid(
          fmt::format("every {} contains rows with missing values", spec_.whole ? "sequence" : "window"),
          where_,
          spec_.whole ? "Ignore columns that are mostly empty, and write the target into each row"
                      : "Ignore columns that are mostly empty, or shorten the window");
    const std::string need =
        labelled_ ? fmt::format("a window of {} and its targets need {}", counted(spec_.steps, "row"),
                                spec_.reach())
                  : fmt::format("the window of the network needs {}", counted(spec_.steps, "row"));
    const char* hint =
        labelled_ ? "Shorten the window or the horizon, or use more rows" : "Provide more rows";
    if (table_.group.empty())
      return invalid(fmt::format("the table has {}, but {}", counted(longest(), "row"), need), where_, hint);
    return invalid(fmt::format("the longest series of column \"{}\" has {}, but {}", spec_.group,
                               counted(longest(), "row"), need),
                   where_, hint);
  }

  Error singleRows() const {
    return invalid(
        fmt::format("every value of column \"{}\" occurs in one row only, so that there are no series",
                    spec_.group),
        where_, "Choose the column whose value is the same in all rows of a series");
  }

  void addNotes() {
    std::vector<std::string>& notes = layout_.notes;
    const std::int64_t samples = std::ssize(layout_.samples);
    if (spec_.whole) {
      notes.push_back(
          fmt::format("Each sample is a sequence of up to {}{}: those with the same value in column \"{}\" "
                      "({})",
                      counted(layout_.steps, "row"), spec_.eachStep ? ", each with a target" : "",
                      spec_.group, counted(samples, "sequence")));
    } else if (labelled_) {
      const std::string targets = spec_.ahead == 1 ? fmt::format("row {} after its end", spec_.horizon)
                                                   : fmt::format("rows {} to {} after its end", spec_.horizon,
                                                                 spec_.horizon + spec_.ahead - 1);
      notes.push_back(fmt::format("Each sample is a window of {}; the targets are in {} ({}{})",
                                  counted(spec_.steps, "row"), targets, counted(samples, "window"),
                                  table_.group.empty() ? ""
                                                       : fmt::format(" of {} series in column \"{}\"",
                                                                     layout_.lengths.size(), spec_.group)));
    }
    if (cut_ > 0)
      notes.push_back(fmt::format("Of {} longer than that, only the first {} are used",
                                  counted(cut_, "sequence"), counted(layout_.steps, "row")));
    if (incomplete_ > 0)
      notes.push_back(fmt::format("Left out {} that contain{} rows with missing values",
                                  counted(incomplete_, spec_.whole ? "sequence" : "window"),
                                  incomplete_ == 1 ? "s" : ""));
    if (!short_.empty())
      notes.push_back(fmt::format("Left out {} series with fewer than {}: {}", short_.size(),
                                  counted(labelled_ ? spec_.reach() : spec_.steps, "row"), listOf(short_)));
  }

  std::int64_t longest() const { return *std::ranges::max_element(layout_.lengths); }
  std::int64_t placeOf(std::int64_t position) const { return place_[static_cast<std::size_t>(position)]; }
  std::string nameOf(std::size_t s) const { return table_.groups.empty() ? std::string() : table_.groups[s]; }

  const SeriesRows& table_;
  const SeriesSpec& spec_;
  bool labelled_;
  const std::string& where_;
  std::vector<std::int64_t> begins_;  // of each series in order_, and the end
  std::vector<std::size_t> order_;    // the rows of the table
  std::vector<std::int64_t> place_;   // of each of them in SeriesLayout::rows, or -1
  std::vector<std::string> short_;    // series
  std::int64_t incomplete_ = 0, cut_ = 0;
  SeriesLayout layout_;
};

}  // namespace

Status SeriesColumns::read(const CsvRows& rows, bool complete, const SeriesSpec& spec,
                           const std::vector<std::string>& missing, NumberStyle style,
                           SeriesPart& part) const {
  part.complete.push_back(complete ? 1 : 0);
  if (group) {
    const std::string_view cell = rows.cells()[*group];
    if (isMissingText(cell, rows.isQuoted(*group), missing))
      return invalid(
          fmt::format("the value in column \"{}\" is missing, which names the series of the row", spec.group),
          rows.place(), "Enter it or remove the row");
    auto known = part.names.find(cell);
    if (known == part.names.end())
      known = part.names.emplace(cell, static_cast<std::int32_t>(part.names.size())).first;
    part.group.push_back(known->second);
  }
  if (!order) return success();
  const std::string_view cell = rows.cells()[*order];
  auto value = isMissingNumber(cell, missing) ? std::optional<double>() : parseNumber(cell, style);
  if (!value) value = timeOf(cell);
  if (complete && !(value && std::isfinite(*value)))
    return invalid(fmt::format("\"{}\" in column \"{}\" is neither a number nor a date such as 2024-01-31 or "
                               "2024-01-31 14:05",
                               cell, spec.order),
                   rows.place(), "Correct it, or do not choose a column for the order of the rows");
  part.order.push_back(value.value_or(kUnknown));
  part.lines.push_back(rows.line());
  return success();
}

SeriesRows joined(std::span<const SeriesPart* const> parts) {
  SeriesRows all;
  std::unordered_map<std::string, std::int32_t> numberOf;
  std::int64_t row = 0;
  for (const SeriesPart* part : parts) {
    for (const std::uint8_t complete : part->complete) all.row.push_back(complete != 0 ? row++ : -1);
    std::vector<const std::string*> names(part->names.size());
    for (const auto& [name, number] : part->names) names[static_cast<std::size_t>(number)] = &name;
    std::vector<std::int32_t> numbers;
    for (const std::string* name : names) {
      const auto [known, added] = numberOf.emplace(*name, static_cast<std::int32_t>(all.groups.size()));
      if (added) all.groups.push_back(*name);
      numbers.push_back(known->second);
    }
    for (const std::int32_t group : part->group)
      all.group.push_back(numbers[static_cast<std::size_t>(group)]);
    all.order.insert(all.order.end(), part->order.begin(), part->order.end());
    all.lines.insert(all.lines.end(), part->lines.begin(), part->lines.end());
  }
  return all;
}

Result<SeriesLayout> layOutSeries(const SeriesRows& rows, const SeriesSpec& spec, bool labelled,
                                  const std::string& where) {
  return Planner(rows, spec, labelled, where).run();
}

}  // namespace tandem
