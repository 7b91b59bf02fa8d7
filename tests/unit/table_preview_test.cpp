// The first rows of tables as shown to the user, also of those that are refused; and the use of their columns.
#include "core/data/table_preview.h"

#include <gtest/gtest.h>

#include "core/data/column_use.h"
#include "core/data/csv.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using Texts = std::vector<std::string>;
using State = TablePreview::CellState;

DataSpec table(bool classes = true) {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.classification = classes;
  return spec;
}

TablePreview preview(std::string_view text, const DataSpec& spec = table(), bool partial = false) {
  TablePreview shown;
  (void)probeCsv(std::string(text), spec, "f.csv", partial, &shown);
  return shown;
}

TablePreview refused(std::string_view text, std::string_view reason, const DataSpec& spec = table()) {
  TablePreview shown;
  const auto info = probeCsv(std::string(text), spec, "f.csv", false, &shown);
  EXPECT_FALSE(info.ok()) << text;
  if (!info.ok()) {
    EXPECT_NE(info.error().text().find(reason), std::string::npos) << info.error().text();
  }
  return shown;
}

TEST(TablePreview, ShowsTheColumnsAndRowsAsRead) {
  DataSpec spec = table();
  spec.ignore = {"id"};
  const TablePreview shown = preview("id;size;colour;kind\n1;1,5;\"red; dark\";a\n\n2;;blue;b\n", spec);
  EXPECT_EQ(shown.names(), (Texts{"id", "size", "colour", "kind"}));
  ASSERT_EQ(shown.rows.size(), 2U);
  EXPECT_EQ(shown.rows[0].cells, (Texts{"1", "1,5", "red; dark", "a"}));
  EXPECT_EQ(shown.rows[0].line, 2);
  EXPECT_EQ(shown.rows[1].line, 4);
  EXPECT_EQ(shown.rows[1].states[1], State::Missing);
  EXPECT_EQ(shown.columns[0].role, FieldRole::Ignored);
  EXPECT_EQ(shown.columns[0].kind, std::nullopt);
  EXPECT_EQ(shown.columns[1].role, FieldRole::Feature);
  EXPECT_EQ(shown.columns[1].kind, FieldKind::Number);
  EXPECT_EQ(shown.columns[2].kind, FieldKind::Category);
  EXPECT_EQ(shown.columns[3].role, FieldRole::Target);
  EXPECT_FALSE(shown.more);
}

TEST(TablePreview, HasTheFirstRowsOfALongTable) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + ",x" + std::to_string(i % 2) + "\n";
  const TablePreview shown = preview(text, table(), true);
  EXPECT_EQ(shown.rows.size(), TablePreview::kRows);
  EXPECT_EQ(shown.rows.back().cells[0], "49");
  EXPECT_TRUE(shown.more);
}

TEST(TablePreview, ShowsTheCellThatIsRefusedEvenFarBelow) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200; ++i) text += i == 150 ? "oops,x\n" : "1.5,x\n";
  const TablePreview shown = refused(text, "f.csv:152");
  ASSERT_EQ(shown.rows.size(), TablePreview::kRows + 1);
  EXPECT_EQ(shown.rows.back().line, 152);
  EXPECT_TRUE(shown.rows.back().fault);
  EXPECT_EQ(shown.rows.back().states[0], State::Fault);
  EXPECT_EQ(shown.columns[0].kind, FieldKind::Number);
  EXPECT_EQ(shown.columns[1].kind, FieldKind::Category) << "decided in spite of the other column";
  EXPECT_FALSE(shown.rows.front().fault);
}

TEST(TablePreview, ShowsRowsOfTheWrongWidth) {
  const TablePreview shown = refused("a,b\n1,x\n2,y,z\n3\n", "3 values, but the first row has 2");
  ASSERT_EQ(shown.rows.size(), 3U);
  EXPECT_EQ(shown.rows[1].cells, (Texts{"2", "y", "z"}));
  EXPECT_TRUE(shown.rows[1].fault && shown.rows[2].fault && !shown.rows[0].fault);
  EXPECT_EQ(shown.width, 3U);
  EXPECT_EQ(shown.names(), (Texts{"a", "b"}));
}

TEST(TablePreview, ShowsRowsThatCannotBeRead) {
  const TablePreview open = refused("a,b\n1,x\n\"2,y\n3,z\n", "a quote is never closed");
  ASSERT_EQ(open.rows.size(), 3U);
  EXPECT_EQ(open.rows[1].cells, (Texts{"\"2", "y"}));
  EXPECT_TRUE(open.rows[1].fault && !open.rows[2].fault);
  const TablePreview twice = refused("a;a\n1;2\n", "two columns are named \"a\"");
  EXPECT_TRUE(twice.columns.empty());
  ASSERT_EQ(twice.rows.size(), 2U);
  EXPECT_EQ(twice.rows[0].cells, (Texts{"a", "a"}));
  EXPECT_TRUE(twice.rows[0].fault);
  EXPECT_EQ(twice.width, 2U);
  const TablePreview encoded = refused("a,b\n1,caf\xe9\n", "not UTF-8");
  ASSERT_EQ(encoded.rows.size(), 2U);
  EXPECT_TRUE(encoded.rows[1].fault);
  EXPECT_TRUE(refused("\x89PNG\r\n\x1a\n", "PNG").rows.empty());
}

TEST(TablePreview, KnowsOnlyWhatTheReaderHasDecided) {
  DataSpec spec = table();
  spec.targets = {"c"};
  const TablePreview unknown = refused("a,b\n1,x\n", "no column \"c\"", spec);
  EXPECT_EQ(unknown.names(), (Texts{"a", "b"}));
  EXPECT_EQ(unknown.columns[1].role, std::nullopt);
  const TablePreview uneven = refused("a,b\n1,x\n1\n", "1 value,");
  EXPECT_EQ(uneven.columns[1].role, FieldRole::Target);
  EXPECT_EQ(uneven.columns[1].kind, std::nullopt);
}

TEST(TablePreview, IsBounded) {
  const std::string longCell(100'000, 'x');
  const TablePreview shown = preview("a,b\n1," + longCell + "\n2,é" + longCell + "\n");
  EXPECT_LT(shown.rows[0].cells[1].size(), 2 * TablePreview::kCellBytes);
  EXPECT_LT(shown.rows[1].cells[1].size(), 2 * TablePreview::kCellBytes);
  std::string wide = "1";
  for (std::size_t c = 1; c < 3 * TablePreview::kColumns; ++c) wide += ",1";
  const TablePreview columns = preview(wide + "\n" + wide + "\n");
  EXPECT_EQ(columns.width, TablePreview::kColumns);
  EXPECT_EQ(columns.rows[0].cells.size(), TablePreview::kColumns);
  EXPECT_EQ(columns.columns.size(), 3 * TablePreview::kColumns);
}

TEST(TablePreview, ComesWithTheProbeOfAFile) {
  const testing::TempFolder folder;
  DataSpec spec = table();
  spec.path = folder.write("f.csv.gz", testing::gzip("a,b\n1,x\n2,y\n"));
  TablePreview shown;
  EXPECT_TRUE(probeDataset(spec, &shown).ok());
  EXPECT_EQ(shown.rows.size(), 2U);
}

TEST(ColumnUse, IsSpreadOverTheSettings) {
  const Texts names{"a", "b", "c"};
  DataSpec spec = table();
  EXPECT_EQ(useOf(spec, names, 2), ColumnUse::Automatic);
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::TargetNumber).ok());
  EXPECT_EQ(spec.targets, std::vector<std::string>{"a"});
  EXPECT_FALSE(spec.classification);
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::Ignored).ok());
  EXPECT_EQ(spec.ignore, Texts{"b"});
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::Category).ok());
  EXPECT_TRUE(spec.ignore.empty());
  EXPECT_EQ(spec.categories, Texts{"b"});
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::Number).ok());
  EXPECT_EQ(spec.numbers, Texts{"b"});
  EXPECT_TRUE(spec.categories.empty());
  for (std::size_t c = 0; c < 2; ++c)
    EXPECT_EQ(useOf(spec, names, c), c == 0 ? ColumnUse::TargetNumber : ColumnUse::Number);
  // An ignored column that becomes the target is no longer ignored, and the former target is a feature.
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::Ignored).ok());
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::TargetClasses).ok());
  EXPECT_TRUE(spec.ignore.empty() && spec.classification);
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::Automatic);
}

TEST(ColumnUse, LeavesATarget) {
  const Texts names{"a", "b"};
  DataSpec spec = table();
  for (const ColumnUse use : {ColumnUse::Number, ColumnUse::Category, ColumnUse::Ignored})
    EXPECT_FALSE(setUse(spec, names, 1, use).ok());
  EXPECT_EQ(spec, table());
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::TargetClasses).ok());
  EXPECT_FALSE(setUse(spec, names, 0, ColumnUse::Ignored).ok());
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::Automatic).ok());
  EXPECT_EQ(spec, table());
}

TEST(ColumnUse, KnowsColumnsByNumberAsWell) {
  const Texts names{"a", "b", "c"};
  DataSpec spec = table();
  spec.ignore = {"column 1"};
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::Ignored);
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::Automatic).ok());
  EXPECT_TRUE(spec.ignore.empty());
  spec.targets = {"column 2"};
  EXPECT_EQ(useOf(spec, names, 1), ColumnUse::TargetClasses);
  spec.numbers = {"b"};
  EXPECT_EQ(useOf(spec, names, 1), ColumnUse::TargetNumber);
}

}  // namespace
}  // namespace tandem
