// A run from its request to its record: what is recorded, and what leaves nothing behind.
#include "core/runs/run_job.h"

#include <gtest/gtest.h>

#include "tests/unit/recorded_run.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

struct JobBench {
  FakeBackend fake, cpu;
  Store s;
  TrainListener listener;
  RunRequest request;

  JobBench() {
    request.project = spiralsProject();
    request.observers = {&listener};
    request.lookup = [this](std::string_view device) -> Result<Backend*> {
      return device == "cpu" ? &cpu : &fake;
    };
    fake.device.id = "cuda:0";
  }
  Result<std::unique_ptr<RunJob>> prepare(RunStore* store) {
    const auto data = loadRun(request);
    if (!data.ok()) return data.error();
    return RunJob::prepare(request, *data, store);
  }
  std::unique_ptr<RunJob> job(RunStore* store) {
    auto made = prepare(store);
    EXPECT_TRUE(made.ok()) << made.error().text();
    return std::move(*made);
  }
  std::vector<RunSummary> runs() { return *s.store->list(); }
};

TEST(RunJob, RecordsTheWholeRun) {
  JobBench b;
  b.request.notes = {"a note"};
  const auto job = b.job(b.s.store.get());
  job->start();
  const RunOutcome& outcome = job->finish();
  EXPECT_FALSE(outcome.recordError);
  EXPECT_EQ(outcome.result.state, TrainState::Finished);
  EXPECT_EQ(outcome.result.steps, 27);
  EXPECT_EQ(&job->finish(), &outcome);
  ASSERT_EQ(b.runs().size(), 1u);
  const RunSummary run = b.runs()[0];
  EXPECT_EQ(run.id, job->id());
  EXPECT_EQ(run.state, RunState::Finished);
  EXPECT_EQ(run.steps, 27);
  EXPECT_EQ(run.folder, job->folder());
  EXPECT_EQ(b.s.store->curves(run.id)->events.front().text, "a note");
  EXPECT_FALSE(b.s.store->info(run.id)->data.empty());
}

TEST(RunJob, AnUnstartedRunLeavesNothing) {
  JobBench b;
  auto job = b.job(b.s.store.get());
  const auto folder = job->folder();
  EXPECT_TRUE(std::filesystem::exists(folder));
  job.reset();
  EXPECT_TRUE(b.runs().empty());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(RunJob, ARunThatCannotStartLeavesNothing) {
  JobBench b;
  b.request.resume = b.s.folder.path() / "missing.h5";
  EXPECT_EQ(b.prepare(b.s.store.get()).error().code, ErrorCode::NotFound);
  b.request.resume = {};
  b.request.project.training.device.device = "cuda:0";
  b.fake.device.lostAtOpen = true;
  EXPECT_EQ(b.prepare(b.s.store.get()).error().code, ErrorCode::DeviceLost);
  const auto data = loadRun(b.request);
  EXPECT_EQ(RunJob::prepare(b.request, *data, b.s.store.get(), [] { return true; }).error().code,
            ErrorCode::Cancelled);
  EXPECT_TRUE(b.runs().empty());
}

TEST(RunJob, DataThatDoNotFitTheNetworkAreRefused) {
  JobBench b;
  b.request.project.data.count = 0;
  EXPECT_FALSE(loadRun(b.request).ok());
  EXPECT_EQ(
      loadRun({.project = *projectFromTemplate("Two spirals")}, [](double) { return false; }).error().code,
      ErrorCode::Cancelled);
}

TEST(RunJob, EndsAfterTheRequestedSteps) {
  JobBench b;
  b.request.steps = 5;
  const auto job = b.job(b.s.store.get());
  job->start();
  EXPECT_EQ(job->finish().result.state, TrainState::Stopped);
  EXPECT_EQ(b.runs()[0].steps, 5);
}

TEST(RunJob, ADestroyedRunIsRecordedAsStopped) {
  JobBench b;
  b.cpu.device.stepTime = std::chrono::milliseconds(1);
  b.request.project.training.epochs = 100'000;
  auto job = b.job(b.s.store.get());
  job->start();
  b.listener.waitForSteps(3);
  EXPECT_FALSE(job->ended());
  job.reset();
  EXPECT_EQ(b.runs()[0].state, RunState::Stopped);
}

TEST(RunJob, WithoutAStoreItsFilesAreTemporary) {
  JobBench b;
  auto job = b.job(nullptr);
  EXPECT_EQ(job->id(), 0);
  const auto folder = job->folder();
  job->start();
  EXPECT_TRUE(std::filesystem::exists(job->finish().result.weights));
  job.reset();
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(b.runs().empty());
}

TEST(MemoryRemedies, NameTheBatchAndTheCpu) {
  JobBench b;
  b.request.project.training.device.device = "cuda:0";
  b.request.project.training.batch = 128;
  const auto data = loadRun(b.request);
  b.fake.device.memoryBytes = 1;
  EXPECT_EQ(b.prepare(b.s.store.get()).error().code, ErrorCode::OutOfMemory);
  MemoryRemedies remedies = memoryRemedies(b.request, *data);
  EXPECT_EQ(remedies.batch, 0);
  EXPECT_TRUE(remedies.cpu);
  b.fake.device.memoryBytes = 0;
  const auto unlimited = b.job(b.s.store.get());
  b.fake.device.memoryBytes = unlimited->plan().forecast.total() - 1;
  EXPECT_EQ(b.prepare(b.s.store.get()).error().code, ErrorCode::OutOfMemory);
  remedies = memoryRemedies(b.request, *data);
  ASSERT_GT(remedies.batch, 0);
  b.request.project.training.batch = remedies.batch;
  EXPECT_TRUE(b.prepare(b.s.store.get()).ok());
  b.request.resume = "checkpoint.h5";  // which fixes the batch
  b.cpu.device.memoryBytes = 1;
  remedies = memoryRemedies(b.request, *data);
  EXPECT_EQ(remedies.batch, 0);
  EXPECT_FALSE(remedies.cpu);
}

}  // namespace
}  // namespace tandem
