#include "core/base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <fstream>

namespace tandem {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tandem_file_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(File, WritesReplacesAndReadsBack) {
  const fs::path file = folder_ / "a b.bin";
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(writeFileAtomically(file, "old and longer").ok());
  ::chmod(file.c_str(), 0640);
  ASSERT_TRUE(writeFileAtomically(file, bytes).ok());
  EXPECT_EQ(*readTextFile(file, 4), bytes);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms{0640});
  EXPECT_EQ(entries(), 1u);
  ASSERT_TRUE(writeFileAtomically(file, "").ok());
  EXPECT_EQ(*readTextFile(file, 0), "");
}

TEST_F(File, FollowsALinkInsteadOfReplacingIt) {
  ASSERT_TRUE(writeFileAtomically(folder_ / "real", "1").ok());
  fs::create_symlink("real", folder_ / "link");
  ASSERT_TRUE(writeFileAtomically(folder_ / "link", "2").ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(*readTextFile(folder_ / "real", 10), "2");
}

TEST_F(File, ErrorsNameThePathAndTheReason) {
  const fs::path none = folder_ / "none", deep = folder_ / "no" / "file", file = folder_ / "file";
  EXPECT_EQ(readTextFile(none, 10).error().text(),
            none.string() + ": cannot read the file: No such file or directory. Check the path");
  EXPECT_EQ(readTextFile(none, 10).error().code, ErrorCode::NotFound);
  EXPECT_EQ(readTextFile(folder_, 10).error().text(),
            folder_.string() + ": is a folder, not a file. Choose a file");
  EXPECT_EQ(readTextFile("/dev/zero", 10).error().text(),
            "/dev/zero: is not a regular file. Choose another file");
  ASSERT_TRUE(writeFileAtomically(file, "12345").ok());
  EXPECT_EQ(readTextFile(file, 4).error().text(),
            file.string() + ": is larger than the limit of 4 bytes. Check that you chose the right file");
  EXPECT_EQ(writeFileAtomically(deep, "x").error().text(),
            deep.string() + ": cannot write the file: No such file or directory. The folder " +
                deep.parent_path().string() + " does not exist; create it first");
  EXPECT_EQ(writeFileAtomically(folder_, "x").error().text(),
            folder_.string() + ": is a folder, not a file. Add a file name");
}

// A file size limit simulates a full disk: the write fails half-way.
TEST_F(File, AFailedWriteKeepsTheOldFileAndLeavesNoOthers) {
  const fs::path file = folder_ / "file";
  ASSERT_TRUE(writeFileAtomically(file, "precious").ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto status = writeFileAtomically(file, std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, oldHandler);
  EXPECT_EQ(status.error().text(),
            file.string() +
                ": cannot write the file: File too large. Raise the file size limit (ulimit -f) or choose "
                "another location");
  EXPECT_EQ(*readTextFile(file, 100), "precious");
  EXPECT_EQ(entries(), 1u);
}

TEST(FileError, HintsAtTheRemedyForAFullDisk) {
  EXPECT_EQ(fileError("/x/y", "write the file", ENOSPC).text(),
            "/x/y: cannot write the file: the disk is full. Free some space or choose another location");
}

}  // namespace
}  // namespace tandem
