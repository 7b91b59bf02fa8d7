// What is decided about the columns of a table: which are used, what is missing, which values are classes.
#include <fmt/format.h>

#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

TEST(CsvClasses, MeasurementsWithAUnitAreRefused) {
  const auto rows = [](int count, std::initializer_list<const char*> units) {
    std::string text = "weight,y\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format("{}{},{}\n", i, units.begin()[i % std::ssize(units)], i % 2 ? "a" : "b");
    return text;
  };
  EXPECT_EQ(refusal(rows(9, {" kg"}), table()),
            "f.csv: the values of column \"weight\" are numbers with the unit \"kg\", such as \"0 kg\". "
            "Remove the unit from the values, or list the column among the categories");
  EXPECT_NE(refusal(rows(9, {"k", "M"}), table()).find("numbers with the unit"), std::string::npos);
  EXPECT_EQ(load(rows(8, {"WD"}), table()).info.inputs[0].sample, (Shape{8}));  // few sizes are categories
  EXPECT_EQ(load(rows(9, {"A", "C"}), table()).info.inputs[0].sample, (Shape{9}));  // codes
  DataSpec spec = table();
  spec.categories = {"weight"};
  EXPECT_EQ(load(rows(9, {" kg"}), spec).info.inputs[0].sample, (Shape{9}));
}

TEST(CsvMissing, TokensAreValuesAmongTexts) {
  const Dataset data = load("gdp,continent\n1,EU\n2,NA\n3,AS\n4,\"NA\"\n5,\n", table());
  EXPECT_EQ(data.info.targets[0].classNames, (Texts{"AS", "EU", "NA"}));
  EXPECT_EQ(data.targets[0].classOf.size(), 4u);
  EXPECT_TRUE(mentions(data, "\"NA\" in column \"continent\" (line 3) is read as a value"));
  EXPECT_TRUE(mentions(data, "Skipped 1 row with missing values: line 6"));
  EXPECT_EQ(load("x,y\nNA,a\n2,b\n3,a\n", table()).targets[0].classOf.size(), 2u) << "not a number";
  DataSpec set = table();
  set.table.missing = {"NA", "-"};
  EXPECT_EQ(load("gdp,continent\n1,EU\n2,NA\n3,AS\n-,EU\n", set).targets[0].classOf.size(), 2u);
}

TEST(CsvClasses, NumbersAreOneClassHoweverTheyAreWritten) {
  const Dataset data = load("x,y\n1,1\n2,1.0\n3,2\n4,2.00\n", table());
  EXPECT_EQ(data.info.targets[0].classNames, (Texts{"1", "2"}));
  EXPECT_EQ(data.targets[0].classOf, (std::vector<std::int32_t>{0, 0, 1, 1}));
  EXPECT_EQ(load("x,y\n1,007\n2,008\n", table()).info.targets[0].classNames, (Texts{"007", "008"}));
  EXPECT_EQ(load("x,y\n1,01\n2,1\n", table()).info.targets[0].classNames, (Texts{"01", "1"})) << "a code";
  EXPECT_EQ(load("x,y\n1,1\n2,1.0\n3,x\n4,2\n", table()).info.targets[0].classNames, (Texts{"1", "2", "x"}));
}

TEST(CsvClasses, TextsAreEqualOnlyLetterByLetter) {
  const Dataset versions = load("version,y\n1.1,a\n1.10,b\n1.2.3,a\nbeta,b\n", table());
  EXPECT_EQ(versions.info.featureNames(),
            (Texts{"version=1.1", "version=1.10", "version=1.2.3", "version=beta"}));
  EXPECT_EQ(load("x,code\n1,100\n2,1E2\n3,A1\n", table()).info.targets[0].classNames,
            (Texts{"100", "1E2", "A1"}));
}

TEST(CsvColumns, ATrailingDelimiterIsNoColumn) {
  for (const char* text :
       {"a,b,c,\n1,2,no,\n3,4,yes,\n", "a,b,c\n1,2,no,\n3,4,yes,\n", "a,b,c,\n1,2,no\n3,4,yes\n"}) {
    const Dataset data = load(text, table());
    EXPECT_EQ(data.info.featureNames(), (Texts{"a", "b"})) << text;
    EXPECT_EQ(data.info.targets[0].classNames, (Texts{"no", "yes"})) << text;
  }
  DataSpec spec = table();
  spec.ignore = {"column 4"};
  EXPECT_EQ(load("a,b,c,\n1,2,no,\n3,4,yes,\n", spec).info.featureNames(), (Texts{"a", "b"}));
}

TEST(CsvClasses, AMistakeAmongNumbersIsNoClass) {
  std::string text = "a,price\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + "," + std::to_string(i) + ".5\n";
  EXPECT_NE(
      refusal(text + "7,1O.5\n", table()).find("f.csv:22: \"1O.5\" in column \"price\" looks like a number"),
      std::string::npos);
  EXPECT_TRUE(mentions(load(text + "7,N/A\n8,?\n", table()), "Skipped 2 rows"));
}

TEST(CsvColumns, TheDelimiterIsTheOneThatSeparatesTheNumbers) {
  EXPECT_EQ(load("id,n,tags;k,y\n0,0,p;q,A\n1,2,r;s,B\n2,1,p;q,A\n", table()).info.table.delimiter, ",");
  EXPECT_EQ(load("0,5|0,25|0,75\n0,1|0,2|0,3\n0,3|0,2|0,5\n", table(false)).inputs[0].floats,
            (Values{0.5f, 0.25f, 0.1f, 0.2f, 0.3f, 0.2f}));
}

TEST(CsvColumns, AnIndexWithoutANameIsIgnored) {
  const Dataset data = load(",a,y\n0,1.5,p\n1,2.5,q\n2,0.5,p\n", table());
  EXPECT_EQ(data.info.featureNames(), (Texts{"a"}));
  EXPECT_TRUE(mentions(data, "Column \"column 1\" only numbers or names the rows: it is ignored"));
  DataSpec spec = table();
  spec.numbers = {"column 1"};
  EXPECT_EQ(load(",a,y\n0,1.5,p\n1,2.5,q\n2,0.5,p\n", spec).info.featureNames(), (Texts{"column 1", "a"}));
  EXPECT_EQ(load("column 2,,y\n5,1.5,p\n1,2.5,q\n", table()).info.featureNames(),
            (Texts{"column 2", "column 2 (no name)"}));
}

TEST(CsvColumns, RowNumbersAndNamesAreNoFeatures) {
  const std::string rows = "3,1.5,p\n1,2.5,q\n7,0.5,p\n";  // shuffled, with gaps
  for (const char* name : {"", "\"\"", "Unnamed: 0"})
    EXPECT_EQ(load(std::string(name) + ",a,y\n" + rows, table()).info.featureNames(), (Texts{"a"})) << name;
  EXPECT_EQ(load("\"\",\"a\",\"y\"\n\"1\",1.5,\"p\"\n\"2\",2.5,\"q\"\n", table()).info.featureNames(),
            (Texts{"a"}))
      << "as R writes it";
  EXPECT_EQ(load(",a,y\nMazda,1.5,p\nFiat,2.5,q\nLotus,0.5,p\n", table()).info.featureNames(), (Texts{"a"}));
  EXPECT_EQ(load("Id,a,y\n1,1.5,p\n2,2.5,q\n3,0.5,p\n", table()).info.featureNames(), (Texts{"a"}));
  // Values rather than names: fractions, repeated ones, an id that does not count.
  EXPECT_EQ(load(",a,y\n3.5,1.5,p\n1.5,2.5,q\n", table()).info.featureNames(), (Texts{"column 1", "a"}));
  EXPECT_EQ(load(",a,y\n3,1.5,p\n3,2.5,q\n", table()).info.featureNames(), (Texts{"column 1", "a"}));
  EXPECT_EQ(load("Id,a,y\n3,1.5,p\n1,2.5,q\n", table()).info.featureNames(), (Texts{"Id", "a"}));
}

TEST(CsvMissing, NumbersMatchHoweverTheyAreWritten) {
  DataSpec spec = table();
  spec.table.missing = {"-999"};
  EXPECT_TRUE(mentions(load("a,y\n1,p\n-999,p\n-999.0,q\n-999.00,q\n2,q\n", spec), "Skipped 3 rows"));
  EXPECT_TRUE(mentions(load("a;y\n1,5;p\n-999,0;p\n2,5;q\n", spec), "Skipped 1 row "));
  spec.table.missing = {"1"};  // 1.000 is 1000 here
  EXPECT_EQ(load("a;y\n1.000;p\n2,5;q\n", spec).size(), 2);
}

TEST(CsvMissing, AClassWithoutCompleteRowsIsNamed) {
  const Dataset data = load("x,y\n1,a\n2,b\n,c\n,c\n,a\n", table());
  EXPECT_EQ(data.info.targets[0].classNames, (Texts{"a", "b"}));
  EXPECT_TRUE(mentions(data, "Every row with class c in column \"y\" has missing values"));
  EXPECT_TRUE(mentions(data, "Most rows are skipped. Column \"x\" has the most missing values"));
  EXPECT_FALSE(mentions(load("x,y\n1,1.0\n2,2\n,1\n", table()), "Every row with")) << "1 is 1.0";
}

TEST(CsvClasses, AFewTextsAmongNumbersAreMistakes) {
  std::string text = "x,y\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{}\n", i, i % 2);
  EXPECT_NE(refusal(text + "7,O\n", table()).find("f.csv:42: \"O\" in column \"y\" is not a number"),
            std::string::npos);
  DataSpec spec = table();
  spec.categories = {"y"};
  EXPECT_EQ(load(text + "7,unknown\n", spec).info.targets[0].classNames, (Texts{"0", "1", "unknown"}));
}

TEST(CsvColumns, NamesAndFreeTextsAreIgnored) {
  const auto rows = [](int distinct) {
    std::string text = "name,x,y\n";
    for (int i = 0; i < 60; ++i)
      text += fmt::format("Person {},{},{}\n", char('A' + i % distinct), i, i % 2 ? "a" : "b");
    return text;
  };
  const auto named = [](int i) { return std::string(1, char('a' + i / 26)) + char('a' + i % 26); };
  std::string text = "name,x,y\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("{},{},{}\n", named(i), i, i % 2 ? "a" : "b");
  const Dataset data = load(text, table());
  EXPECT_EQ(data.info.featureNames(), (Texts{"x"}));
  EXPECT_TRUE(
      mentions(data, "Column \"name\" contains mostly different texts, such as names: it is ignored"));
  EXPECT_EQ(load(rows(3), table()).info.inputs[0].sample, (Shape{4}));  // repeated texts are categories
  DataSpec spec = table();
  spec.categories = {"name"};
  EXPECT_EQ(load(text, spec).info.inputs[0].sample, (Shape{61}));
}

TEST(CsvColumns, ConstantOnesAreNoted) {
  EXPECT_TRUE(
      mentions(load("x,c,y\n1,5,2\n2,5,3\n", table(false)), "Column \"c\" has the same value in all rows"));
  EXPECT_TRUE(mentions(load("x,y\n1,5\n2,5\n", table(false)), "Column \"y\" has the same value in all rows"));
}

TEST(CsvColumns, KindsCanBeSet) {
  DataSpec spec = table();
  spec.categories = {"zip"};
  EXPECT_EQ(load("zip,y\n10115,a\n20095,b\n10115,a\n", spec).info.featureNames(),
            (Texts{"zip=10115", "zip=20095"}));
  spec.categories.clear();
  spec.numbers = {"zip"};
  EXPECT_NE(refusal("zip,y\nA1,a\nB2,b\n", spec).find("f.csv:2: \"A1\" in column \"zip\" is not a number"),
            std::string::npos);
  spec.categories = {"zip"};
  EXPECT_NE(refusal("zip,y\n1,a\n2,b\n", spec).find("both a number and a category"), std::string::npos);
}

}  // namespace
}  // namespace tandem
