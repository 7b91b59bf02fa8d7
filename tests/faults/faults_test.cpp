// Data must survive a kill at any moment and a disk that fills up.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/base/philox.h"
#include "core/runs/run_job.h"
#include "core/train/checkpoint.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// For how long each fault is repeated.
std::chrono::seconds duration() {
  const char* text = std::getenv("TANDEM_FAULT_SECONDS");
  return std::chrono::seconds(text ? std::atoi(text) : 4);
}

// Every value identifies the step, so that a mixture of two checkpoints is detected.
Checkpoint checkpointOf(std::int64_t step, std::int64_t values) {
  Checkpoint c;
  c.project = *projectFromTemplate("Two spirals");
  c.step = step;
  c.parameters = {{"dense/kernel", Shape{values},
                   std::vector<float>(static_cast<std::size_t>(values), static_cast<float>(step % 4096))}};
  c.optimizer.assign(static_cast<std::size_t>(values), static_cast<float>(step % 4096));
  c.sample = Shape{2};
  c.preprocessing = unnamedFields(c.sample, {"0", "1"});
  return c;
}

void expectConsistent(const Checkpoint& c) {
  const float want = static_cast<float>(c.step % 4096);
  ASSERT_EQ(c.parameters.size(), 1u);
  for (const float value : c.parameters[0].values) ASSERT_EQ(value, want);
  for (const float value : c.optimizer) ASSERT_EQ(value, want);
}

// Runs `body` in a child process that never returns to the test. Returns its exit status, or -signal.
template <class Body>
int inChild(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

template <class Body>
void killAfter(std::chrono::microseconds delay, const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  std::this_thread::sleep_for(delay);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(Kill, ACheckpointAlwaysExists) {
  const TemporaryFolder folder;
  const fs::path file = folder / "checkpoint.h5";
  std::int64_t step = 1;
  ASSERT_TRUE(saveCheckpoint(checkpointOf(step, 200'000), file).ok());
  PhiloxSequence random(11, 0);
  int rounds = 0, moved = 0;
  for (const auto end = Clock::now() + duration(); Clock::now() < end; ++rounds) {
    killAfter(std::chrono::microseconds(random.below(60'000)), [&] {
      for (std::int64_t next = step + 1;; ++next) (void)saveCheckpoint(checkpointOf(next, 200'000), file);
    });
    const auto loaded = loadCheckpoint(file);
    ASSERT_TRUE(loaded.ok()) << "after " << rounds << " kills: " << loaded.error().text();
    expectConsistent(*loaded);
    ASSERT_GE(loaded->step, step);
    moved += loaded->step > step;
    step = loaded->step;
  }
  EXPECT_GT(moved, 0) << "no child got as far as writing";
}

struct Training {
  Project project = *projectFromTemplate("Two spirals");
  Training() {
    project.data.count = 600;
    project.training.epochs = 100'000;
    project.training.device.threads = 1;
  }
  TrainResult train(RunStore& store, std::optional<fs::path> resume, std::int32_t epochs,
                    const std::function<void(const RunJob&)>& started = {}) {
    RunRequest request;
    request.project = project;
    request.project.training.epochs = epochs;
    request.resume = std::move(resume);
    const auto job = std::move(*RunJob::prepare(request, *loadRun(request), &store));
    if (started) started(*job);
    job->start();
    return job->finish().result;
  }
};

// A process killed during training: the run is listed as interrupted and can be resumed from its checkpoint.
TEST(Kill, TrainingResumesFromItsLastCheckpoint) {
  const TemporaryFolder folder;
  const Training training;
  PhiloxSequence random(12, 0);
  int resumed = 0;
  for (const auto end = Clock::now() + duration(); Clock::now() < end || resumed == 0;) {
    killAfter(std::chrono::microseconds(300'000 + random.below(400'000)), [&] {
      auto store = std::move(*RunStore::open(folder.path()));
      Training(training).train(*store, std::nullopt, 100'000);
    });
    auto store = RunStore::open(folder.path());
    ASSERT_TRUE(store.ok()) << store.error().text();
    const auto runs = (*store)->list();
    ASSERT_TRUE(runs.ok()) << runs.error().text();
    if (runs->empty()) continue;  // killed before it began
    EXPECT_EQ(runs->front().state, RunState::Interrupted);
    ASSERT_TRUE((*store)->curves(runs->front().id).ok());
    const fs::path file = runs->front().folder / "checkpoint.h5";
    if (!fs::exists(file)) continue;
    const auto loaded = loadCheckpoint(file);
    ASSERT_TRUE(loaded.ok()) << loaded.error().text();
    const int status = inChild([&] {
      const TrainResult result = Training(training).train(**store, file, loaded->epoch + 1);
      return result.state == TrainState::Finished && result.epochs == loaded->epoch + 1 ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
    ++resumed;
  }
}

TEST(FullDisk, ASizeLimitKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  const fs::path file = folder / "checkpoint.h5";
  ASSERT_TRUE(saveCheckpoint(checkpointOf(1, 1000), file).ok());
  const int status = inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status saved = saveCheckpoint(checkpointOf(2, 1'000'000), file);
    if (saved.ok()) return 1;
    return saved.error().text().find("checkpoint.h5") == std::string::npos ? 2 : 0;
  });
  EXPECT_EQ(status, 0);
  const auto loaded = loadCheckpoint(file);
  ASSERT_TRUE(loaded.ok()) << loaded.error().text();
  EXPECT_EQ(loaded->step, 1);
  EXPECT_EQ(folder.entries(), 1u);
}

// A really full disk, in a small file system private to the child. Training finishes, the result reports what
// could not be written, and what was written before can be read.
TEST(FullDisk, TrainingSurvivesAFullDisk) {
  const TemporaryFolder folder;
  const Training training;
  constexpr int kNoMount = 77;
  const int status = inChild([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0)
      return kNoMount;
    auto store = std::move(*RunStore::open(folder.path()));
    if (Training(training).train(*store, std::nullopt, 1).error) return 1;
    const TrainResult result = Training(training).train(*store, std::nullopt, 30, [&](const RunJob&) {
      std::ofstream filler(folder / "filler", std::ios::binary);
      const std::string block(4096, 'x');
      while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
      }
    });
    if (result.state != TrainState::Finished || result.epochs != 30) return 2;
    if (!result.error || result.error->text().find("the disk is full") == std::string::npos) return 3;
    if (result.error->text().find("checkpoint.h5") == std::string::npos) return 4;
    fs::remove(folder / "filler");
    auto again = RunStore::open(folder.path());
    if (!again.ok()) return 5;
    const auto runs = (*again)->list();
    if (!runs.ok() || runs->size() != 2) return 6;
    if (runs->back().state != RunState::Finished || !loadCheckpoint(runs->back().weights).ok()) return 7;
    return 0;
  });
  if (status == kNoMount)
    GTEST_SKIP() << "no permission to mount a file system; covered by the size-limit test";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tandem
