// What is decided about a table as a whole: how its numbers are written, whether line 1 is a header.
#include <fmt/format.h>

#include "core/data/csv_number.h"
#include "core/data/utf8.h"
#include "core/network/preprocessing_json.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

TEST(Number, IsReadInItsStyle) {
  const NumberStyle german{',', '.'}, english{'.', ','}, french{',', ' '}, swiss{'.', '\''};
  EXPECT_EQ(parseNumber("7.341", german), 7341);
  EXPECT_EQ(parseNumber("-1.234.567,5", german), -1234567.5);
  EXPECT_EQ(parseNumber("13,29", german), 13.29);
  EXPECT_EQ(parseNumber("1,5e3", german), 1500);
  EXPECT_EQ(parseNumber("13.29", german), std::nullopt);
  EXPECT_EQ(parseNumber("1,234.5", english), 1234.5);
  EXPECT_EQ(parseNumber("1,23", english), std::nullopt);
  EXPECT_EQ(parseNumber("1\xc2\xa0"
                        "234,5",
                        french),
            1234.5);
  EXPECT_EQ(parseNumber("1'234.5", swiss), 1234.5);
  EXPECT_EQ(parseNumber("2,52,793.5", english), 252793.5);  // India
  EXPECT_EQ(parseNumber("1,00,00,000", english), 1e7);
  EXPECT_EQ(parseNumber("2,52,79", english), std::nullopt);
  EXPECT_EQ(parseNumber("252,52,793", english), std::nullopt);
  EXPECT_EQ(parseNumber("1.234", {}), 1.234);
  EXPECT_EQ(parseNumber("+.5", {}), 0.5);
  EXPECT_EQ(parseNumber("\xe2\x88\x92"
                        "2.5",
                        {}),
            -2.5)
      << "U+2212";
  EXPECT_EQ(parseNumber("-\xe2\x88\x92"
                        "2.5",
                        {}),
            std::nullopt);
  for (const char* text :
       {"", "+", "-", ".", ",", "+-5", "1.2.3", "1,2,3", "5O", "1 2", "0x1F", "1e", "1.234.56"})
    for (const NumberStyle style : {NumberStyle{}, german, english, french, swiss})
      EXPECT_EQ(parseNumber(text, style), std::nullopt) << text << style.decimal;
}

TEST(Number, TextsThatWereMeantAsOneAreRecognized) {
  for (const char* text :
       {"5%", "$5", "3,50 \xe2\x82\xac", "1 23", "1e", "(12.50)", "12.50-", "1_000", "12,34,567"})
    EXPECT_TRUE(looksLikeNumber(text)) << text;
  for (const char* text : {"5O", "l2"})
    EXPECT_TRUE(looksLikeNumber(text, true) && !looksLikeNumber(text)) << text;
  for (const char* text :
       {"0x1F", "1.5D0", "1.5d-03", "\xef\xbc\x95\xef\xbc\x90", "\xd9\xa3\xd9\xa4.\xd9\xa5"})
    EXPECT_TRUE(looksLikeNumber(text)) << text;
  for (const char* text : {"0x", "0xyz", "3D", "1.5D", "1.5DX", "\xef\xbd\x81"})
    EXPECT_FALSE(looksLikeNumber(text)) << text;
  for (const char* text : {"1.2.3", "31.12.2020", "10.0.0.1"})
    EXPECT_FALSE(looksLikeNumber(text, true)) << text;
  for (const char* text :
       {"", "no", "O", "2020-01-31", "12:30", "20-30", "3rd", "1/2", "A4", "<5", "5+", "ll"})
    EXPECT_FALSE(looksLikeNumber(text)) << text;
}

TEST(CsvNumbers, OneDecisionForTheWholeFile) {
  const DataSpec spec = table(false);
  EXPECT_EQ(load("a;b;y\n7.341;13,29;1\n953;33,04;2\n", spec).inputs[0].floats,
            (Values{7341, 13.29f, 953, 33.04f}));
  EXPECT_EQ(load("a;y\n7.341;7341\n953,5;953\n", spec).inputs[0].floats, (Values{7341, 953.5f}));
  EXPECT_EQ(load("a,b,y\n7.341,13.29,1\n953,33.04,2\n", spec).inputs[0].floats,
            (Values{7.341f, 13.29f, 953, 33.04f}));
  EXPECT_EQ(load("a,y\n\"1,234.5\",1\n\"2,000\",2\n", spec).inputs[0].floats, (Values{1234.5f, 2000}));
  EXPECT_EQ(load("a,y\n\"2500,50\",1\n3,2\n", spec).inputs[0].floats, (Values{2500.5f, 3}));
  EXPECT_EQ(load("a;y\n1 234,5;1\n2;2\n", spec).inputs[0].floats, (Values{1234.5f, 2}));
  const std::string mixed = refusal("a,b,y\n3.5,\"2500,50\",1\n4,1,2\n", spec);
  EXPECT_NE(mixed.find("f.csv:2: \"3.5\" in column \"a\" and \"2500,50\" in column \"b\" (line 2)"),
            mixed.npos)
      << mixed;
}

TEST(CsvNumbers, WhatTheFileLeavesOpenIsSaid) {
  const Dataset open = load("a;y\n7.341;1\n953;2\n", table(false));
  EXPECT_EQ(open.inputs[0].floats, (Values{7341, 953}));
  EXPECT_TRUE(mentions(open, "\"7.341\" in column \"a\" (line 2) is read as 7341, not 7.341"));
  EXPECT_EQ(load("p\ty\n1,234\t1\n999\t2\n", table(false)).inputs[0].floats, (Values{1234, 999}));
  EXPECT_EQ(load("a,y\n7.341,1\n953,2\n", table(false)).inputs[0].floats, (Values{7.341f, 953}));
  EXPECT_EQ(load("a,y\n7.341,1\n9.530,2\n1.250,3\n950,4\n", table(false)).inputs[0].floats,
            (Values{7341, 9530, 1250, 950}));
  // Without a group that ends in a zero, decimals: 1.5 would not be written 1.500.
  const Dataset eighths = load("a,y\n1.125,1\n2,2\n1.375,3\n1.625,4\n", table(false));
  EXPECT_EQ(eighths.inputs[0].floats, (Values{1.125f, 2, 1.375f, 1.625f}));
  EXPECT_TRUE(mentions(eighths, "\"1.125\" in column \"a\" (line 2) is read as 1.125, not 1125"));
  DataSpec set = table(false);
  set.table.decimal = ".";
  EXPECT_EQ(load("a;y\n7.341;1\n953;2\n", set).inputs[0].floats, (Values{7.341f, 953}));
  set.table.decimal = ",";
  EXPECT_EQ(load("a;y\n7.341;1\n953;2\n", set).inputs[0].floats, (Values{7341, 953}));
  set.table.thousands = "none";
  EXPECT_NE(refusal("a;y\n7.341;1\n953;2\n", set).find("f.csv:2: \"7.341\" in column \"a\""),
            std::string::npos);
  EXPECT_FALSE(mentions(load("a,y\n5.123,1\n7.341,2\n", table(false)), ", not "));
}

TEST(CsvNumbers, AddressesAreNoThousands) {
  const Dataset addresses = load("ip,y\n192.168.100.100,a\n192.168.100.101,b\n192.168.100.100,a\n", table());
  EXPECT_EQ(addresses.info.featureNames(), (Texts{"ip=192.168.100.100", "ip=192.168.100.101"}));
  EXPECT_EQ(load("rupees;y\n1.234.100.200;1\n1.234.567;2\n", table(false)).inputs[0].floats,
            (Values{1'234'100'200.0f, 1'234'567}));
  DataSpec set = table(false);
  set.numbers = {"rupees"};
  EXPECT_NE(refusal("rupees;y\n1.234.100.200;1\n9.234.100.201;2\n", set).find("is not a number"),
            std::string::npos);
}

TEST(CsvNumbers, TextsThatLookLikeNumbersAreNoCategories) {
  const std::string percent = refusal("rate,y\n5%,a\n7%,b\n", table());
  EXPECT_NE(percent.find("f.csv:2: \"5%\" in column \"rate\" looks like a number but is not one"),
            percent.npos)
      << percent;
  DataSpec set = table();
  set.categories = {"rate"};
  EXPECT_EQ(load("rate,y\n5%,a\n7%,b\n", set).info.featureNames(), (Texts{"rate=5%", "rate=7%"}));
}

TEST(Number, UnitsFollowIt) {
  EXPECT_EQ(unitOf("7 kg", {}), "kg");
  EXPECT_EQ(unitOf("1.2M", {}), "M");
  EXPECT_EQ(unitOf("21\xc2\xa0\xc2\xb0"
                   "C",
                   {}),
            "\xc2\xb0"
            "C");
  EXPECT_EQ(unitOf("1,5 l", {',', '.'}), "l");
  for (const char* text : {"7", "kg", "kg 7", "5 ft 2 in", "1.2.3a", "", "A1", "12 kilometres"})
    EXPECT_EQ(unitOf(text, {}), "") << text;
}

TEST(CsvNumbers, LargeValuesKeepTheirDifferences) {
  std::string stamps = "t,y\n", small = "t,y\n";
  for (int i = 0; i < 50; ++i) {
    stamps += std::to_string(1'700'000'000 + i / 2) + (i % 2 ? ".5," : ".0,") + std::to_string(i) + "\n";
    small += std::to_string(i / 2) + (i % 2 ? ".5," : ".0,") + std::to_string(i) + "\n";
  }
  const testing::TempFolder folder;
  DataSpec spec = table(false);
  spec.path = folder.write("stamps.csv", stamps);
  const auto large = loadDataset(spec);
  spec.path = folder.write("small.csv", small);
  const auto plain = loadDataset(spec);
  ASSERT_TRUE(large.ok() && plain.ok());
  std::vector<std::int64_t> rows = {0, 1, 7, 49};
  Values a(4), b(4);
  (*large)->gather(0, rows, a.data());
  (*plain)->gather(0, rows, b.data());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6) << i;
  const Field field = preprocessingOf(**large).fields[0];
  EXPECT_NEAR(field.mean[0] - 1.7e9, preprocessingOf(**plain).fields[0].mean[0], 1e-5);
}

TEST(CsvNumbers, ColumnsThatFloat32ChangesAreMarked) {
  const auto marked = [](double first, double step) {
    std::string text = "x,y\n";
    for (int i = 0; i < 50; ++i) text += fmt::format("{:.6f},{}\n", first + step * i, i % 3);
    const testing::TempFolder folder;
    DataSpec spec = table();
    spec.path = folder.write("x.csv", text);
    const auto data = loadDataset(spec);
    EXPECT_TRUE(data.ok()) << data.error().text();
    const Preprocessing described = preprocessingOf(**data);
    EXPECT_EQ(preprocessingFromJson(toJson(described), "").value(), described);
    return described.fields[0].exceedsFloat32;
  };
  EXPECT_TRUE(marked(1'700'000'000, 0.5));
  EXPECT_TRUE(marked(2'457'000.5, 0.01));
  EXPECT_TRUE(marked(101'325.5, 0.03));
  EXPECT_FALSE(marked(101'325.5, 0.5));
  EXPECT_FALSE(marked(1970, 1));
  EXPECT_FALSE(marked(293.15, 0.1));
  EXPECT_FALSE(marked(0.1, 0.1));
  EXPECT_FALSE(marked(-1e9, 1e8));
}

TEST(CsvHeader, IsDecidedByComparingLine1WithTheColumns) {
  const auto header = [](std::string_view text) { return load(text, table()).info.named; };
  EXPECT_TRUE(header("2018,2019,2020,group\n1,10,20,y\n2,11,21,x\n"));
  EXPECT_TRUE(header("region,2019,2020,group\nsued,10,20,y\nnord,11,21,x\nsued,12,22,x\n"));
  EXPECT_TRUE(header("label,0,1,2,3\n0,0,0,0,0\n1,50,30,99,200\n0,1,2,3,4\n"));
  EXPECT_TRUE(header("0,1,2\n1.5,2.5,a\n3.5,1.5,b\n"));
  EXPECT_TRUE(header("2018,2019\n1,10\n2,11\n3,10\n"));
  EXPECT_TRUE(header("colour,shape\nred,round\nblue,flat\nred,flat\n"));
  EXPECT_TRUE(header("400,500,600,y\n0.032,0.020,0.017,B\n0.1,0.2,0.3,A\n0.3,0.1,0.2,B\n"));
  EXPECT_TRUE(header("0.5,1.0,1.5,y\n0.7,0.8,0.9,B\n0.1,0.2,0.3,A\n0.3,0.1,1.2,B\n"));
  EXPECT_FALSE(header("red,round\nblue,flat\nred,flat\n"));
  EXPECT_FALSE(header("1,2,3\n4,5,6\n7,8,9\n"));
  EXPECT_FALSE(header("2018,5,a\n2019,6,b\n2020,7,a\n"));
  EXPECT_FALSE(header("alice,34,yes\nbob,36,no\neve,30,yes\n"));
}

TEST(CsvHeader, NoRowOfATextTableIsLost) {
  EXPECT_EQ(load("red,yes\nblue,no\nred,no\n", table()).targets[0].classOf.size(), 3u);
  EXPECT_EQ(load("colour,class\nblue,no\nred,yes\nblue,no\n", table()).targets[0].classOf.size(), 3u);
}

TEST(CsvHeader, RanksAreData) {
  const Dataset ranks = load(
      "1,Tokyo,37.4,Japan\n2,Delhi,31,India\n3,Shanghai,28,China\n4,Mumbai,20,India\n5,Beijing,19,China\n",
      table());
  EXPECT_EQ(ranks.size(), 5);
  EXPECT_TRUE(mentions(ranks, "the rows below continue its numbers"));
  EXPECT_EQ(load("Tokyo,37.4,1.5,Japan\nDelhi,31,1,India\nPune,28,1,India\n", table()).size(), 3)
      << "names have no decimals";
}

TEST(CsvHeader, AMistakeInTheFirstRowIsRefused) {
  EXPECT_NE(refusal("5O,no\n3,yes\n4,no\n", table()).find("f.csv:1: \"5O\" in column \"column 1\""),
            std::string::npos);
  EXPECT_NE(refusal("5O,3\n3,4\n4,5\n", table(false)).find("f.csv:1: \"5O\""), std::string::npos);
  const std::string word = refusal("five,3.5,1\n3,4.5,0\n4,5.5,1\n", table());
  EXPECT_NE(word.find("f.csv:1: \"five\""), word.npos) << word;
  EXPECT_NE(word.find("set the header to \"yes\""), word.npos) << word;
}

TEST(CsvHeader, CanBeSet) {
  DataSpec spec = table();
  spec.table.header = HeaderChoice::No;
  EXPECT_EQ(load("x,y\na,b\na,c\n", spec).targets[0].classOf.size(), 3u);
  spec.table.header = HeaderChoice::Yes;
  EXPECT_EQ(load("1,2\n3,4\n5,6\n", spec).info.featureNames(), (Texts{"1"}));
  spec.targets = {"column 1"};
  EXPECT_EQ(load("1,2\n3,4\n5,6\n", spec).info.featureNames(), (Texts{"2"}))
      << "columns also have their numbers";
}

TEST(CsvHeader, NumbersOfAFrameNameItsColumns) {
  const Dataset data = load(",0,1,2\n0,5,7,1\n1,3,9,0\n2,4,8,1\n", table());
  EXPECT_TRUE(data.info.named);
  EXPECT_EQ(data.info.featureNames(), (Texts{"0", "1"}));
  EXPECT_EQ(data.size(), 3);
}

TEST(CsvText, OtherEncodings) {
  DataSpec spec = table();
  spec.table.encoding = "windows-1252";
  EXPECT_EQ(load("x,y\n1,caf\xe9\n2,th\xe9\n", spec).info.targets[0].classNames, (Texts{"café", "thé"}));
  spec.table.encoding = "klingon";
  EXPECT_NE(refusal("x,y\n1,a\n", spec).find("encoding \"klingon\" is not known"), std::string::npos);
  std::string wide = "\xff\xfe";
  for (const char c : std::string("x,y\n1,a\n2,b\n")) (wide += c) += '\0';
  EXPECT_EQ(load(wide, table()).info.targets[0].classNames, (Texts{"a", "b"}))
      << "UTF-16 with a byte order mark";
}

TEST(CsvHeader, IsSkippedAfterAnyNumberOfComments) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "# a long comment before the table\n";
  DataSpec spec = table();
  spec.table.comment = "#";
  const Dataset data = load(text + "x,y\n1,a\n2,b\n", spec);
  EXPECT_EQ(data.info.featureNames(), (Texts{"x"}));
  EXPECT_EQ(data.targets[0].classOf.size(), 2u);
  EXPECT_NE(refusal(text + "x,y\n1,a\n2,b\n3\n", spec).find("f.csv:2004: 1 value"), std::string::npos);
  EXPECT_NE(refusal("x,y\n", table()).find("no data rows"), std::string::npos);
}

TEST(CsvDelimiter, ExcelsFirstLineNamesIt) {
  for (const std::string first : {"sep=;\n", "sep=;\r\n", "SEP=;\r", "\"sep=;\"\n"}) {
    const Dataset data = load(first + "a,b;y\n1,5;x\n2,5;z\n", table());
    EXPECT_EQ(data.inputs[0].floats, (Values{1.5f, 2.5f})) << first;
    EXPECT_EQ(data.info.featureNames(), (Texts{"a,b"}));
    EXPECT_EQ(data.info.table.delimiter, ";");
    EXPECT_TRUE(mentions(data, "Line 1 names the delimiter"));
    EXPECT_TRUE(mentions(data, "Line 2 is read as the header"));
  }
  EXPECT_EQ(load("sep=|\n1|2,5|3|x\n2|3,5|4|z\n", table()).inputs[0].floats, (Values{1, 2.5f, 3, 2, 3.5f, 4}))
      << "no header";
  EXPECT_NE(refusal("sep=;\na;y\n1;x\n2\n", table()).find("f.csv:4: 1 value"), std::string::npos);
  DataSpec set = table();
  set.table.delimiter = ",";
  EXPECT_EQ(load("sep=;\na,y\n1,x\n2,z\n", set).inputs[0].floats, (Values{1, 2})) << "the setting decides";
}

constexpr std::string_view kComposed =
                               "Gr\xc3\xb6\xc3\x9f"
                               "e",
                           kDecomposed =
                               "Gro\xcc\x88\xc3\x9f"
                               "e";

TEST(CsvNames, AreComparedInOneUnicodeForm) {
  const auto text = [](std::string_view name) {
    return std::string(name) +
           ",y\n1,caf"
           "e\xcc\x81"
           "\n2,tee\n";
  };
  EXPECT_EQ(load(text(kDecomposed), table()).info.featureNames(), Texts{std::string(kComposed)});
  EXPECT_EQ(load(text(kComposed), table()).info.targets[0].classNames, (Texts{"caf\xc3\xa9", "tee"}));
  DataSpec spec = table(false);
  spec.targets = {std::string(kDecomposed)};
  EXPECT_EQ(load("x," + std::string(kComposed) + "\n1,2\n3,4\n", spec).info.fields[1].role,
            FieldRole::Target);
  EXPECT_NE(refusal(std::string(kDecomposed) + "," + std::string(kComposed) + "\n1,2\n", table())
                .find("two columns"),
            std::string::npos);
}

TEST(Utf8, MarksAreComposedWithTheirLetters) {
  EXPECT_EQ(composed("plain"), "plain");
  EXPECT_EQ(composed("e\xcc\xa3\xcc\x82"), "\xe1\xbb\x87") << "two marks";
  EXPECT_EQ(composed("\xd0\xb8\xcc\x86o\xcc\x88"), "\xd0\xb9\xc3\xb6") << "Cyrillic";
  EXPECT_EQ(composed("\xcc\x88x\xcc\x81z\xcc\x81"), "\xcc\x88x\xcc\x81\xc5\xba") << "nothing to compose with";
  EXPECT_EQ(composed("\xf0\x9f\x98\x80\xcc\x81\xe4\xb8\xad\xcc\x81"),
            "\xf0\x9f\x98\x80\xcc\x81\xe4\xb8\xad\xcc\x81");
}

TEST(CsvNumbers, AreOnlyCentredIfTheyAreNormalized) {
  DataSpec spec = table(false);
  spec.normalize = spec.standardizeTargets = false;
  const Dataset data = load("x,y\n1000,2000\n1001,2001\n1002,2002\n", spec);
  EXPECT_EQ(data.inputs[0].floats, (Values{1000, 1001, 1002}));
  EXPECT_EQ(data.targets[0].floats, (Values{2000, 2001, 2002}));
}

TEST(CsvChunks, ALongTableIsReadAsAShortOne) {
  for (const bool quoted : {false, true}) {
    std::string text = "\n# not data\nsize,colour,y\n";
    Values expected;
    for (int i = 0; i < 30'000; ++i) {
      if (i % 1000 == 7) text += "\n# comment\n";
      const char* colour = i % 3 == 0 ? "red" : i % 3 == 1 ? "green" : "blue";
      text += std::to_string(i) +
              (quoted && i % 500 == 0 ? std::string(",\"") + colour + "\"" : std::string(",") + colour) +
              "," + std::to_string(i % 7) + "\n";
      expected.insert(expected.end(), {static_cast<float>(i), i % 3 == 2 ? 1.0f : 0.0f,
                                       i % 3 == 1 ? 1.0f : 0.0f, i % 3 == 0 ? 1.0f : 0.0f});
    }
    DataSpec spec = table();
    spec.table.comment = "#";
    const Dataset data = load(text, spec);
    EXPECT_EQ(data.inputs[0].floats, expected);
    EXPECT_EQ(data.targets[0].classOf[29'999], 29'999 % 7);
    text += "7,pink\n";
    const std::string error = refusal(text, spec);
    EXPECT_NE(error.find("f.csv:30064: 2 values"), error.npos) << error;
  }
}

// The values are read as the start suggests, and once more where the rest decides otherwise.
TEST(CsvChunks, ALongTableMayEndOtherwiseThanItBegins) {
  constexpr int kRows = 30'000;
  const auto longText = [](const std::string& end) {
    std::string text = "a;b;y\n";
    for (int i = 0; i < kRows; ++i)
      text += std::to_string(i) + ";" + std::to_string(i % 5) + ";" + std::to_string(i % 2) + "\n";
    return text + end;
  };
  const auto lastOf = [&](const std::string& end, std::size_t count) {
    const Dataset data = load(longText(end), table());
    EXPECT_EQ(data.size() * data.info.inputs[0].sample.elements(),
              static_cast<std::int64_t>(data.inputs[0].floats.size()));
    EXPECT_EQ(data.inputs[0].floats[2], 1.0f);  // "a" of the second row
    return Values(data.inputs[0].floats.end() - static_cast<std::ptrdiff_t>(count),
                  data.inputs[0].floats.end());
  };
  EXPECT_EQ(lastOf("7;2,5;1\n", 4), (Values{29'999, 4, 7, 2.5f}));             // a decimal comma
  EXPECT_EQ(lastOf("7;;1\n8;3;0\n", 4), (Values{29'999, 4, 8, 3}));            // a missing value
  EXPECT_EQ(lastOf("1.234.567;2;1,0\n", 4), (Values{29'999, 4, 1234567, 2}));  // thousands
  EXPECT_EQ(lastOf("7;NA;1\n8;3;0", 4), (Values{29'999, 4, 8, 3}));
  EXPECT_NE(refusal(longText("7;1e999;1\n"), table()).find("f.csv:30002: 1e999"), std::string::npos);
  EXPECT_NE(refusal(longText("7;x;1\n"), table()).find("f.csv:30002: \"x\""), std::string::npos);
  EXPECT_NE(refusal(longText("7;1;NA\n8;1;x\n"), table())
                .find("f.csv:30003: \"x\" in column \"y\" is not a number"),
            std::string::npos);
  DataSpec spec = table();
  spec.categories = {"y"};
  EXPECT_EQ(load(longText("7;1;NA\n8;1;x\n"), spec).info.targets[0].classNames, (Texts{"0", "1", "NA", "x"}));

  std::string text = "a,y\n";  // codes such as 1 and 2 until names follow
  for (int i = 0; i < kRows; ++i)
    text += (i < kRows / 3 ? i % 2 == 0 ? "1," : "2," : "blue,") + std::to_string(i % 2) + "\n";
  const Dataset data = load(text, table());
  EXPECT_EQ(data.info.featureNames(), (Texts{"a=1", "a=2", "a=blue"}));
  EXPECT_EQ(Values(data.inputs[0].floats.begin(), data.inputs[0].floats.begin() + 6),
            (Values{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(Values(data.inputs[0].floats.end() - 3, data.inputs[0].floats.end()), (Values{0, 0, 1}));
}

}  // namespace
}  // namespace tandem
