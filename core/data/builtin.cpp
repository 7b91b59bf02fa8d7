#include "core/data/builtin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/base/install_dirs.h"
#include "core/data/csv_rows.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using Layout = BuiltinSet::Layout;

constexpr std::string_view kPrefix = "builtin:";

DataSpec tableSpec() {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  return spec;
}

DataSpec numberSpec(Names targets = {}) {
  DataSpec spec = tableSpec();
  spec.classification = false;
  spec.targets = std::move(targets);
  return spec;
}

DataSpec seriesSpec(const char* target, const char* order, std::int64_t steps) {
  DataSpec spec = numberSpec({target});
  spec.series.steps = steps;
  spec.series.order = order;
  return spec;
}

BuiltinSet fashionMnist() {
  BuiltinSet set{.id = "fashion-mnist",
                 .name = "Fashion-MNIST",
                 .about = "70,000 grayscale images of clothing in 10 classes",
                 .package = "dataset-fashion-mnist",
                 .folder = "/usr/share/datasets/fashion-mnist",
                 .files = {},
                 .layout = Layout::Idx,
                 .columns = {},
                 .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                             "Sneaker", "Bag", "Ankle boot"},
                 .spec = {}};
  set.spec.kind = DataKind::Idx;
  return set;
}

BuiltinSet sklearnSet(const char* id, const char* name, const char* about, Names files, Layout layout,
                      Names columns, Names classes) {
  const bool numbers = classes.empty();
  return {.id = id,
          .name = name,
          .about = about,
          .package = "python3-sklearn",
          .folder = "/usr/lib/python3/dist-packages/sklearn/datasets/data",
          .files = std::move(files),
          .layout = layout,
          .columns = std::move(columns),
          .classes = std::move(classes),
          .spec = numbers ? numberSpec() : tableSpec()};
}

BuiltinSet wekaSet(const char* id, const char* name, const char* about, const char* file) {
  return {.id = id,
          .name = name,
          .about = about,
          .package = "weka",
          .folder = "/usr/share/doc/weka/examples",
          .files = {file},
          .layout = Layout::Table,
          .columns = {},
          .classes = {},
          .spec = tableSpec()};
}

BuiltinSet statsmodelsSet(const char* id, const char* name, const char* about, const char* file,
                          DataSpec spec) {
  return {.id = id,
          .name = name,
          .about = about,
          .package = "python3-statsmodels",
          .folder = "/usr/lib/python3/dist-packages/statsmodels/datasets",
          .files = {file},
          .layout = Layout::Table,
          .columns = {},
          .classes = {},
          .spec = std::move(spec)};
}

Names digitColumns() {
  Names names;
  for (int row = 0; row < 8; ++row)
    for (int column = 0; column < 8; ++column) names.push_back(fmt::format("pixel_{}_{}", row, column));
  names.emplace_back("digit");
  return names;
}

Names breastCancerColumns() {
  constexpr std::string_view kFeatures[] = {"radius",     "texture",          "perimeter", "area",
                                            "smoothness", "compactness",      "concavity", "concave points",
                                            "symmetry",   "fractal dimension"};
  Names names;
  for (const std::string_view feature : kFeatures) names.push_back(fmt::format("mean {}", feature));
  for (const std::string_view feature : kFeatures) names.push_back(fmt::format("{} error", feature));
  for (const std::string_view feature : kFeatures) names.push_back(fmt::format("worst {}", feature));
  names.emplace_back("diagnosis");
  return names;
}

std::vector<BuiltinSet> makeSets() {
  std::vector<BuiltinSet> sets;
  sets.push_back(fashionMnist());
  sets.push_back(sklearnSet(
      "digits", "Digits", "1797 handwritten digits of 8 x 8 pixels with levels from 0 to 16", {"digits.csv"},
      Layout::Joined, digitColumns(), {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  sets.push_back(sklearnSet(
      "iris", "Iris", "150 irises of three species, by the size of their sepals and petals", {"iris.csv"},
      Layout::Counted,
      {"sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)", "species"},
      {"setosa", "versicolor", "virginica"}));
  sets.push_back(sklearnSet("wine", "Wine", "178 wines of three cultivars, by their chemical analysis",
                            {"wine_data.csv"}, Layout::Counted,
                            {"alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium",
                             "total_phenols", "flavanoids", "nonflavanoid_phenols", "proanthocyanins",
                             "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline", "cultivar"},
                            {"class_0", "class_1", "class_2"}));
  sets.push_back(sklearnSet(
      "breast-cancer", "Breast cancer", "569 tumors, malignant or benign, by the shape of their cell nuclei",
      {"breast_cancer.csv"}, Layout::Counted, breastCancerColumns(), {"malignant", "benign"}));
  sets.push_back(sklearnSet(
      "diabetes", "Diabetes", "442 patients; the progression of the disease after a year is predicted",
      {"diabetes_data_raw.csv", "diabetes_target.csv"}, Layout::Joined,
      {"age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "progression"}, {}));
  sets.push_back(wekaSet("credit-g", "German credit", "1000 loans, good or bad, by numbers and categories",
                         "credit-g.arff"));
  sets.push_back(wekaSet("reuters-corn", "Reuters corn", "Reuters news articles, about corn or not",
                         "ReutersCorn-train.arff"));
  sets.push_back(statsmodelsSet("sunspots", "Sunspots",
                                "The number of sunspots of each year from 1700 to 2008",
                                "sunspots/sunspots.csv", seriesSpec("SUNACTIVITY", "YEAR", 22)));
  sets.push_back(statsmodelsSet("co2", "CO2",
                                "Concentration of carbon dioxide at Mauna Loa, weekly from 1958 to 2001",
                                "co2/co2.csv", seriesSpec("co2", "date", 52)));
  sets.push_back(
      statsmodelsSet("macrodata", "US economy",
                     "Quarterly figures of the US economy from 1959 to 2009; unemployment is predicted",
                     "macrodata/macrodata.csv", seriesSpec("unemp", "year", 8)));
  for (BuiltinSet& set : sets) set.spec.path = std::string(kPrefix) + set.id;
  return sets;
}

// Lines without their ends; the last one need not have one.
std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Without their ends, separated by commas or spaces.
std::vector<std::string_view> cellsOf(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t at = 0; (at = line.find_first_not_of(" ,\t", at)) != line.npos;) {
    const std::size_t end = std::min(line.find_first_of(" ,\t", at), line.size());
    cells.push_back(line.substr(at, end - at));
    at = end;
  }
  return cells;
}

std::string installHint(const BuiltinSet& set, bool installed) {
  return installed
             ? fmt::format("Reinstall the Debian package {0}: sudo apt install --reinstall {0}", set.package)
             : fmt::format("Install the Debian package {0}: sudo apt install {0}", set.package);
}

Error changed(const BuiltinSet& set, std::size_t line, std::string_view message) {
  return invalid(message, fmt::format("{}:{}", set.path(), line),
                 "The installed version of the dataset is not supported; choose its file as data instead");
}

}  // namespace

std::span<const BuiltinSet> builtinSets() {
  static const std::vector<BuiltinSet> sets = makeSets();
  return sets;
}

bool isBuiltin(std::string_view path) {
  return path.starts_with(kPrefix);
}

Result<const BuiltinSet*> findBuiltin(std::string_view path) {
  const std::span<const BuiltinSet> sets = builtinSets();
  const auto found = std::ranges::find(sets, path, &BuiltinSet::path);
  if (found != sets.end()) return &*found;
  Names names;
  for (const BuiltinSet& set : sets) names.push_back(set.path());
  return Error{ErrorCode::NotFound, "there is no built-in dataset with this name", std::string(path),
               fmt::format("Choose one of {}", fmt::join(names, ", "))};
}

Result<fs::path> builtinFolder(const BuiltinSet& set) {
  std::error_code code;
  const fs::path own = datasetDir(set.id);
  if (fs::is_directory(own, code)) return own;
  if (fs::is_directory(set.folder, code)) return fs::path(set.folder);
  return Error{ErrorCode::NotFound, "the dataset is not installed", set.folder, installHint(set, false)};
}

Result<fs::path> builtinFile(const BuiltinSet& set, const std::string& name) {
  TANDEM_ASSIGN(const fs::path folder, builtinFolder(set));
  std::error_code code;
  for (const char* ending : {"", ".gz"})
    if (fs::path file = folder / (name + ending); fs::exists(file, code)) return file;
  return Error{ErrorCode::NotFound, "this file of the dataset is missing", (folder / name).string(),
               installHint(set, true)};
}

Result<DeclaredTable> builtinTable(const BuiltinSet& set, std::span<const std::string> texts) {
  DeclaredTable table;
  for (const std::string& name : set.columns) table.columns.push_back({.name = name, .categories = {}});
  if (!set.classes.empty()) {
    table.columns.back().kind = DeclaredColumn::Kind::Category;
    table.columns.back().categories = set.classes;
  }
  appendNames(table.text, table.columns);
  table.text += '\n';
  std::vector<std::vector<std::string_view>> files;
  for (const std::string& text : texts) {
    files.push_back(linesOf(text));
    if (files.back().size() != files.front().size())
      return changed(set, files.back().size(), "the files have different numbers of rows");
  }
  for (std::size_t l = set.layout == Layout::Counted ? 1 : 0; !files.empty() && l < files[0].size(); ++l) {
    std::vector<std::string_view> cells;
    for (const auto& lines : files)
      for (const std::string_view cell : cellsOf(lines[l])) cells.push_back(cell);
    if (cells.empty()) continue;
    if (cells.size() != set.columns.size())
      return changed(set, l + 1,
                     fmt::format("the row has {} values, but the dataset has {} columns", cells.size(),
                                 set.columns.size()));
    if (!set.classes.empty()) {
      std::size_t number = 0;
      const std::string_view label = cells.back();
      const auto [end, code] = std::from_chars(label.data(), label.data() + label.size(), number);
      if (code != std::errc() || end != label.data() + label.size() || number >= set.classes.size())
        return changed(set, l + 1,
                       fmt::format("\"{}\" is not the number of a class; they are 0 to {}", label,
                                   set.classes.size() - 1));
      cells.back() = set.classes[number];
    }
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) table.text += ',';
      appendCell(table.text, cells[c]);
    }
    table.text += '\n';
  }
  return table;
}

}  // namespace tandem
