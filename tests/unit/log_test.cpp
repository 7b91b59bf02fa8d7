#include "core/base/log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "core/base/file.h"
#include "core/base/log_file.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& path) {
  const auto text = readTextFile(path, 1 << 24);
  return text.ok() ? *text : "";
}

std::vector<std::string> linesOf(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Log : public testing::Test {
 protected:
  void TearDown() override { closeLog(); }
  // What arrives in the file, after logging one message of each level.
  std::string written(LogLevel level) {
    EXPECT_TRUE(openLog("test", {folder_ / "log", level}).ok());
    logDebug("low");
    logInfo("plain");
    logWarning("odd");
    logError("bad");
    closeLog();
    return contentOf(folder_ / "log" / "tandem.log");
  }
  TemporaryFolder folder_;
};

TEST_F(Log, WritesTimeProgramProcessAndLevel) {
  const std::string text = written(LogLevel::Info);
  const std::string process = "test[" + std::to_string(::getpid()) + "]";
  const std::regex line("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z test\\[.*");
  const auto lines = linesOf(folder_ / "log" / "tandem.log");
  EXPECT_EQ(lines.size(), 3u);
  for (const std::string& each : lines) EXPECT_TRUE(std::regex_match(each, line)) << each;
  EXPECT_NE(text.find(process + " info: plain\n"), std::string::npos) << text;
  EXPECT_NE(text.find(process + " warning: odd\n"), std::string::npos) << text;
  EXPECT_NE(text.find(process + " error: bad\n"), std::string::npos) << text;
}

TEST_F(Log, WritesFromItsLevelOn) {
  EXPECT_EQ(written(LogLevel::Error).find("odd"), std::string::npos);
  const std::string all = written(LogLevel::Debug);
  EXPECT_NE(all.find("debug: low"), std::string::npos) << all;
}

TEST_F(Log, OffWritesNothingAndSaysSo) {
  EXPECT_EQ(written(LogLevel::Off), "");
  EXPECT_FALSE(fs::exists(folder_ / "log"));
  EXPECT_NE(logPlace().problem.find("TANDEM_LOG=off"), std::string::npos);
}

TEST_F(Log, ContainsCodePlaceAndHintOfAnError) {
  ASSERT_TRUE(openLog("test", {folder_.path()}).ok());
  logError(Error{ErrorCode::NotFound, "there is no column x", "points.csv:1", "Name one"}, "run 7");
  closeLog();
  EXPECT_NE(contentOf(folder_ / "tandem.log")
                .find("error: run 7: there is no column x [NotFound; where: points.csv:1; hint: Name one]\n"),
            std::string::npos);
}

TEST_F(Log, AMessageOfSeveralLinesIsOneRecord) {
  ASSERT_TRUE(openLog("test", {folder_.path()}).ok());
  logInfo("first\nsecond\x1b[31m {}");
  closeLog();
  const auto lines = linesOf(folder_ / "tandem.log");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1], "    second?[31m {}");
}

TEST_F(Log, AFolderThatCannotBeWrittenIsAnErrorAndLoggingGoesOnSilently) {
  std::ofstream(folder_ / "file") << "in the way";
  const Status opened = openLog("test", {folder_ / "file" / "log"});
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().text().find("file"), std::string::npos);
  EXPECT_EQ(logPlace().problem, opened.error().text());
  logError("nobody reads this");
}

TEST_F(Log, StaysWithinTwoFilesOfTheLimit) {
  constexpr std::uint64_t kLimit = 4096;
  ASSERT_TRUE(openLog("test", {folder_.path(), LogLevel::Info, kLimit}).ok());
  for (int i = 0; i < 1000; ++i) logInfo("message " + std::to_string(i));
  closeLog();
  EXPECT_EQ(folder_.entries(), 2u);
  EXPECT_LE(fs::file_size(folder_ / "tandem.log"), kLimit);
  EXPECT_LE(fs::file_size(folder_ / "tandem.1.log"), kLimit);
  EXPECT_TRUE(linesOf(folder_ / "tandem.log").back().ends_with("message 999"));
}

// Two rotations at least: no line is torn or mixed with another one, whoever rotates.
TEST_F(Log, SeveralProcessesShareOneFile) {
  constexpr int kProcesses = 4, kLines = 2000;
  const fs::path path = folder_ / "shared.log";
  std::array<pid_t, kProcesses> children{};
  for (int process = 0; process < kProcesses; ++process) {
    children[static_cast<std::size_t>(process)] = ::fork();
    if (children[static_cast<std::size_t>(process)] != 0) continue;
    auto file = LogFile::open(path, 150'000);
    for (int i = 0; file.ok() && i < kLines; ++i)
      (*file)->append(std::to_string(process) + "-" + std::to_string(i) + std::string(40, 'x') + "\n");
    ::_exit(file.ok() ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const std::regex whole("[0-3]-\\d+x{40}");
  std::set<std::string> seen;
  for (const char* name : {"shared.log", "shared.1.log"})
    for (const std::string& line : linesOf(folder_ / name)) {
      EXPECT_TRUE(std::regex_match(line, whole)) << line;
      EXPECT_TRUE(seen.insert(line).second) << "twice: " << line;
    }
  EXPECT_GE(seen.size(), 2000u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they report crashes themselves
TEST_F(Log, ACrashLeavesItsLastWords) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)openLog("test", {folder_.path()});
    std::raise(SIGSEGV);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  const auto lines = linesOf(folder_ / "tandem.log");
  ASSERT_GE(lines.size(), 3u);  // and the calls
  EXPECT_NE(lines[0].find("Z test[" + std::to_string(child) + "] error: crashed with SIGSEGV"),
            std::string::npos)
      << lines[0];
}
#endif

TEST(LogOptions, ComeFromTheEnvironment) {
  const auto with = [](const char* state, const char* level) {
    ::setenv("XDG_STATE_HOME", state, 1);
    ::setenv("TANDEM_LOG", level, 1);
    return defaultLogOptions();
  };
  EXPECT_EQ(with("/state", "debug").folder, fs::path("/state/tandem"));
  EXPECT_EQ(with("/state", "debug").level, LogLevel::Debug);
  EXPECT_EQ(with("/state", "warn").level, LogLevel::Warning);
  EXPECT_EQ(with("/state", "error").level, LogLevel::Error);
  EXPECT_EQ(with("/state", "off").level, LogLevel::Off);
  EXPECT_EQ(with("/state", "nonsense").level, LogLevel::Info);
  ::setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(with("", "info").folder, fs::path("/home/somebody/.local/state/tandem"));
}

}  // namespace
}  // namespace tandem
