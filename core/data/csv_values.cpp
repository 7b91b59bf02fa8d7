#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <span>

#include "core/data/csv_categories.h"
#include "core/data/csv_storage.h"
#include "core/data/csv_table.h"

namespace tandem {
namespace {

// Where the values of a column go.
struct Slot {
  std::size_t column = 0;
  FieldKind kind = FieldKind::Number;
  FloatStorage storage;
};

// What was read of a chunk.
struct Part {
  std::int64_t firstRow = 0;  // where its rows begin until the parts are joined
  std::int64_t rows = 0;      // complete ones
  CsvSkipped skipped;
  std::vector<std::int64_t> missing;      // of each column
  std::vector<Spellings> spellings;       // of each category slot
  std::vector<Spellings> skippedClasses;  // of each category slot that is a target, in rows that are skipped
  std::vector<NumberRange> ranges;        // of each number slot, then of each target slot
  std::vector<std::string> images;        // (rows, image slots)
  std::vector<std::string> texts;         // (rows, text slots)
  std::vector<std::int64_t> lines;        // of each row, if there are image slots
  SeriesPart series;
};

class ValueReader {
 public:
  // Reads as `table` is decided; it must outlive this.
  ValueReader(const CsvTable& table, Dataset& data)
      : table_(table), data_(data), parts_(table.chunks.size()) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const CsvColumn& column = table.columns[c];
      if (!column.used) continue;
      auto& slots = column.kind == FieldKind::Image      ? images_
                    : column.kind == FieldKind::Text     ? texts_
                    : column.kind == FieldKind::Category ? categories_
                    : column.target || column.weight     ? targets_
                                                         : numbers_;
      slots.push_back({c, column.kind, {}});
      if (column.past && column.kind == FieldKind::Number) numbers_.push_back({c, column.kind, {}});
    }
  }

  // Must be called first, to allocate.
  Status begin() {
    const std::int64_t rows = clearParts();
    const auto count = static_cast<std::size_t>(rows);
    const double bytes =
        static_cast<double>(rows) *
        static_cast<double>(sizeof(float) * numbers_.size() + sizeof(float) * targets_.size() +
                            sizeof(std::int32_t) * categories_.size());
    TANDEM_TRY(checkMemory(bytes, table_.where));
    chooseStorage();
    numbersOf_.resize(count * numbers_.size());
    targetsOf_.resize(count * targets_.size());
    codes_.resize(count * categories_.size());
    return success();
  }

  // Rows of different chunks may be read at the same time. known: see RowVisitor; may be empty.
  Status readRow(std::size_t chunk, const CsvRows& rows, std::span<const double> known) {
    Part& part = parts_[chunk];
    if (table_.style != NumberStyle{}) known = {};
    const bool complete = isComplete(rows, known, part);
    if (table_.series.isSet())
      TANDEM_TRY(table_.seriesColumns.read(rows, complete, table_.series, table_.missing, table_.style,
                                           part.series));
    if (!complete) return success();
    const auto row = static_cast<std::size_t>(part.firstRow + part.rows);
    NumberRange* range = part.ranges.data();
    float* number = numbersOf_.data() + row * numbers_.size();
    for (const Slot& slot : numbers_) TANDEM_TRY(readNumber(rows, known, slot, *number++, *range++));
    float* target = targetsOf_.data() + row * targets_.size();
    for (const Slot& slot : targets_) TANDEM_TRY(readNumber(rows, known, slot, *target++, *range++));
    std::int32_t* code = codes_.data() + row * categories_.size();
    for (std::size_t k = 0; k < categories_.size(); ++k)
      *code++ = codeOf(rows.cells()[categories_[k].column], part.spellings[k]);
    for (const Slot& slot : images_) part.images.emplace_back(rows.cells()[slot.column]);
    if (!images_.empty()) part.lines.push_back(rows.line());
    for (const Slot& slot : texts_) part.texts.emplace_back(rows.cells()[slot.column]);
    ++part.rows;
    return success();
  }

  // Reads all rows, once more if all of them show that their numbers must be stored otherwise.
  Status readAll(const LoadProgress& progress) {
    do {
      clearParts();
      TANDEM_TRY(
          forEachChunk(table_.chunks, progress, 0.6, 0.95, [&](std::size_t i) { return readChunk(i); }));
    } while (!settleStorage());
    return success();
  }

  // After all rows were read: whether the numbers are stored as suits all of them. If not, they must be read again.
  bool settleStorage() {
    const std::vector<NumberRange> ranges = joinedRanges();
    bool settled = true;
    const NumberRange* range = ranges.data();
    for (auto* slots : {&numbers_, &targets_})
      for (Slot& slot : *slots) {
        FloatStorage best = isCentred(*slots, slot) ? storageFor(*range) : FloatStorage{};
        // Any of the values will do.
        const double offset = slot.storage.offset;
        if (best.offset != 0 && offset != 0 && offset >= range->least && offset <= range->greatest)
          best.offset = offset;
        settled = settled && best == slot.storage;
        slot.storage = best;
        ++range;
      }
    return settled;
  }

  // Joins what was read, and names the categories of the columns.
  Result<CsvContents> finish(CsvTable& table) {
    const std::vector<NumberRange> ranges = joinedRanges();
    for (std::size_t s = 0; s < ranges.size(); ++s) {
      const Slot& slot = s < numbers_.size() ? numbers_[s] : targets_[s - numbers_.size()];
      const std::string& name = table_.columns[slot.column].name;
      TANDEM_TRY(checkRange(ranges[s], slot.storage, name, table_.where));
      if (s >= numbers_.size() && table_.columns[slot.column].past) continue;  // it was among the features
      if (ranges[s].count > 1 && ranges[s].least == ranges[s].greatest)
        table.notes.push_back(fmt::format("Column \"{}\" has the same value in all rows", name));
    }
    TANDEM_ASSIGN(CsvSkipped skipped, joinParts());
    TANDEM_TRY(nameCategories(table));
    TANDEM_TRY(layOut(table.columns));
    if (skipped.rows > rows_)
      table.notes.push_back(
          fmt::format("Most rows are skipped. Column \"{}\" has the most missing values: if it is not "
                      "needed, ignore it",
                      table.columns[mostlyMissing_].name));
    std::vector<const SeriesPart*> series;
    for (const Part& part : parts_) series.push_back(&part.series);
    return CsvContents{std::move(skipped), joinedImages(), joinedTexts(), joined(series)};
  }

 private:
  Status readChunk(std::size_t chunk) {
    CsvRows rows = table_.rowsOf(chunk);
    for (;;) {
      TANDEM_ASSIGN(const bool more, rows.next());
      if (!more) return success();
      TANDEM_TRY(readRow(chunk, rows, {}));
    }
  }

  // Returns how many rows there may be.
  std::int64_t clearParts() {
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      parts_[i] = {};
      parts_[i].firstRow = rows;
      parts_[i].missing.resize(table_.columns.size());
      parts_[i].spellings.resize(categories_.size());
      parts_[i].skippedClasses.resize(categories_.size());
      parts_[i].ranges.resize(numbers_.size() + targets_.size());
      rows += table_.chunks[i].maxRows;
    }
    return rows;
  }

  std::vector<NumberRange> joinedRanges() const {
    std::vector<NumberRange> ranges(numbers_.size() + targets_.size());
    for (const Part& part : parts_)
      for (std::size_t s = 0; s < ranges.size(); ++s) ranges[s].add(part.ranges[s]);
    return ranges;
  }

  // As the first rows suggest.
  void chooseStorage() {
    constexpr int kSampleRows = 1000;
    for (auto* slots : {&numbers_, &targets_}) {
      std::vector<NumberRange> ranges(slots->size());
      CsvRows rows = table_.rowsOf(0);
      for (int r = 0; r < kSampleRows; ++r) {
        const Result<bool> more = rows.next();
        if (!more.ok() || !*more) break;
        for (std::size_t s = 0; s < slots->size(); ++s) {
          const auto value = parseNumber(rows.cells()[(*slots)[s].column], table_.style);
          if (value && std::isfinite(*value)) ranges[s].add(*value, rows.line());
        }
      }
      for (std::size_t s = 0; s < slots->size(); ++s)
        if (isCentred(*slots, (*slots)[s])) (*slots)[s].storage = storageFor(ranges[s]);
    }
  }

  // Without normalization, the network sees the values as they are.
  bool isCentred(const std::vector<Slot>& slots, const Slot& slot) const {
    if (&slots == &numbers_) return table_.centreNumbers;
    const std::string& name = table_.columns[slot.column].name;
    if (table_.columns[slot.column].weight) return false;  // 0 has a meaning
    return table_.centreTargets && std::ranges::none_of(table_.unscaled, [&](const std::string& target) {
             return target == name || (table_.series.isWindows() && target.starts_with(name + " +"));
           });
  }

  bool isComplete(const CsvRows& rows, std::span<const double> known, Part& part) const {
    bool complete = true;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      if (!known.empty() && !std::isnan(known[c])) continue;
      if (!table_.columns[c].used || !table_.isMissing(table_.columns[c], rows, c)) continue;
      ++part.missing[c];
      complete = false;
    }
    if (complete) return true;
    part.skipped.add(rows.line());
    for (std::size_t k = 0; k < categories_.size(); ++k) {
      const std::size_t c = categories_[k].column;
      if (table_.columns[c].target && !table_.isMissing(table_.columns[c], rows, c))
        codeOf(rows.cells()[c], part.skippedClasses[k]);
    }
    return false;
  }

  Status readNumber(const CsvRows& rows, std::span<const double> known, const Slot& slot, float& out,
                    NumberRange& range) const {
    const std::string_view cell = rows.cells()[slot.column];
    double value = known.empty() ? std::nan("") : known[slot.column];
    if (std::isnan(value)) value = parseNumber(cell, table_.style).value_or(value);
    if (!std::isfinite(value))
      return Error{
          ErrorCode::Numeric,
          fmt::format("{} in column \"{}\" is not a finite number", cell, table_.columns[slot.column].name),
          rows.place(), "Correct the value, or clear it to skip the row"};
    if (table_.columns[slot.column].weight && value < 0)
      return invalid(fmt::format("the sample weight {} in column \"{}\" is negative", cell,
                                 table_.columns[slot.column].name),
                     rows.place(), "Correct the value; 0 gives the row no influence on the training");
    range.add(value, rows.line());
    out = slot.storage.stored(value);
    return success();
  }

  // The index of the spelling among those of the chunk; -1 if there are too many.
  static std::int32_t codeOf(std::string_view cell, Spellings& spellings) {
    if (const auto known = spellings.find(cell); known != spellings.end()) return known->second;
    if (spellings.size() > kMaxSpellings) return -1;
    const auto code = static_cast<std::int32_t>(spellings.size());
    spellings.emplace(cell, code);
    return code;
  }

  // Moves the rows of the chunks together.
  Result<CsvSkipped> joinParts() {
    CsvSkipped skipped;
    std::vector<std::int64_t> missing(table_.columns.size(), 0);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      const auto move = [&](auto& values, std::size_t width) {
        const auto from = values.begin() + part.firstRow * static_cast<std::ptrdiff_t>(width);
        const auto to = values.begin() + rows_ * static_cast<std::ptrdiff_t>(width);
        if (from != to) std::copy_n(from, part.rows * static_cast<std::int64_t>(width), to);
      };
      move(numbersOf_, numbers_.size());
      move(targetsOf_, targets_.size());
      move(codes_, categories_.size());
      rows_ += part.rows;
      skipped.add(part.skipped);
      for (std::size_t c = 0; c < part.missing.size(); ++c) missing[c] += part.missing[c];
    }
    mostlyMissing_ = table_.targets[0];
    for (std::size_t c = 0; c < missing.size(); ++c)
      if (missing[c] > missing[mostlyMissing_]) mostlyMissing_ = c;
    if (rows_ == 0) return noRows(skipped);
    const auto rows = static_cast<std::size_t>(rows_);
    numbersOf_.resize(rows * numbers_.size());
    targetsOf_.resize(rows * targets_.size());
    return skipped;
  }

  CsvImages joinedImages() {
    CsvImages all;
    for (const Slot& slot : images_) all.columns.push_back(table_.columns[slot.column].name);
    for (Part& part : parts_) {
      std::ranges::move(part.images, std::back_inserter(all.names));
      all.lines.insert(all.lines.end(), part.lines.begin(), part.lines.end());
    }
    return all;
  }

  std::vector<RawTexts> joinedTexts() {
    std::vector<RawTexts> all;
    for (const Slot& slot : texts_) all.push_back({table_.columns[slot.column].name, {}});
    for (Part& part : parts_)
      for (std::size_t i = 0; i < part.texts.size(); ++i)
        all[i % texts_.size()].values.push_back(std::move(part.texts[i]));
    return all;
  }

  Error noRows(const CsvSkipped& skipped) const {
    if (skipped.rows == 0) return Error{ErrorCode::Io, "there are no data rows", table_.where, {}};
    return invalid(fmt::format("every row has a missing value, most often in column \"{}\"",
                               table_.columns[mostlyMissing_].name),
                   table_.where, "Ignore columns that are mostly empty");
  }

  // Orders the values of each category and replaces the codes of the chunks by their positions.
  Status nameCategories(CsvTable& table) {
    for (std::size_t k = 0; k < categories_.size(); ++k) {
      std::vector<const Spellings*> spellings;
      for (const Part& part : parts_) spellings.push_back(&part.spellings[k]);
      TANDEM_ASSIGN(Categories categories, categoriesOf(table_, categories_[k].column, spellings));
      std::size_t at = k;
      for (const Part& part : parts_) {
        std::vector<std::int32_t> position(part.spellings[k].size());
        for (const auto& [spelling, code] : part.spellings[k])
          position[static_cast<std::size_t>(code)] = categories.positions.find(spelling)->second;
        for (std::int64_t r = 0; r < part.rows; ++r, at += categories_.size())
          codes_[at] = position[static_cast<std::size_t>(codes_[at])];
      }
      noteLostClasses(k, categories, table);
      table.columns[categories_[k].column].categories = std::move(categories.names);
    }
    return success();
  }

  // Notes the classes that occur only in rows that are skipped.
  void noteLostClasses(std::size_t slot, const Categories& categories, CsvTable& table) const {
    std::set<std::string> lost;
    for (const Part& part : parts_)
      for (const auto& [spelling, _] : part.skippedClasses[slot])
        if (!isAmong(categories, spelling, table_.style)) lost.insert(spelling);
    if (lost.empty()) return;
    table.notes.push_back(
        fmt::format("Every row with {} {} in column \"{}\" has missing values: the network does not "
                    "learn {}",
                    lost.size() == 1 ? "class" : "the classes", shortList({lost.begin(), lost.end()}),
                    table_.columns[categories_[slot].column].name, lost.size() == 1 ? "it" : "them"));
  }

  Status layOut(const std::vector<CsvColumn>& columns) {
    layOutTargets();
    return layOutFeatures(columns);
  }

  // Each target is a separate tensor, and so are the weights.
  void layOutTargets() {
    data_.targets.assign(table_.targets.size(), {});
    const auto rows = static_cast<std::size_t>(rows_);
    const auto take = [&](const auto& from, std::size_t width, std::size_t slot, auto& to) {
      to.resize(rows);
      for (std::size_t r = 0; r < rows; ++r) to[r] = from[r * width + slot];
    };
    for (std::size_t t = 0; t < table_.targets.size(); ++t) {
      TensorValues& values = data_.targets[t];
      if (const auto k = slotOf(categories_, table_.targets[t])) {
        take(codes_, categories_.size(), *k, values.classOf);
      } else {
        const std::size_t n = *slotOf(targets_, table_.targets[t]);
        take(targetsOf_, targets_.size(), n, values.floats);
        if (targets_[n].storage != FloatStorage{}) values.storage = {targets_[n].storage};
      }
    }
    for (std::size_t n = 0; n < targets_.size(); ++n)
      if (table_.columns[targets_[n].column].weight)
        take(targetsOf_, targets_.size(), n, data_.weights.floats);
  }

  static std::optional<std::size_t> slotOf(const std::vector<Slot>& slots, std::size_t column) {
    const auto found = std::ranges::find(slots, column, &Slot::column);
    if (found == slots.end()) return std::nullopt;
    return static_cast<std::size_t>(found - slots.begin());
  }

  // Numbers and categories are one input, in the order of the columns, with categories one-hot encoded; each column of
  // images or texts is a separate input. Inputs are in the order of their first columns.
  Status layOutFeatures(const std::vector<CsvColumn>& columns) {
    const auto isTable = [](const CsvColumn& column) {
      return column.isFeature() && column.kind != FieldKind::Image && column.kind != FieldKind::Text;
    };
    const auto first = static_cast<std::size_t>(std::ranges::find_if(columns, isTable) - columns.begin());
    data_.inputs.assign(images_.size() + texts_.size() + (first < columns.size() ? 1 : 0), {});
    if (first == columns.size()) return success();
    const auto isBefore = [&](const Slot& slot) { return slot.column < first; };
    TensorValues& values = data_.inputs[static_cast<std::size_t>(std::ranges::count_if(images_, isBefore) +
                                                                 std::ranges::count_if(texts_, isBefore))];
    const std::size_t count = categories_.size();
    const auto rows = static_cast<std::size_t>(rows_);
    struct Feature {
      Slot slot;
      std::size_t index;  // among the slots of its kind
    };
    std::vector<Feature> features;
    std::size_t width = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!columns[c].isFeature()) continue;
      if (const auto k = slotOf(categories_, c)) {
        features.push_back({categories_[*k], *k});
        width += columns[c].categories.size();
        values.storage.resize(width);
      } else if (const auto n = slotOf(numbers_, c)) {
        features.push_back({numbers_[*n], *n});
        ++width;
        values.storage.push_back(numbers_[*n].storage);
      }
    }
    if (std::ranges::count(values.storage, FloatStorage{}) == std::ssize(values.storage))
      values.storage.clear();
    if (features.size() == numbers_.size()) {
      values.floats = std::move(numbersOf_);
      return success();
    }
    TANDEM_TRY(
        checkMemory(static_cast<double>(rows) * static_cast<double>(width) * sizeof(float), table_.where));
    values.floats.assign(rows * width, 0.0f);
    const float* number = numbersOf_.data();
    for (std::size_t r = 0; r < rows; ++r) {
      float* out = values.floats.data() + r * width;
      for (const Feature& feature : features) {
        if (feature.slot.kind != FieldKind::Category) {
          *out++ = *number++;
          continue;
        }
        out[codes_[r * count + feature.index]] = 1.0f;
        out += columns[feature.slot.column].categories.size();
      }
    }
    return success();
  }

  const CsvTable& table_;
  Dataset& data_;
  // targets_: numbers that are no features, perhaps with the weights of the samples.
  std::vector<Slot> numbers_, targets_, categories_, images_, texts_;
  std::vector<Part> parts_;
  std::vector<float> numbersOf_, targetsOf_;  // (rows, slots)
  std::vector<std::int32_t> codes_;           // (rows, categories): the values of the categories
  std::int64_t rows_ = 0;
  std::size_t mostlyMissing_ = 0;  // the column with the most missing values
};

bool decidedAlike(const CsvTable& a, const CsvTable& b) {
  return a.style == b.style &&
         std::ranges::equal(a.columns, b.columns, [](const CsvColumn& x, const CsvColumn& y) {
           return x.used == y.used && x.kind == y.kind && x.numeric == y.numeric;
         });
}

}  // namespace

Result<CsvContents> readTable(CsvTable& table, const DataSpec& spec, Dataset& data,
                              const LoadProgress& progress) {
  CsvTable suggested = table;
  std::optional<ValueReader> early;
  std::atomic<bool> wrong = false;
  RowVisitor visit;
  if (table.chunks.size() > 1) {
    suggested.chunks.resize(1);
    if (countColumns(suggested, spec, {}).ok()) {
      suggested.chunks = table.chunks;
      early.emplace(suggested, data);
      TANDEM_TRY(early->begin());
      visit = [&](std::size_t chunk, const CsvRows& row, std::span<const double> values) {
        if (!wrong && !early->readRow(chunk, row, values).ok()) wrong = true;
      };
    }
  }
  TANDEM_TRY(countColumns(table, spec, progress, visit));
  if (early && !wrong && decidedAlike(suggested, table) && early->settleStorage())
    return early->finish(table);
  ValueReader reader(table, data);
  TANDEM_TRY(reader.begin());
  TANDEM_TRY(reader.readAll(progress));
  return reader.finish(table);
}

}  // namespace tandem
