// Where the program's files are found: in the build tree, in an installation, and in a folder that was moved.
#include "core/base/install_dirs.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

namespace fs = std::filesystem;

class InstallDirs : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / ("install dirs " + std::string(info->name()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "bin");
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path make(const fs::path& folder) {
    fs::create_directories(root_ / folder);
    return root_ / folder;
  }

  fs::path root_;
};

TEST_F(InstallDirs, BackendsBesideTheProgramComeFirst) {
  make("lib/tandem/backends");
  EXPECT_EQ(backendsDir(root_ / "bin/tandem"), root_ / "lib/tandem/backends");
  const fs::path beside = make("bin/backends");
  EXPECT_EQ(backendsDir(root_ / "bin/tandem"), beside);
}

TEST_F(InstallDirs, BackendsAreFoundInEveryLibraryFolder) {
  for (const char* lib : {"lib", "lib64", "lib/x86_64-linux-gnu"}) {
    const fs::path folder = make(fs::path(lib) / "tandem/backends");
    EXPECT_EQ(backendsDir(root_ / "bin/tandem"), folder);
    fs::remove_all(root_ / "lib");
    fs::remove_all(root_ / "lib64");
  }
}

TEST_F(InstallDirs, MissingBackendsAreNamedWhereTheyBelong) {
  EXPECT_EQ(backendsDir(root_ / "bin/tandem"), root_ / "lib/tandem/backends");
}

TEST_F(InstallDirs, DatasetsOfTheFolderAndThePrefixComeBeforeTheSystems) {
  const fs::path program = root_ / "bin/tandem";
  EXPECT_EQ(datasetDir("no-such-set", program), "/usr/share/datasets/no-such-set");
  const fs::path inPrefix = make("share/datasets/no-such-set");
  EXPECT_EQ(datasetDir("no-such-set", program), inPrefix);
  const fs::path inFolder = make("data/no-such-set");
  EXPECT_EQ(datasetDir("no-such-set", program), inFolder);
}

}  // namespace
}  // namespace tandem
