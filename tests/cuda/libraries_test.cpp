// The search for NVIDIA's libraries. NVML's stand-in is the library that is searched.
#include "gpu/host/libraries.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace tandem::cuda {
namespace {

namespace fs = std::filesystem;

class CudaLibraries : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tandem-libraries-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path folder(const std::string& name) const {
    fs::create_directories(root_ / name);
    return root_ / name;
  }
  LibrarySearch search() const {
    LibrarySearch search;
    search.root = root_;
    return search;
  }

  fs::path root_;
};

TEST_F(CudaLibraries, FoldersAreSearchedInOrder) {
  LibrarySearch s = search();
  s.backends = folder("tandem/bin/backends");
  s.libraryPath = folder("named").string() + "::" + (root_ / "missing").string();
  s.cudnnPath = folder("cudnn").string();
  s.toolkit = folder("toolkit");
  s.programPath = folder("empty").string() + ":" + folder("python/bin").string();
  std::ofstream(root_ / "python/bin/python3") << "#!/bin/sh\n";
  const std::vector<fs::path> expected = {
      folder("tandem/lib"),
      folder("named"),
      folder("cudnn/lib"),
      folder("cudnn"),
      folder("toolkit"),
      folder("usr/local/cuda-13.1/lib64"),
      folder("usr/local/cuda-13.0/lib64"),
      folder("usr/lib/x86_64-linux-gnu"),
      folder("usr/lib"),
      folder("python/lib/python3.12/site-packages/nvidia/cudnn/lib"),
      folder("python/lib/python3.12/site-packages/nvidia/cu13/lib"),
      folder("usr/lib/python3/dist-packages/nvidia/cudnn/lib"),
  };
  const std::vector<fs::path> found = libraryFolders(s);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_TRUE(fs::equivalent(found[i], expected[i])) << found[i] << " instead of " << expected[i];
}

TEST_F(CudaLibraries, TheToolkitOfTheBuildIsSearchedOnlyWhereNobodyElseWrites) {
  LibrarySearch s = search();
  s.toolkit = folder("toolkit");
  EXPECT_EQ(libraryFolders(s).size(), 1u);
  fs::permissions(s.toolkit, fs::perms::others_write, fs::perm_options::add);
  EXPECT_TRUE(libraryFolders(s).empty());
  fs::permissions(s.toolkit, fs::perms::others_write, fs::perm_options::remove);
  constexpr uid_t kOther = 12345;
  if (chown(s.toolkit.c_str(), kOther, static_cast<gid_t>(-1)) != 0) return;  // only root may
  EXPECT_TRUE(libraryFolders(s).empty());
}

TEST_F(CudaLibraries, AFolderOfProgramsMayEndWithASlash) {
  LibrarySearch s = search();
  s.programPath = folder("python/bin").string() + "/";
  std::ofstream(root_ / "python/bin/python3") << "#!/bin/sh\n";
  const fs::path library = folder("python/lib/python3.12/site-packages/nvidia/cudnn/lib");
  const std::vector<fs::path> found = libraryFolders(s);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(fs::equivalent(found[0], library));
}

TEST_F(CudaLibraries, TheSameFolderIsSearchedOnce) {
  LibrarySearch s = search();
  s.cudnnPath = folder("usr/local/cuda-13.0").string();
  folder("usr/local/cuda-13.0/lib64");
  fs::create_symlink(root_ / "usr/local/cuda-13.0", root_ / "usr/local/cuda");
  const std::vector<fs::path> found = libraryFolders(s);
  EXPECT_EQ(std::ranges::count_if(found, [](const fs::path& f) { return f.filename() == "lib64"; }), 1);
}

TEST_F(CudaLibraries, TheFirstThatSuitsIsTakenAndTheOthersHaveReasons) {
  const fs::path broken = folder("broken"), old = folder("old"), good = folder("good"),
                 later = folder("later");
  std::ofstream(broken / "libx.so.1") << "not a library";
  for (const fs::path& place : {old, good, later}) fs::copy_file(TANDEM_NVML_STAND_IN, place / "libx.so.1");
  int asked = 0;
  const FoundLibrary found =
      findLibrary("libx.so.1", {root_ / "missing", broken, old, good, later}, [&](void* handle) {
        EXPECT_NE(dlsym(handle, "nvmlInit_v2"), nullptr);
        return ++asked == 1 ? std::string("it is version 1") : std::string();
      });
  EXPECT_NE(found.handle, nullptr);
  EXPECT_EQ(found.file, (good / "libx.so.1").string());
  ASSERT_EQ(found.refused.size(), 2u);
  EXPECT_EQ(found.refused[0].file, (broken / "libx.so.1").string());
  EXPECT_FALSE(found.refused[0].reason.empty());
  EXPECT_EQ(found.refused[1].file, (old / "libx.so.1").string());
  EXPECT_EQ(found.refused[1].reason, "it is version 1");
  EXPECT_EQ(asked, 2);
}

TEST_F(CudaLibraries, NothingThatSuitsLeavesTheSearchToTheLinker) {
  const FoundLibrary none = findLibrary("libx.so.1", {folder("empty")}, [](void*) { return std::string(); });
  EXPECT_EQ(none.handle, nullptr);
  EXPECT_TRUE(none.file.empty() && none.refused.empty());
}

}  // namespace
}  // namespace tandem::cuda
