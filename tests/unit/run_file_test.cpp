// Run files: an exact round trip, and invalid or malicious files.
#include "core/runs/run_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/base64.h"
#include "core/base/file.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

std::span<const std::uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string errorOf(std::string_view text) {
  const auto run = runFromBytes(bytesOf(text), "f.tandemrun");
  return run.ok() ? "accepted" : run.error().text();
}

// A run with all fields and with non-finite numbers.
std::int64_t recordEverything(Store& s) {
  auto recorder = s.begin();
  recorder->onStart(planWithSlots());
  for (std::int64_t i = 1; i <= 2500; ++i) {
    StepRecord step = stepRecord(i);
    if (i == 7) step.values[1] = -std::numeric_limits<float>::quiet_NaN();
    if (i == 8) step.values[1] = std::numeric_limits<float>::infinity();
    if (i == 9) step.values[1] = -0.0f;
    if (i == 10) step.values[1] = std::numeric_limits<float>::denorm_min();
    recorder->onStep(step);
  }
  recorder->onEvent({.what = epochEnd(1)});
  EpochEnd second = epochEnd(2);
  second.record.train[0] = 0.1f;
  second.record.train[1] = -std::numeric_limits<float>::infinity();
  recorder->onEvent({.what = second});
  recorder->onEvent({.step = 7, .what = RateChange{.rate = 0.1, .text = "0.1", .byHand = true}});
  ProfileRecord profile;
  profile.step = 64;
  profile.forward = 0.1;
  profile.layers = {{"conv1", 0.1, 0.2}};
  profile.memory.weights = 4096;
  recorder->onProfile(profile);
  TrainResult result;
  result.state = TrainState::Finished;
  result.steps = 2500;
  result.epochs = 2;
  result.seconds = 4.1;
  result.weights = recorder->folder() / "checkpoint.h5";
  EXPECT_TRUE(recorder->finish(result).ok());
  EXPECT_TRUE(s.store->setTags(recorder->id(), "baseline, a b").ok());
  EXPECT_TRUE(s.store->setNotes(recorder->id(), "zwei\nZeilen, größer").ok());
  return recorder->id();
}

TEST(RunFile, RoundTripIsExact) {
  Store here, there;
  const std::int64_t id = recordEverything(here);
  there.run();  // takes number 1
  const auto file = here.folder / "fast.tandemrun";
  ASSERT_TRUE(exportRun(*here.store, id, file).ok());
  const auto imported = importRun(*there.store, file);
  ASSERT_TRUE(imported.ok()) << imported.error().text();
  EXPECT_EQ(*imported, 2);

  const RunInfo a = *here.store->info(id), b = *there.store->info(*imported);
  EXPECT_TRUE(b.imported);
  EXPECT_FALSE(a.imported);
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.device, b.device);
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(b.state, RunState::Finished);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.trainLoss, b.trainLoss);
  EXPECT_FALSE(b.validationLoss);
  EXPECT_EQ(a.testMetric, b.testMetric);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.notes, b.notes);
  EXPECT_EQ(a.environment, b.environment);
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.projectJson, b.projectJson);
  EXPECT_FALSE(a.weights.empty());
  EXPECT_TRUE(b.weights.empty());

  const RunCurves x = *here.store->curves(id), y = *there.store->curves(*imported);
  ASSERT_EQ(x.steps.size(), 2500u);
  expectSameSteps(x.steps, y.steps);
  ASSERT_EQ(y.slots.size(), 3u);
  EXPECT_TRUE(y.slots[2].trainingOnly);
  ASSERT_EQ(y.epochs.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(x.epochs[i].epoch, y.epochs[i].epoch);
    EXPECT_EQ(x.epochs[i].step, y.epochs[i].step);
    EXPECT_TRUE(sameBits(x.epochs[i].train, y.epochs[i].train));
    EXPECT_TRUE(sameBits(x.epochs[i].validation, y.epochs[i].validation));
    EXPECT_EQ(x.epochs[i].hasValidation, y.epochs[i].hasValidation);
    EXPECT_EQ(x.epochs[i].trainSeconds, y.epochs[i].trainSeconds);
  }
  ASSERT_EQ(y.profiles.size(), 1u);
  EXPECT_EQ(y.profiles[0].step, 64);
  EXPECT_EQ(y.profiles[0].forward, 0.1);
  EXPECT_EQ(y.profiles[0].layers[0].backward, 0.2);
  EXPECT_EQ(y.profiles[0].memory.weights, 4096u);
  ASSERT_EQ(y.events.size(), 1u);
  EXPECT_EQ(y.events[0].value, 0.1);
  EXPECT_EQ(y.events[0].step, 7);
  // A second export gives an identical file.
  ASSERT_TRUE(exportRun(*there.store, *imported, there.folder / "again.tandemrun").ok());
  EXPECT_EQ(toJson({a, x}), toJson({b, y}));
}

TEST(RunFile, ARunIsImportedOnlyOnce) {
  Store s;
  const std::int64_t id = s.run();
  const auto file = s.folder / "run.tandemrun";
  ASSERT_TRUE(exportRun(*s.store, id, file).ok());
  const auto again = importRun(*s.store, file);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().text().find("already recorded as run 1, 'Net #1'"), std::string::npos)
      << again.error().text();
  ASSERT_TRUE(s.store->remove(id).ok());
  EXPECT_EQ(*importRun(*s.store, file), id);  // out of the trash
  EXPECT_EQ(s.store->list()->size(), 1u);
  EXPECT_FALSE(s.store->info(id)->imported);
}

TEST(RunFile, ARunInProgressIsExportedInItsCurrentState) {
  Store s, there;
  auto recorder = s.begin();
  ASSERT_TRUE(exportRun(*s.store, recorder->id(), s.folder / "run.tandemrun").ok());
  const auto id = importRun(*there.store, s.folder / "run.tandemrun");
  ASSERT_TRUE(id.ok()) << id.error().text();
  EXPECT_EQ(there.store->info(*id)->state, RunState::Interrupted);
}

TEST(RunFile, ErrorsNameThePlace) {
  Store s;
  const std::int64_t id = recordEverything(s);
  const std::string good = toJson({*s.store->info(id), *s.store->curves(id)});
  ASSERT_EQ(errorOf(good), "accepted");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return errorOf(text.replace(at, from.size(), to));
  };
  EXPECT_NE(errorOf("").find("f.tandemrun: is not valid JSON"), std::string::npos);
  EXPECT_NE(errorOf("{}").find("f.tandemrun: is not the record of a run"), std::string::npos);
  EXPECT_NE(with("\"tandem_run\": 3", "\"tandem_run\": 4").find("newer version"), std::string::npos);
  EXPECT_NE(with("\"tandem_run\": 3", "\"tandem_run\": 0").find("f.tandemrun: tandem_run"),
            std::string::npos);
  EXPECT_NE(with("\"uid\": \"", "\"uid\": \"../").find("f.tandemrun: uid: must be 32 hex"),
            std::string::npos);
  EXPECT_NE(with("\"state\": \"finished\"", "\"state\": \"running\"").find("f.tandemrun: state:"),
            std::string::npos);
  EXPECT_NE(with("\"slot\": 1", "\"slot\": 48").find("f.tandemrun: slots[1].slot"), std::string::npos);
  EXPECT_NE(with("\"slot\": 1", "\"slot\": 0").find("f.tandemrun: slots: slot 0 appears twice"),
            std::string::npos);
  EXPECT_NE(with("\"values\": 3", "\"values\": 4").find("f.tandemrun: steps[0]: the records are damaged"),
            std::string::npos);
  EXPECT_NE(with("\"records\": \"AQAA", "\"records\": \"A%AA").find("steps[0]: the records"),
            std::string::npos);
  EXPECT_NE(with("\"records\": \"AQAA", "\"records\": \"CQAA").find("steps[0]: the steps are not in order"),
            std::string::npos);
  EXPECT_NE(
      with("\"epoch\": 2,", "\"epoch\": 1,").find("f.tandemrun: epochs[1]: the epochs are not in order"),
      std::string::npos);
  EXPECT_NE(with("\"kind\": \"learning_rate\"", "\"kind\": \"magic\"").find("f.tandemrun: events[0].kind"),
            std::string::npos);
  EXPECT_NE(with("\"notes\"", "\"nodes\"").find("unknown key 'nodes'"), std::string::npos);
  EXPECT_NE(with("\"project\": \"{", "\"project\": \"[").find("f.tandemrun: project: "), std::string::npos);
}

TEST(RunFile, AnImportedNameCannotControlATerminal) {
  Store s;
  const std::int64_t id = recordEverything(s);
  RecordedRun run{*s.store->info(id), *s.store->curves(id)};
  run.info.name = "nice\x1b[2J\nrun";
  run.info.tags = {"a\tb"};
  run.info.notes = "one line\nand another";
  const auto read = runFromBytes(bytesOf(toJson(run)), "f.tandemrun");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->info.name, "nice [2J run");
  EXPECT_EQ(read->info.tags, std::vector<std::string>{"a b"});
  EXPECT_EQ(read->info.notes, run.info.notes);
}

TEST(RunFile, UnpackingStopsAtTheLimit) {
  TemporaryFolder folder;
  const auto file = folder / "bomb.tandemrun";
  const std::string blanks(1 << 20, ' ');
  const gzFile member = gzopen((folder / "member").c_str(), "wb");
  gzwrite(member, blanks.data(), static_cast<unsigned>(blanks.size()));
  gzclose(member);
  const auto packed = readTextFile(folder / "member", 1 << 20);
  std::ofstream out(file, std::ios::binary);
  for (int i = 0; i < 514; ++i) out << *packed;  // concatenated gzip members
  out.close();
  ASSERT_LT(std::filesystem::file_size(file), std::uintmax_t{1} << 20);
  const auto run = loadRun(file);
  ASSERT_FALSE(run.ok());
  EXPECT_NE(run.error().text().find("bomb.tandemrun: unpacks to more than 512 MiB"), std::string::npos)
      << run.error().text();
  std::ofstream(folder / "cut.tandemrun") << "\x1f\x8b\x08";
  EXPECT_NE(loadRun(folder / "cut.tandemrun").error().text().find("cut.tandemrun"), std::string::npos);
  EXPECT_EQ(loadRun(folder / "none.tandemrun").error().code, ErrorCode::NotFound);
}

TEST(Base64, GivesBackWhatItTookAndRefusesTheRest) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto text = toBase64(bytes);
    EXPECT_EQ(text.size(), (bytes.size() + 2) / 3 * 4);
    EXPECT_EQ(fromBase64(text), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(toBase64("any carnal pleasure"), "YW55IGNhcm5hbCBwbGVhc3VyZQ==");
  for (const char* wrong : {"A", "AAA", "A===", "AA=A", "====", "AA%A", "AB==", "AAB=", "AA==AAAA"})
    EXPECT_FALSE(fromBase64(wrong)) << wrong;
}

}  // namespace
}  // namespace tandem
