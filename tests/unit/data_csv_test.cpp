#include <gtest/gtest.h>

#include <cmath>

#include "core/data/csv.h"
#include "core/data/csv_rows.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Rows = std::vector<std::vector<std::string>>;

Rows rowsOf(std::string_view text, char separator = ',') {
  CsvRows rows(text, separator, "f.csv");
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

RawData parse(std::string_view text, const DataSpec& spec) {
  auto raw = parseCsv(text, spec, "f.csv", {});
  EXPECT_TRUE(raw.ok()) << raw.error().text();
  return std::move(raw).value();
}

std::string errorOf(std::string_view text, const DataSpec& spec) {
  const auto raw = parseCsv(text, spec, "f.csv", {});
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
  CsvRows rows("a\r\n\"x\r\ny\nz\"\r\n\r\nb\r\n", ',', "f.csv");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:1");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:2");
  EXPECT_TRUE(rows.next().value());
  EXPECT_EQ(rows.place(), "f.csv:6");
  EXPECT_FALSE(rows.next().value());
}

TEST(CsvRows, SniffsTheSeparator) {
  EXPECT_EQ(sniffSeparator("a,b\n1,2\n"), ',');
  EXPECT_EQ(sniffSeparator("a;b\n1,5;2,5\n"), ';');
  EXPECT_EQ(sniffSeparator("a\tb\n1,5\t2;5\n"), '\t');
  EXPECT_EQ(sniffSeparator("\"a;b\",c\n\"d;e;f\",g\n"), ',');
}

TEST(Csv, DetectsNumbersTextsAndClasses) {
  const RawData raw =
      parse("\xef\xbb\xbfsize,colour,kind\n1.5,red,cat\n-2e1,blue,dog\n+3,red,dog\n", classSpec());
  const DatasetInfo& info = raw.data.info;
  EXPECT_EQ(info.name, "f");
  EXPECT_EQ(info.featureNames, (std::vector<std::string>{"size", "colour=blue", "colour=red"}));
  EXPECT_EQ(info.sample, Shape{3});
  EXPECT_EQ(info.classNames, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(info.classes, 2);
  EXPECT_EQ(raw.data.floats, (std::vector<float>{1.5f, 0, 1, -20, 1, 0, 3, 0, 1}));
  EXPECT_EQ(raw.data.classOf, (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_TRUE(raw.data.notes.empty());
}

TEST(Csv, ClassesThatAreNumbersAreSortedAsNumbers) {
  const RawData raw = parse("x,y\n1,10\n2,9\n3,100\n", classSpec());
  EXPECT_EQ(raw.data.info.classNames, (std::vector<std::string>{"9", "10", "100"}));
  EXPECT_EQ(raw.data.classOf, (std::vector<std::int32_t>{1, 0, 2}));
}

TEST(Csv, RegressionWithAChosenTargetAndIgnoredColumns) {
  DataSpec spec = numberSpec();
  spec.target = "price";
  spec.ignore = {"id"};
  const RawData raw = parse("id;price;m2\nA17;100,5;20\nB3;200;30,25\n", spec);
  EXPECT_EQ(raw.data.info.classes, 0);
  EXPECT_EQ(raw.data.info.featureNames, (std::vector<std::string>{"m2"}));
  EXPECT_EQ(raw.data.floats, (std::vector<float>{20, 30.25f}));
  EXPECT_EQ(raw.data.targetOf, (std::vector<float>{100.5f, 200}));
}

TEST(Csv, RowsWithMissingValuesAreDroppedAndReported) {
  DataSpec spec = numberSpec();
  spec.ignore = {"c"};
  const RawData raw = parse("a,b,c,d\n1,2,,4\n1,?,3,4\n\n1,2,3,NaN\n5,6,7,8\nNA,1,1,1\n", spec);
  EXPECT_EQ(raw.data.floats, (std::vector<float>{1, 2, 5, 6}));
  EXPECT_EQ(raw.data.notes, (std::vector<std::string>{"Skipped 3 rows with missing values: lines 3, 5, 7"}));
  std::string many = "a,b\n1,2\n";
  for (int i = 0; i < 25; ++i) many += ",1\n";
  EXPECT_EQ(
      parse(many, numberSpec()).data.notes.at(0),
      "Skipped 25 rows with missing values: lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, "
      "19, 20, 21, 22, ...");
}

TEST(Csv, WithoutAHeaderColumnsAreNumbered) {
  const RawData raw = parse("1,2,a\n3,4,b\n", classSpec());
  EXPECT_EQ(raw.data.info.featureNames, (std::vector<std::string>{"column 1", "column 2"}));
  EXPECT_EQ(raw.data.classOf.size(), 2u);
  EXPECT_EQ(raw.data.notes,
            (std::vector<std::string>{"There is no header row: columns are named by number"}));
  DataSpec spec = classSpec();
  spec.target = "column 1";
  EXPECT_EQ(parse("1,2,a\n3,4,b\n", spec).data.info.classNames, (std::vector<std::string>{"1", "3"}));
}

TEST(Csv, TwoThousandColumnsAreFine) {
  std::string text;
  for (int row = 0; row < 3; ++row) {
    for (int c = 0; c < 2000; ++c) text += std::to_string(row * c) + ",";
    text += row == 0 ? "a\n" : "b\n";
  }
  EXPECT_EQ(parse(text, classSpec()).data.info.sample, Shape{2000});
}

TEST(Csv, InvalidTablesAreReported) {
  DataSpec noTarget = classSpec();
  noTarget.target = "z";
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
      {"", classSpec(), "f.csv: the file is empty"},
      {"\n \n", classSpec(), "f.csv: there are no data rows"},
      {"a,b\n", classSpec(), "f.csv: there are no data rows"},
      {"a\n1\n", classSpec(),
       "f.csv: there is only one column; at least a feature and a target are needed. Separate columns with "
       "commas, semicolons or tabs"},
      {"a,b\n1,2\n1,2,3\n", classSpec(), "f.csv:3: 3 values, but the first row has 2"},
      {"a,b\n1,x\n1\n", classSpec(), "f.csv:3: 1 values, but the first row has 2"},
      {"a,b\n1,\"x\n1,y\n", classSpec(), "f.csv:2: a quote is never closed"},
      {"a,b\n1,x\n1,\"x\"y\n", classSpec(),
       "f.csv:3: text follows a closing quote. Double the quotes inside a value"},
      {"a,a\n1,x\n", classSpec(),
       "f.csv:1: two columns are named \"a\". Rename one, or add a header row if this row is data"},
      {"a,b\n1,2\n", noTarget, "f.csv: there is no column \"z\". The columns are a, b"},
      {"a,b\n1,2\n", ignoreUnknown, "f.csv: there is no column \"q\". The columns are a, b"},
      {"a,b\n1,2\n", ignoreAll, "f.csv: no feature columns are left. Ignore fewer columns"},
      {"a,b\n1,2\n", ignoreTarget, "f.csv: column \"b\" is both the target and ignored"},
      {"a,b\n1,x\n2,x\n", classSpec(),
       "f.csv: column \"b\" has only one class; at least two are needed. Choose another target"},
      {manyClasses, classSpec(),
       "f.csv: column \"b\" has more than 1000 classes. Treat the target as numeric, not as classes"},
      {manyTexts, numberSpec(),
       "f.csv: column \"name\" has more than 32 distinct texts. Ignore the column or group its values"},
      {"a,b\n1,2\n2,x\n", numberSpec(),
       "f.csv:3: \"x\" in column \"b\" is not a number. Choose classification, or another target"},
      {"a,b\n1,2\n2,2\n1o,3\n", numberSpec(),
       "f.csv:4: \"1o\" in column \"a\" is not a number. Correct the value, clear it, or ignore the column"},
      {"a,b\n1,2\ninf,2\n", numberSpec(),
       "f.csv:3: inf in column \"a\" is not a finite number. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n1,1e999\n", numberSpec(),
       "f.csv:2: 1e999 in column \"b\" is not a finite number. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n1,1e39\n", numberSpec(),
       "f.csv:2: 1e39 in column \"b\" is not a finite number. Correct the value, or clear it to "
       "skip the row"},
      {"a,b\n,1\n,2\n", numberSpec(),
       "f.csv: every row has a missing value, most often in column \"a\". Ignore columns that are mostly "
       "empty"},
      {std::string("a,b\n1,\0\n", 8), classSpec(), "f.csv:2: this is not a text file"},
      {"a,b\n1,caf\xe9\n", classSpec(), "f.csv:2: the text is not UTF-8. Save it as UTF-8"},
      {"a,b\n1,\xed\xa0\x80\n", classSpec(), "f.csv:2: the text is not UTF-8. Save it as UTF-8"},
      {"\xff\xfe"
       "a",
       classSpec(), "f.csv: the text is UTF-16. Save it as UTF-8"},
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
  EXPECT_FLOAT_EQ((*data)->mean[0], 2.5f);
  EXPECT_FLOAT_EQ((*data)->scale[0], static_cast<float>(1 / std::sqrt(1.25)));
  EXPECT_EQ((*data)->scale[1], 1.0f);
  EXPECT_FLOAT_EQ((*data)->mean[1], 0.1f);
}

TEST(Csv, ProbeAgreesWithLoadAndReadsOnlyTheStartOfALongFile) {
  const TempFolder folder;
  DataSpec spec = classSpec();
  spec.path = folder.write("t.csv", "a,b,c\n1,x,p\n2,y,q\n,z,r\n3,x,p\n");
  const auto form = probeDataset(spec);
  const auto data = loadDataset(spec);
  ASSERT_TRUE(form.ok() && data.ok());
  EXPECT_EQ(form->featureNames, (*data)->info.featureNames);
  EXPECT_EQ(form->featureNames, (std::vector<std::string>{"a", "b=x", "b=y"}));  // line 4 is skipped
  EXPECT_EQ(form->classNames, (*data)->info.classNames);
  // A prefix that ends within a quoted cell and a row that is too short: neither counts.
  const auto part = probeCsv("a,b\n1,x\n2,y\n3,\"z\nmore", spec, "f.csv", true);
  ASSERT_TRUE(part.ok()) << part.error().text();
  EXPECT_EQ(part->classNames, (std::vector<std::string>{"x", "y"}));
}

TEST(Csv, LoadsTheBundledSample) {
  DataSpec spec = classSpec();
  spec.path = TANDEM_SOURCE_DIR "/datasets/two-moons.csv";
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->size(), 600);
  EXPECT_EQ((*data)->info.name, "two-moons");
  EXPECT_EQ((*data)->info.featureNames, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ((*data)->info.classNames, (std::vector<std::string>{"lower", "upper"}));
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
  EXPECT_EQ(loadError(folder.file("none.csv")), folder.file("none.csv") + ": the file does not exist");
  EXPECT_EQ(loadError(folder.path()), folder.path().string() + ": this is not a regular file");
  EXPECT_EQ(loadError("/dev/zero"), "/dev/zero: this is not a regular file");
}

TEST(Csv, CanBeCancelledInEachPass) {
  const TempFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
  DataSpec spec = classSpec();
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
    EXPECT_LT(last, limit + 0.2);
  }
}

}  // namespace
}  // namespace tandem
