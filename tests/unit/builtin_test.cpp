// The built-in datasets: their manifests, and how their files are read.
#include "core/data/builtin.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/data/detect.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

const BuiltinSet& setOf(std::string_view id) {
  const auto set = findBuiltin(fmt::format("builtin:{}", id));
  TANDEM_CHECK(set.ok(), std::string(id));
  return **set;
}

TEST(Builtin, EachHasAManifestThatSaysTheSame) {
  const std::filesystem::path folder = std::filesystem::path(TANDEM_SOURCE_DIR) / "datasets";
  for (const BuiltinSet& set : builtinSets()) {
    std::ifstream file(folder / (set.id + ".json"));
    ASSERT_TRUE(file) << set.id << " has no manifest";
    const auto manifest = nlohmann::json::parse(file);
    EXPECT_EQ(manifest["name"], set.name);
    EXPECT_EQ(manifest["spec"]["path"], set.path());
    EXPECT_EQ(manifest["debian_package"], set.package);
    EXPECT_EQ(manifest["folder"], set.folder);
    EXPECT_FALSE(manifest["licence"].get<std::string>().empty());
    if (!set.classes.empty()) {
      EXPECT_EQ(manifest["classes"].get<Texts>(), set.classes);
    }
    for (std::size_t i = 0; i < set.files.size(); ++i) EXPECT_EQ(manifest["files"][i]["name"], set.files[i]);
  }
}

TEST(Builtin, IsFoundByItsName) {
  for (const char* name : {"iris", "builtin:iris"}) {
    const auto spec = detectData(name);
    ASSERT_TRUE(spec.ok()) << spec.error().text();
    EXPECT_EQ(spec->path, "builtin:iris");
    EXPECT_EQ(spec->kind, DataKind::Csv);
  }
  EXPECT_FALSE(detectData("no-such-dataset").ok());
  EXPECT_NE(detectData("builtin:no").error().text().find("there is no built-in dataset"), std::string::npos);
  const auto series = detectData("sunspots");
  ASSERT_TRUE(series.ok());
  EXPECT_TRUE(series->series.isWindows());
  EXPECT_FALSE(series->classification);
}

TEST(Builtin, AKindThatIsNotThatOfTheSetIsRefused) {
  DataSpec spec;
  spec.kind = DataKind::Idx;
  spec.path = "builtin:iris";
  EXPECT_EQ(probeDataset(spec).error().text(),
            "builtin:iris: this built-in dataset is a table. Set the kind of the data to \"csv\"");
  spec.kind = DataKind::Csv;
  spec.path = "builtin:fashion-mnist";
  EXPECT_FALSE(probeDataset(spec).ok());
}

TEST(Builtin, TablesOfScikitLearnGetNamesAndClasses) {
  const BuiltinSet& iris = setOf("iris");
  const std::string text =
      "150,4,setosa,versicolor,virginica\n5.1,3.5,1.4,0.2,0\r\n7.0,3.2,4.7,1.4,1\n6.3,3.3,6,2.5,2\n";
  const auto table = builtinTable(iris, std::span(&text, 1));
  ASSERT_TRUE(table.ok()) << table.error().text();
  EXPECT_EQ(table->text.substr(0, table->text.find('\n')),
            "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),species");
  EXPECT_NE(table->text.find("7.0,3.2,4.7,1.4,versicolor\n"), std::string::npos) << table->text;
  EXPECT_EQ(table->columns.back().categories, iris.classes);
}

TEST(Builtin, ColumnsOfSeveralFilesAreJoined) {
  const std::string texts[] = {
      "59 2 32.1 101.0 157 93.2 38.0 4.0 4.8598 87\n48 1 21.6 87 183 103.2 70 3 3.8918 69\n",
      "1.51e+02\n7.5e+01\n"};
  const auto table = builtinTable(setOf("diabetes"), texts);
  ASSERT_TRUE(table.ok()) << table.error().text();
  EXPECT_NE(table->text.find("\n48,1,21.6,87,183,103.2,70,3,3.8918,69,7.5e+01\n"), std::string::npos)
      << table->text;
}

TEST(Builtin, FilesThatHaveChangedAreRefused) {
  const auto refusalOf = [](const std::string& id, std::vector<std::string> texts) {
    const auto table = builtinTable(setOf(id), texts);
    return table.ok() ? "" : table.error().message;
  };
  EXPECT_EQ(refusalOf("iris", {"150,4,a,b,c\n1,2,3\n"}),
            "the row has 3 values, but the dataset has 5 columns");
  EXPECT_EQ(refusalOf("iris", {"150,4,a,b,c\n1,2,3,4,7\n"}),
            "\"7\" is not the number of a class; they are 0 to 2");
  EXPECT_EQ(refusalOf("iris", {"150,4,a,b,c\n1,2,3,4,1.5\n"}),
            "\"1.5\" is not the number of a class; they are 0 to 2");
  EXPECT_EQ(refusalOf("diabetes", {"1\n2\n", "1\n"}), "the files have different numbers of rows");
}

// Only where their packages are installed.
TEST(Builtin, InstalledTablesAreRead) {
  int installed = 0;
  for (const BuiltinSet& set : builtinSets()) {
    const auto info = probeDataset(set.spec);
    if (!builtinFolder(set).ok()) {
      ASSERT_FALSE(info.ok());
      EXPECT_NE(info.error().hint.find("sudo apt install " + set.package), std::string::npos)
          << info.error().text();
      continue;
    }
    ++installed;
    ASSERT_TRUE(info.ok()) << info.error().text();
    EXPECT_EQ(info->name, set.name);
    if (!set.classes.empty()) {
      EXPECT_EQ(info->targets[0].classNames, set.classes);
    }
  }
  if (installed == 0) GTEST_SKIP() << "no dataset is installed";
}

}  // namespace
}  // namespace tandem
