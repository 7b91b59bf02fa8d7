#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/data/csv.h"
#include "core/data/csv_rows.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Rows = std::vector<std::vector<std::string>>;
using Texts = std::vector<std::string>;

Rows rowsOf(std::string_view text, char separator = ',') {
  CsvRows rows(text, {.delimiter = separator}, "f.csv");
  Rows all;
  while (rows.next().value()) all.emplace_back(rows.cells().begin(), rows.cells().end());
  return all;
}

DataSpec classSpec() {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  return spec;
}

DataSpec numberSpec() {
  DataSpec spec = classSpec();
  spec.classification = false;
  return spec;
}

DataSpec plainSpec() {
  DataSpec spec = numberSpec();
  spec.normalize = spec.standardizeTargets = false;
  return spec;
}

RawData parse(std::string_view text, const DataSpec& spec) {
  auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  EXPECT_TRUE(raw.ok()) << raw.error().text();
  return std::move(raw).value();
}

std::string errorOf(std::string_view text, const DataSpec& spec) {
  const auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  return raw.ok() ? "none" : raw.error().text();
}

TEST(CsvRows, ReadsQuotesAndAllLineEnds) {
  EXPECT_EQ(rowsOf("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rowsOf("a,b\r\n1,2\r\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rowsOf("a,b\r1,2"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rowsOf("\n\na , b\n  \n1,\n\n"), (Rows{{"a", "b"}, {"1", ""}}));
  EXPECT_EQ(rowsOf("\"a,\"\"x\"\"\n\", \"b \"\n"), (Rows{{"a,\"x\"\n", "b "}}));
  EXPECT_EQ(rowsOf("a\tb, c\n", '\t'), (Rows{{"a", "b, c"}}));
}

TEST(CsvRows, CountsLinesThroughQuotedCells) {
  CsvRows rows("a\r\n\"x\r\ny\nz\"\r\n\r\nb\r\n", {}, "f.csv");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:1");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:2");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:6");
  EXPECT_FALSE(rows.next().value());
}

TEST(CsvRows, CommentsSpacesAndOtherQuotes) {
  CsvRows rows("# one\na  b\n#\n  'x y'\t2  \n", {.delimiter = ' ', .quote = '\'', .comment = '#'}, "f.csv");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:2");
  EXPECT_EQ(rows.cells().size(), 2u);
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:4");
  ASSERT_EQ(rows.cells().size(), 2u);
  EXPECT_EQ(rows.cells()[0], "x y");
  EXPECT_TRUE(rows.isQuoted(0) && !rows.isQuoted(1));
  EXPECT_FALSE(rows.next().value());
}

TEST(Csv, DetectsNumbersTextsAndClasses) {
  const RawData raw =
      parse("\xef\xbb\xbfsize,colour,kind\n1.5,red,cat\n-2e1,blue,dog\n+3,red,dog\n", classSpec());
  const DatasetInfo& info = raw.data.info;
  EXPECT_EQ(info.name, "f");
  EXPECT_EQ(info.featureNames(), (std::vector<std::string>{"size", "colour=blue", "colour=red"}));
  EXPECT_EQ(info.inputs[0].sample, Shape{3});
  EXPECT_EQ(info.targets[0].classNames, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(info.targets[0].classes, 2);
  EXPECT_EQ(raw.data.inputs[0].floats, (std::vector<float>{1.5f, 0, 1, -20, 1, 0, 3, 0, 1}));
  EXPECT_EQ(raw.data.targets[0].classOf, (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_EQ(info.notes,
            (Texts{"Line 1 is read as the header: \"size\" is above numbers",
                   "Column \"colour\" is a category, one input for each of its 2 values: blue, red"}));
}

TEST(Csv, ClassesThatAreNumbersAreSortedAsNumbers) {
  const RawData raw = parse("x,y\n1,10\n2,9\n3,100\n", classSpec());
  EXPECT_EQ(raw.data.info.targets[0].classNames, (std::vector<std::string>{"9", "10", "100"}));
  EXPECT_EQ(raw.data.targets[0].classOf, (std::vector<std::int32_t>{1, 0, 2}));
}

TEST(Csv, RegressionWithAChosenTargetAndIgnoredColumns) {
  DataSpec spec = numberSpec();
  spec.targets = {"price"};
  spec.ignore = {"id"};
  const RawData raw = parse("id;price;m2\nA17;100,5;20\nB3;200;30,25\n", spec);
  EXPECT_EQ(raw.data.info.targets[0].classes, 0);
  EXPECT_EQ(raw.data.info.featureNames(), (std::vector<std::string>{"m2"}));
  EXPECT_EQ(raw.data.inputs[0].floats, (std::vector<float>{20, 30.25f}));
  EXPECT_EQ(raw.data.targets[0].floats, (std::vector<float>{100.5f, 200}));
}

TEST(Csv, RowsWithMissingValuesAreDroppedAndReported) {
  DataSpec spec = numberSpec();
  spec.ignore = {"c"};
  const RawData raw = parse("a,b,c,d\n1,2,,4\n1,?,3,4\n\n1,2,3,NaN\n5,6,7,8\nNA,1,1,1\n", spec);
  EXPECT_EQ(raw.data.inputs[0].floats, (std::vector<float>{1, 2, 5, 6}));
  EXPECT_EQ(raw.data.info.notes.back(), "Skipped 3 rows with missing values: lines 3, 5, 7");
  std::string many = "a,b\n1,2\n";
  for (int i = 0; i < 25; ++i) many += ",1\n";
  EXPECT_EQ(
      parse(many, numberSpec()).data.info.notes.back(),
      "Skipped 25 rows with missing values: lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, "
      "19, 20, 21, 22, ...");
}

TEST(Csv, WithoutAHeaderColumnsAreNumbered) {
  const RawData raw = parse("1,2,a\n3,4,b\n", classSpec());
  EXPECT_EQ(raw.data.info.featureNames(), (std::vector<std::string>{"column 1", "column 2"}));
  EXPECT_EQ(raw.data.targets[0].classOf.size(), 2u);
  EXPECT_EQ(raw.data.info.notes,
            (Texts{"There is no header row (it contains numbers): columns are named by number"}));
  DataSpec spec = classSpec();
  spec.targets = {"column 1"};
  EXPECT_EQ(parse("1,2,a\n3,4,b\n", spec).data.info.targets[0].classNames,
            (std::vector<std::string>{"1", "3"}));
}

TEST(Csv, TwoThousandColumnsAreFine) {
  std::string text;
  for (int row = 0; row < 3; ++row) {
    for (int c = 0; c < 2000; ++c) text += std::to_string(row * c) + ",";
    text += row == 0 ? "a\n" : "b\n";
  }
  EXPECT_EQ(parse(text, classSpec()).data.info.inputs[0].sample, Shape{2000});
}

TEST(Csv, InvalidTablesAreReported) {
  DataSpec noTarget = classSpec();
  noTarget.targets = {"z"};
  DataSpec ignoreAll = classSpec();
  ignoreAll.ignore = {"a"};
  DataSpec ignoreTarget = classSpec();
  ignoreTarget.ignore = {"b"};
  DataSpec ignoreUnknown = classSpec();
  ignoreUnknown.ignore = {"q"};
  std::string manyTexts = "name,b\n", manyClasses = "a,b\n";
  for (int i = 0; i < 33; ++i) manyTexts += "n" + std::to_string(i) + ",1\n";
  for (int i = 0; i < 1001; ++i) manyClasses += "1," + std::to_string(i) + "\n";
  struct Case {
    std::string text;
    DataSpec spec;
    std::string error;
  };
  const Case cases[] = {
      {"", classSpec(), "f.csv: the file is empty. Choose another file"},
      {"\n \n", classSpec(), "f.csv: there are no data rows"},
      {"a,b\n", classSpec(), "f.csv: there are no data rows"},
      {"a\n1\n", classSpec(),
       "f.csv: there is only one column; at least a feature and a target are needed. Separate columns with "
       "commas, semicolons or tabs, or set the delimiter"},
      {"a,b\n1,2\n1,2,3\n", classSpec(), "f.csv:3: 3 values, but the first row has 2"},
      {"a,b\n1,x\n1\n", classSpec(), "f.csv:3: 1 value, but the first row has 2"},
      {"a,b\n1,\"x\n1,y\n", classSpec(), "f.csv:2: a quote is never closed"},
      {"a,b\n1,x\n1,\"x\"y\n", classSpec(),
       "f.csv:3: text follows a closing quote. Double the quotes inside a value"},
      {"a,a\n1,x\n", classSpec(),
       "f.csv:1: two columns are named \"a\". Rename one, or set the header to \"no\" if this line is data"},
      {"a,b\n1,2\n", noTarget, "f.csv: there is no column \"z\". The columns are a, b"},
      {"a,a,b\nx,y,v\ny,x,w\n", noTarget,
       "f.csv: there is no column \"z\". The columns are column 1, column 2, column 3; line 1 is read as data (it "
       "repeats a value). If it names the columns, set the header to \"yes\""},
      {"a,b\n1,2\n", ignoreUnknown, "f.csv: there is no column \"q\". The columns are a, b"},
      {"a,b\n1,2\n", ignoreAll, "f.csv: no feature columns are left. Ignore fewer columns"},
      {"a,b\n1,2\n", ignoreTarget, "f.csv: column \"b\" is both the target and ignored"},
      {"a,b\n1,x\n2,x\n", classSpec(),
       "f.csv: column \"b\" has only one class; at least two are needed. Choose another target"},
      {manyClasses, classSpec(),
       "f.csv: column \"b\" has more than 1000 classes. Treat the target as numeric, not as classes"},
      {manyTexts, numberSpec(),
       "f.csv: column \"name\" has more than 32 distinct text values. Ignore the column, or list it among the categories, which may have up to 1000 values, or, if they are sentences or longer texts, among the texts"},
      {"a,b\n1,2\n2,x\n", numberSpec(),
       "f.csv:3: \"x\" in column \"b\" is not a number. Make the target a category, or choose another target"},
      {"a,b\n1,2\n2,2\n1o,3\n", numberSpec(),
       "f.csv:4: \"1o\" in column \"a\" is not a number. Correct the value, list it among the missing values, or ignore the column"},
      {"a,b\n1,2\ninf,2\n", numberSpec(),
       "f.csv:3: inf in column \"a\" is not a finite number. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n1,1e999\n", numberSpec(),
       "f.csv:2: 1e999 in column \"b\" is not a finite number. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n1,1\n2,1e99\n3,3\n", plainSpec(),
       "f.csv:3: 1e+99 in column \"b\" is too large for float32. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n,1\n,2\n", numberSpec(),
       "f.csv: every row has a missing value, most often in column \"a\". Ignore columns that are mostly "
       "empty"},
      {std::string("a,b\n1,\0\n", 8), classSpec(),
       "f.csv:2: this is not a text file. If it is UTF-16 without a byte order mark, set its encoding"},
      {"a,b\n1,caf\xe9\n", classSpec(),
       "f.csv:2: the text is not UTF-8. Save it as UTF-8, or set its encoding, such as windows-1252"},
      {"a,b\n1,\xed\xa0\x80\n", classSpec(),
       "f.csv:2: the text is not UTF-8. Save it as UTF-8, or set its encoding, such as windows-1252"},
      {"\xff\xfe"
       "a",
       classSpec(), "f.csv:1: the text is not UTF-16. Set the encoding of the file, or save it as UTF-8"},
  };
  for (const Case& c : cases) EXPECT_EQ(errorOf(c.text, c.spec), c.error) << c.text.substr(0, 60);
}

TEST(Csv, ConstantFeaturesKeepTheirScale) {
  const TempFolder folder;
  DataSpec spec = numberSpec();
  spec.path = folder.write("t.csv", "a,b,y\n1,0.1,1\n2,0.1,2\n3,0.1,3\n4,0.1,4\n");
  spec.testFraction = spec.validationFraction = 0;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_FLOAT_EQ((*data)->inputs[0].mean[0], 2.5f);
  EXPECT_FLOAT_EQ((*data)->inputs[0].scale[0], static_cast<float>(1 / std::sqrt(1.25)));
  EXPECT_EQ((*data)->inputs[0].scale[1], 1.0f);
  EXPECT_EQ(preprocessingOf(**data).fields[1].mean, std::vector<double>{0.1});
}

TEST(Csv, ProbeAgreesWithLoadAndReadsOnlyTheStartOfALongFile) {
  const TempFolder folder;
  DataSpec spec = classSpec();
  spec.path = folder.write("t.csv", "a,b,c\n1,x,p\n2,y,q\n,z,r\n3,x,p\n");
  const auto form = probeDataset(spec);
  const auto data = loadDataset(spec);
  ASSERT_TRUE(form.ok() && data.ok());
  EXPECT_EQ(form->featureNames(), (*data)->info.featureNames());
  EXPECT_EQ(form->featureNames(), (std::vector<std::string>{"a", "b=x", "b=y"}));  // line 4 is skipped
  EXPECT_EQ(form->targets[0].classNames, (*data)->info.targets[0].classNames);
  // A prefix that ends within a quoted cell and a row that is too short: neither counts.
  const auto part = probeCsv("a,b\n1,x\n2,y\n3,\"z\nmore", spec, "f.csv", true);
  ASSERT_TRUE(part.ok()) << part.error().text();
  EXPECT_EQ(part->targets[0].classNames, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(part->targets[0].moreClasses) << "z";
  EXPECT_FALSE(form->targets[0].moreClasses);
}

TEST(Csv, LoadsTheBundledSample) {
  DataSpec spec = classSpec();
  spec.path = TANDEM_SOURCE_DIR "/datasets/two-moons.csv";
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->size(), 600);
  EXPECT_EQ((*data)->info.name, "two-moons");
  EXPECT_EQ((*data)->info.featureNames(), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ((*data)->info.targets[0].classNames, (std::vector<std::string>{"lower", "upper"}));
}

TEST(Csv, UnreadableFilesAreReported) {
  const TempFolder folder;
  const auto loadError = [](const std::string& path) {
    DataSpec spec = classSpec();
    spec.path = path;
    const auto data = loadDataset(spec);
    return data.ok() ? std::string("none") : data.error().text();
  };
  EXPECT_EQ(loadError(""), "data: no CSV file is chosen");
  EXPECT_EQ(loadError(folder.file("none.csv")),
            folder.file("none.csv") + ": the file does not exist. Move it there, or choose another file");
  EXPECT_EQ(loadError(folder.path()),
            folder.path().string() + ": this is a folder, not a file. Choose a file");
  EXPECT_EQ(loadError("/dev/zero"), "/dev/zero: this is not a regular file. Choose another file");
}

TEST(Csv, CanBeCancelledInEachPass) {
  const TempFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 200000; ++i) text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
  text += "200000,yes\n0.5,no\n";  // not as the start suggests, so that the values are read once more
  DataSpec spec = classSpec();
  spec.categories = {"b"};
  spec.path = folder.write("t.csv", text);
  for (const double limit : {0.1, 0.3, 0.7}) {
    double last = 0;
    const auto data = loadDataset(spec, [&](double done) {
      EXPECT_GE(done, last);
      last = done;
      return done < limit;
    });
    ASSERT_FALSE(data.ok());
    EXPECT_EQ(data.error().code, ErrorCode::Cancelled);
    EXPECT_LT(last, 0.95);  // several chunks may finish between two reports
  }
}

using Values = std::vector<float>;

// The values as read, and as the network sees them, of a table of one feature.
struct Column {
  std::vector<double> values;
  Values normalized;
};

Column columnOf(const std::vector<std::string>& cells, const DataSpec& spec) {
  std::string text = "x,y\n";
  for (std::size_t i = 0; i < cells.size(); ++i) text += cells[i] + "," + std::to_string(i) + "\n";
  RawData raw = parse(text, spec);
  const std::vector<float> stored = raw.data.inputs[0].floats;
  Column column;
  for (const float x : stored) column.values.push_back(raw.data.inputs[0].storageOf(0).valueOf(x));
  EXPECT_TRUE(splitDataset(raw, spec).ok());
  normalizeDataset(raw.data, spec);
  std::vector<std::int64_t> all(cells.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  column.normalized.resize(cells.size());
  raw.data.gather(0, all, column.normalized.data());
  return column;
}

TEST(Csv, NumbersOfAnySizeKeepTheirDigits) {
  DataSpec spec = numberSpec();
  spec.validationFraction = spec.testFraction = 0;
  const Values expected = columnOf({"1", "2", "3", "4"}, spec).normalized;
  for (const char* size : {"e-50", "e-280", "e300", "e-39", "e38"}) {
    std::vector<std::string> cells;
    for (const char* digit : {"1", "2", "3", "4"}) cells.push_back(std::string(digit) + size);
    const Column column = columnOf(cells, spec);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      EXPECT_NEAR(column.values[i] / std::stod(cells[i]), 1, 1e-6) << cells[i];
      EXPECT_NEAR(column.normalized[i], expected[i], 1e-6f) << cells[i];
    }
  }
  // A small spread around a value that is not 0, and rows that are larger than the first ones.
  const Column close = columnOf({"1.00001e-50", "1.00002e-50", "1.00003e-50", "1.00004e-50"}, spec);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(close.normalized[i], expected[i], 1e-5f);
  std::vector<std::string> growing(1500, "1e-50");
  growing.emplace_back("1");
  EXPECT_EQ(columnOf(growing, spec).values.back(), 1);
}

TEST(Csv, NumbersThatFloat32CannotHoldAreRefused) {
  const DataSpec plain = plainSpec();
  const std::string small = errorOf("x,y\n0,1\n1e-50,2\n2e-50,3\n", plain);
  EXPECT_NE(small.find("f.csv:4: the values of column \"x\" are too small for float32"), std::string::npos)
      << small;
  EXPECT_NE(errorOf("x,y\n1,1e-50\n2,2e-50\n", plain).find("column \"y\""), std::string::npos);
  EXPECT_NE(errorOf("x,y\n1,1\n1e50,2\n", plain).find("1e+50 in column \"x\" is too large for float32"),
            std::string::npos);
  EXPECT_NE(errorOf("x,y\n1e-400,1\n2e-400,2\n", numberSpec()).find("too small"), std::string::npos);
  EXPECT_EQ(errorOf("x,y\n0,1\n1e-50,2\n0.5,3\n", plain), "none") << "0 beside 0.5";
  EXPECT_NE(
      errorOf("x,y\n0.5,1\n2,2\n1e39,2\n", numberSpec()).find("f.csv:4: 1e+39 in column \"x\" is too large"),
      std::string::npos)
      << "an outlier beside which the others would be 0";
}

// The first rows suggest how float32 holds a column; all rows decide.
TEST(Csv, RowsAfterTheFirstDecideHowNumbersAreStored) {
  DataSpec spec = numberSpec();
  std::vector<std::string> cells(1500, "0");
  cells.emplace_back("1e-50");
  EXPECT_NEAR(columnOf(cells, spec).values.back() / 1e-50, 1, 1e-6);
  for (int i = 0; i < 2000; ++i) cells.emplace_back("1e300");
  EXPECT_NEAR(columnOf(cells, spec).values.back() / 1e300, 1, 1e-6);
  cells.assign(1500, "1700000000.5");
  cells.emplace_back("0.25");
  EXPECT_EQ(columnOf(cells, spec).values.back(), 0.25);
  // Rows without a value, and such that are skipped because another value is missing.
  for (const char* start : {",3\n", "0,\n"}) {
    std::string text = "t,y\n";
    for (int i = 0; i < 1100; ++i) text += start;
    for (int i = 0; i < 400; ++i) text += std::to_string(1700000000 + i / 2) + (i % 2 ? ".5" : ".0") + ",1\n";
    const RawData raw = parse(text, spec);
    EXPECT_EQ(raw.data.inputs[0].storageOf(0).valueOf(raw.data.inputs[0].floats.back()), 1700000199.5);
  }
}

}  // namespace
}  // namespace tandem
