// ARFF files: declared columns, rows, and what is refused at its line.
#include "core/data/declared_table.h"

#include "core/data/detect.h"
#include "core/data/encode.h"
#include "core/data/preprocessing.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

constexpr const char* kFlowers = R"(% Flowers
@RELATION 'small flowers'

@attribute 'petal length' REAL
@attribute color {red, 'dark blue', "green"}   % of the petals
@attribute "it's" integer
@attribute kind {b, a, never}

@DATA
1.5, 'dark blue', 1, a
% a comment
2.5,red,2,b
?,red,3,a
-1e1,green,4,b
3.5,?,5,a
4,"red", 6 , a
)";

TEST(Arff, AttributesAreColumnsOfTheirKinds) {
  const Dataset data = load(kFlowers, table());
  ASSERT_EQ(data.size(), 4);
  EXPECT_EQ(data.info.featureNames(),
            (Texts{"petal length", "color=red", "color=dark blue", "color=green", "it's"}));
  EXPECT_EQ(data.info.targets[0].name, "kind");
  EXPECT_EQ(data.info.targets[0].classNames, (Texts{"b", "a", "never"})) << "in the declared order";
  EXPECT_EQ(data.targets[0].classOf, (std::vector<std::int32_t>{1, 0, 0, 1}));
  EXPECT_TRUE(mentions(data, "Skipped 2 rows with missing values: lines 13, 15")) << "lines of the file";
  EXPECT_TRUE(data.info.named);
}

TEST(Arff, ANumericTargetIsANumberOrClasses) {
  constexpr const char* kText =
      "@relation r\n@attribute a numeric\n@attribute b numeric\n@data\n1,0\n2,1\n3,1\n";
  EXPECT_EQ(load(kText, table(false)).info.targets[0].classes, 0);
  EXPECT_EQ(load(kText, table(true)).info.targets[0].classNames, (Texts{"0", "1"}));
  const testing::TempFolder folder;
  const auto numbers = detectData(folder.write("numbers.arff", kText));
  ASSERT_TRUE(numbers.ok()) << numbers.error().text();
  EXPECT_EQ(numbers->kind, DataKind::Csv);
  EXPECT_FALSE(numbers->classification);
  const auto packed = detectData(folder.write("packed.arff.gz", testing::gzip(kText)));
  ASSERT_TRUE(packed.ok());
  EXPECT_FALSE(packed->classification);
  EXPECT_TRUE(probeDataset(*packed).ok());
  const auto classes = detectData(folder.write("classes.arff", kFlowers));
  ASSERT_TRUE(classes.ok());
  EXPECT_TRUE(classes->classification);
}

TEST(Arff, SparseRowsLeaveOutZerosAndFirstValues) {
  const Dataset data = load(
      "@relation r\n@attribute a numeric\n@attribute b {x, y}\n@attribute c numeric\n@attribute d {no, yes}\n@data\n"
      "{0 2.5, 3 yes}\n{}\n{1 y,2 -1}\n",
      table());
  ASSERT_EQ(data.size(), 3);
  EXPECT_EQ(data.targets[0].classOf, (std::vector<std::int32_t>{1, 0, 0}));
  const auto& floats = data.inputs[0].floats;  // a, b=x, b=y, c
  ASSERT_EQ(floats.size(), 12U);
  const auto valueOf = [&](std::size_t row, std::size_t column) {
    return data.inputs[0].storageOf(column).valueOf(floats[4 * row + column]);
  };
  EXPECT_EQ(valueOf(0, 0), 2.5);
  EXPECT_EQ(valueOf(1, 0), 0);
  EXPECT_EQ(valueOf(1, 1), 1) << "the first value";
  EXPECT_EQ(valueOf(2, 2), 1);
  EXPECT_EQ(valueOf(2, 3), -1);
}

TEST(Arff, StringsAreTextsAndDatesAreIgnored) {
  const char* const text =
      "@relation r\n@attribute t string\n@attribute d date 'yyyy-MM-dd'\n@attribute n numeric\n@attribute k {p,q}\n@data\n"
      "'It\\'s \"good\",\\nvery',2020-01-01,1,p\n'100% bad',2020-01-02,2,q\n?,2020-01-03,3,q\n";
  auto raw = parseCsv(text, table(), "f.arff", {});
  ASSERT_TRUE(raw.ok()) << raw.error().text();
  ASSERT_EQ(raw->texts.size(), 1U);
  EXPECT_EQ(raw->texts[0].values, (Texts{"It's \"good\", very", "100% bad"}));
  EXPECT_TRUE(mentions(raw->data, "Column \"d\" is a date")) << "ignored";
  EXPECT_TRUE(mentions(raw->data, "lines 9") || mentions(raw->data, "line 9"));
}

TEST(Arff, TheUserMaySetTheKindOfAColumn) {
  DataSpec spec = table();
  spec.ignore = {"it's"};
  spec.categories = {"petal length"};
  const Dataset data = load(kFlowers, spec);
  EXPECT_EQ(data.info.fields[0].kind, FieldKind::Category);
  EXPECT_EQ(data.info.fields[2].role, FieldRole::Ignored);
}

TEST(Arff, OtherDataIsMatchedByTheNamesOfItsColumns) {
  const Dataset data = load(kFlowers, table());
  const Preprocessing learned{data.info.fields, data.info.named, true, data.info.table, data.info.series};
  const testing::TempFolder folder;
  const std::string arff =
      "@relation r\n@attribute color {green, red}\n@attribute it's real\n@attribute 'petal length' real\n@data\ngreen,1,2\n";
  const auto encoded = encodeFile(folder.write("new.arff", arff), learned);
  ASSERT_TRUE(encoded.ok()) << encoded.error().text();
  EXPECT_EQ(encoded->inputs[0], (Values{2, 0, 0, 1, 1}));
  const auto csv = encodeFile(folder.write("new.csv", "color,it's,petal length\ndark blue,1,2\n"), learned);
  ASSERT_TRUE(csv.ok()) << csv.error().text();
  EXPECT_EQ(csv->inputs[0], (Values{2, 0, 1, 0, 1}));
}

TEST(Arff, WhatCannotBeReadIsRefusedAtItsLine) {
  const auto header = [](const char* attributes, const char* rows) {
    return "@relation r\n" + std::string(attributes) + "@data\n" + rows;
  };
  const std::string two = "@attribute a numeric\n@attribute b {x, y}\n";
  const auto of = [&](const char* rows) { return refusal(header(two.c_str(), rows), table()); };
  EXPECT_EQ(of("1,x\n2,z\n"), "f.csv:6: \"z\" is not a value of the attribute \"b\". It has x, y");
  EXPECT_EQ(of("1\n"), "f.csv:5: the row has 1 value, but there are 2 attributes");
  EXPECT_EQ(of("1,x,3\n"), "f.csv:5: the row has more values than the 2 of the attributes");
  EXPECT_EQ(of("1,'x\n"), "f.csv:5: a quote is never closed");
  EXPECT_EQ(of("1,'x' y\n"), "f.csv:5: \"y\" follows a closing quote");
  EXPECT_NE(of("1,x,{5}\n").find("f.csv:5: the row has a weight"), std::string::npos);
  EXPECT_EQ(of("{2 x}\n"), "f.csv:5: there is no attribute 2; they are 0 to 1");
  EXPECT_EQ(of("{1 x, 0 2}\n"), "f.csv:5: attribute 0 does not come after the one before it");
  EXPECT_EQ(of("{0 1, 1 x\n"), "f.csv:5: the row is not closed. It ends in }");
  EXPECT_EQ(of("{x 1}\n"), "f.csv:5: \"x 1}\" is not the number of an attribute and its value");
  EXPECT_EQ(of("one,x\ntwo,y\n").substr(0, 10), "f.csv:5: \"");
  EXPECT_EQ(of(""), "f.csv: there are no data rows");
  const auto declared = [&](const char* attributes) { return refusal(header(attributes, "1,x\n"), table()); };
  EXPECT_NE(declared("@attribute a relational\n").find("f.csv:2: the attribute \"a\" is relational"),
            std::string::npos);
  EXPECT_NE(declared("@attribute a complex\n").find("f.csv:2: \"complex\" is not the type"),
            std::string::npos);
  EXPECT_NE(declared("@attribute a {x\n").find("f.csv:2: the list of values of \"a\" is not closed"),
            std::string::npos);
  EXPECT_EQ(declared("@attribute a {x, x}\n"), "f.csv:2: \"x\" is twice among the values of \"a\"");
  EXPECT_EQ(declared("@attribute a real\n@attribute a real\n"),
            "f.csv:3: two attributes are named \"a\". Rename one");
  EXPECT_EQ(declared("a real\n").substr(0, 9), "f.csv:2: ");
  EXPECT_EQ(declared(""), "f.csv:2: there is no attribute above @data");
  EXPECT_EQ(refusal("@relation r\n@attribute a real\n", table()),
            "f.csv: the file ends before @data. Download the file again");
}

TEST(Arff, ATableWhoseFirstColumnIsNamedAlikeIsNone) {
  const Dataset data = load("@relationship,kind\n1,a\n2,b\n3,a\n", table());
  EXPECT_EQ(data.info.featureNames(), Texts{"@relationship"});
}

TEST(Arff, TheLayoutCannotBeSet) {
  DataSpec spec = table();
  spec.table.delimiter = ";";
  EXPECT_EQ(
      refusal(kFlowers, spec),
      "f.csv: the layout of this table is known, so the delimiter cannot be set. Remove the setting from the data");
  spec.table = {};
  spec.table.header = HeaderChoice::No;
  EXPECT_NE(refusal(kFlowers, spec).find("the header cannot be set"), std::string::npos);
  // As it is stored in a model.
  spec.table = load(kFlowers, table()).info.table;
  EXPECT_EQ(load(kFlowers, spec).size(), 4);
}

}  // namespace
}  // namespace tandem
