#include "core/twin/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/compile/compile.h"
#include "core/runtime/registry.h"
#include "core/twin/crossover.h"
#include "tests/support/workloads.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

Calibration simple(double flops, double bytes, double overhead) {
  Calibration c;
  c.device = "cpu, fp32";
  c.machine = "test";
  c.when = "2026-11-20T00:00:00Z";
  for (RateCurve* curve : {&c.matmul, &c.conv2d, &c.conv2dDgrad, &c.conv2dWgrad})
    *curve = {{1, 1e9}, {flops, flops}};
  c.stream = {{1, 1e9}, {bytes, bytes}};
  c.overhead = overhead;
  return c;
}

std::shared_ptr<const Plan> planOf(const char* name, std::int64_t batch) {
  Project project = *projectFromTemplate(name);
  project.training.batch = batch;
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  return compile(project.network, project.training, probeDataset(project.data).value(), cpu).value();
}

double total(const ProfileRecord& profile) {
  return profile.forward + profile.backward + profile.update;
}

TEST(RateCurve, IsLinearInLogarithmsAndConstantBeyond) {
  const RateCurve curve{{10, 1000}, {1, 100}};
  EXPECT_DOUBLE_EQ(curve.at(10), 1);
  EXPECT_NEAR(curve.at(100), 10, 1e-9);
  EXPECT_DOUBLE_EQ(curve.at(1e6), 100);
  EXPECT_DOUBLE_EQ(curve.at(1), 1);
  EXPECT_DOUBLE_EQ(curve.highest(), 100);
}

TEST(Forecast, FollowsTheRoofline) {
  const auto plan = planOf("Two spirals", 32);
  std::size_t ops = 0;
  for (const Node& node : plan->train.program.nodes) ops += !node.op->view;
  // A machine with free arithmetic and memory needs only the time of its launches.
  EXPECT_NEAR(total(forecastStep(*plan, simple(1e30, 1e30, 1e-5))), static_cast<double>(ops) * 1e-5, 1e-12);
  // A machine limited by arithmetic needs the time of the FLOPs of the products.
  double flops = 0;
  for (const Node& node : plan->train.program.nodes)
    if (node.op->name == "matmul") {
      const OpCall call = callOf(plan->train.program, node);
      flops += node.op->cost(node.attrs, call.inputs, call.outputs).flops;
    }
  EXPECT_NEAR(total(forecastStep(*plan, simple(1e6, 1e30, 0))), flops / 1e6, 1e-9 * flops);
  // Twice the batch, about twice the time.
  const Calibration slow = simple(1e6, 1e30, 0);
  EXPECT_NEAR(total(forecastStep(*planOf("Two spirals", 64), slow)) / total(forecastStep(*plan, slow)), 2,
              0.1);
}

TEST(LayerRates, NameTheLimitingCeiling) {
  const auto plan = planOf("Two spirals", 32);
  const auto boundOf = [&](const Calibration& calibration) {
    const ProfileRecord profile = forecastStep(*plan, calibration);
    const auto rates = layerRates(*plan, profile, &calibration);
    const auto longest = std::ranges::max_element(rates, {}, &LayerRate::seconds);
    return std::pair(longest->bound, longest->share);
  };
  const auto [compute, share] = boundOf(simple(1e6, 1e30, 0));
  EXPECT_EQ(compute, "compute");
  EXPECT_NEAR(share, 1, 0.3);  // activations count as arithmetic too
  EXPECT_EQ(boundOf(simple(1e30, 1e6, 0)).first, "memory");
  EXPECT_EQ(boundOf(simple(1e30, 1e30, 1e-3)).first, "launch");
  EXPECT_EQ(layerRates(*plan, forecastStep(*plan, simple(1e6, 1e6, 0)), nullptr).at(0).bound, "");
}

TEST(Calibrate, MeasuresThisMachineAndIsStored) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  DeviceOptions options;
  options.threads = 1;
  double last = -1;
  const Calibration measured = calibrate(cpu, options, 0.2, [&](double done) {
                                 EXPECT_GT(done, last);
                                 last = done;
                                 return true;
                               }).value();
  EXPECT_EQ(measured.device, "cpu:1, fp32");
  EXPECT_GT(measured.peakFlops(), 1e8);
  EXPECT_GT(measured.bandwidth(), 1e7);
  EXPECT_GT(measured.overhead, 0);
  EXPECT_LT(measured.overhead, 1e-2);

  const TemporaryFolder folder;
  const auto file = folder / "deep" / "calibration.json";
  EXPECT_FALSE(storedCalibration(options, cpu, file));
  ASSERT_TRUE(saveCalibration(measured, file).ok());
  ASSERT_TRUE(saveCalibration(simple(1, 1, 1), file).ok());
  ASSERT_TRUE(saveCalibration(measured, file).ok());  // replaces the first
  EXPECT_EQ(loadCalibrations(file).value().size(), 2u);
  const auto again = storedCalibration(options, cpu, file);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->conv2d.rates, measured.conv2d.rates);
  options.threads = 2;
  EXPECT_FALSE(storedCalibration(options, cpu, file));  // measured for other options

  const auto stopped = calibrate(cpu, options, 0.1, [](double) { return false; });
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

TEST(Calibrate, ADamagedFileIsReportedAndReplaced) {
  const TemporaryFolder folder;
  const auto file = folder / "calibration.json";
  const auto message = [&](std::string_view text) {
    EXPECT_TRUE(writeFileAtomically(file, text).ok());
    return loadCalibrations(file).error().text();
  };
  EXPECT_EQ(message("[]"), file.string() + ": is not a calibration file");
  EXPECT_EQ(message(R"({"calibrations": [{"device": "cpu", "matmul": {"sizes": [1], "rates": [0]}}]})"),
            file.string() + ": cpu: has an invalid curve. Run `tandem calibrate` again");
  EXPECT_NE(message("{").find("calibration.json"), std::string::npos);
  ASSERT_TRUE(saveCalibration(simple(1, 1, 1), file).ok());
  EXPECT_EQ(loadCalibrations(file).value().size(), 1u);
}

TEST(Crossover, WidenedKeepsTheOutputAndStaysTrainable) {
  for (const char* name : {"Fashion-MNIST CNN", "Fashion-MNIST MLP"}) {
    const Project project = *projectFromTemplate(name);
    const Analysis before = analyze(project.network);
    for (const double factor : {0.001, 0.5, 2.0}) {
      const Network network = widened(project.network, factor).value();
      const Analysis after = analyze(network);
      ASSERT_TRUE(after.ok()) << name << factor;
      const LayerId output = network.outputs()[0].layer;
      EXPECT_EQ(after.layers.at(output).output, before.layers.at(output).output);
      EXPECT_EQ(after.parameters > before.parameters, factor > 1);
    }
    EXPECT_EQ(widened(project.network, 1).value(), project.network);
  }
}

TEST(Crossover, WidenedFitsSplitsAndReshapes) {
  Network network;
  LayerId last = *network.add("input", "in", {{"shape", std::vector<std::int64_t>{5}}});
  const auto add = [&](const char* type, const char* name, Attrs properties) {
    const LayerId id = *network.add(type, name, std::move(properties));
    EXPECT_TRUE(network.connect(last, id).ok());
    last = id;
  };
  add("dense", "even", {{"units", std::int64_t{8}}});
  add("dropout", "between", {});
  add("split", "split", {{"parts", std::int64_t{4}}});
  add("dense", "image", {{"units", std::int64_t{12}}});
  add("reshape", "reshape", {{"shape", std::vector<std::int64_t>{2, 2, 3}}});
  add("flatten", "flat", {});
  add("dense", "out", {{"units", std::int64_t{2}}});
  for (const double factor : {0.1, 0.7, 3.3}) {
    const Network wider = widened(network, factor).value();
    const Analysis analysis = analyze(wider);
    EXPECT_TRUE(analysis.ok()) << analysis.problems[0].error.text();
    EXPECT_EQ(wider.findByName("image")->properties, network.findByName("image")->properties);
  }
  EXPECT_EQ(widened(network, 3.3)->findByName("even")->properties, (Attrs{{"units", std::int64_t{24}}}));
}

TEST(Crossover, WidenedFitsListsOfNumbers) {
  using Numbers = std::vector<double>;
  Network network;
  LayerId last = *network.add("input", "in", {{"shape", std::vector<std::int64_t>{5}}});
  const auto add = [&](const char* type, const char* name, Attrs properties) {
    const LayerId id = *network.add(type, name, std::move(properties));
    EXPECT_TRUE(network.connect(last, id).ok());
    last = id;
  };
  add("dense", "three", {{"units", std::int64_t{3}}});
  add("rescaling", "listed", {{"scale", Numbers{1, 2, 3}}});
  add("dense", "two", {{"units", std::int64_t{2}}});
  add("normalization", "means", {{"mean", Numbers{1, 2}}});
  add("dense", "free", {{"units", std::int64_t{10}}});
  add("rescaling", "one", {{"scale", Numbers{0.5}}});
  add("normalization", "plain", {});
  add("dense", "out", {{"units", std::int64_t{2}}});
  for (const double factor : {0.3, 3.3}) {
    const Network wider = widened(network, factor).value();
    const Analysis analysis = analyze(wider);
    EXPECT_TRUE(analysis.ok()) << analysis.problems[0].error.text();
    for (const char* fixed : {"three", "two", "out"})
      EXPECT_EQ(wider.findByName(fixed)->properties, network.findByName(fixed)->properties) << factor;
  }
  EXPECT_EQ(widened(network, 3.3)->findByName("free")->properties, (Attrs{{"units", std::int64_t{33}}}));
}

// The branches of a sum must be multiples of 4 and of 3; one of another sum is the input, and one the output.
TEST(Crossover, WidenedKeepsBranchesEqual) {
  Network n;
  const auto dense = [&](const char* name, std::int64_t units, LayerId from) {
    const LayerId id = *n.add("dense", name, {{"units", units}});
    EXPECT_TRUE(n.connect(from, id).ok());
    return id;
  };
  const auto merge = [&](const char* type, const char* name, const std::vector<Source>& from) {
    const LayerId id = *n.add(type, name);
    for (const Source& each : from) EXPECT_TRUE(n.connect(each, id).ok());
    return id;
  };
  const auto split = [&](const char* name, std::int64_t parts, LayerId from) {
    const LayerId id = *n.add("split", name, {{"parts", parts}});
    EXPECT_TRUE(n.connect(from, id).ok());
    std::vector<Source> sources;
    for (int port = 0; port < static_cast<int>(parts); ++port) sources.emplace_back(id, port);
    return sources;
  };
  const LayerId in = *n.add("input", "in", {{"shape", std::vector<std::int64_t>{5}}});
  const LayerId a = dense("a", 12, in), b = dense("b", 12, in);
  const LayerId sum = merge("add", "sum", {a, b});
  const LayerId fours = merge("maximum", "fours", split("s4", 4, a)),
                threes = merge("maximum", "threes", split("s3", 3, b));
  const LayerId shortcut = merge("add", "shortcut", {dense("five", 5, in), in});
  const LayerId joined = merge("concat", "joined", {sum, fours, threes, shortcut});
  merge("add", "end", {dense("left", 7, joined), dense("right", 7, sum)});
  ASSERT_TRUE(analyze(n).ok());
  for (const double factor : {0.01, 0.3, 0.7, 1.5, 3.3}) {
    const auto wider = widened(n, factor);
    ASSERT_TRUE(wider.ok()) << wider.error().text();
    const Analysis analysis = analyze(*wider);
    EXPECT_TRUE(analysis.ok()) << factor << ": " << analysis.problems[0].error.text();
    for (const char* fixed : {"five", "left", "right"})
      EXPECT_EQ(wider->findByName(fixed)->properties, n.findByName(fixed)->properties) << factor;
  }
  EXPECT_EQ(widened(n, 3.3)->findByName("a")->properties.integer("units", 0), 36);
  EXPECT_EQ(*widened(n, 1), n);
}

TEST(Crossover, WidenedFitsGroupedConvolutions) {
  Network n;
  LayerId last = *n.add("input", "in", {{"shape", std::vector<std::int64_t>{6, 6, 3}}});
  const auto add = [&](const char* type, const char* name, Attrs properties) {
    const LayerId id = *n.add(type, name, std::move(properties));
    EXPECT_TRUE(n.connect(last, id).ok());
    last = id;
  };
  add("conv2d", "first", {{"filters", std::int64_t{12}}});
  add("conv2d", "grouped",
      {{"filters", std::int64_t{20}}, {"groups", std::int64_t{4}}, {"padding", std::string("same")}});
  add("conv2d", "depthwise",
      {{"filters", std::int64_t{20}}, {"groups", std::int64_t{20}}, {"padding", std::string("same")}});
  add("group_norm", "norm", {{"groups", std::int64_t{5}}});
  add("global_average_pool2d", "pool", {});
  add("dense", "out", {{"units", std::int64_t{2}}});
  ASSERT_TRUE(analyze(n).ok());
  for (const double factor : {0.01, 0.6, 1.3, 2.7}) {
    const auto wider = widened(n, factor);
    ASSERT_TRUE(wider.ok()) << wider.error().text();
    const Analysis analysis = analyze(*wider);
    EXPECT_TRUE(analysis.ok()) << factor << ": " << analysis.problems[0].error.text();
  }
}

TEST(Crossover, WidenedFitsHeadsAndSlices) {
  using Integers = std::vector<std::int64_t>;
  Network network;
  const auto connected = [&](const char* type, const char* name, Attrs properties,
                             const std::vector<LayerId>& inputs) {
    const LayerId id = *network.add(type, name, std::move(properties));
    for (const LayerId input : inputs) EXPECT_TRUE(network.connect(input, id).ok());
    return id;
  };
  const LayerId in =
      connected("input", "in",
                {{"shape", Integers{7}}, {"values", std::string("tokens")}, {"varies", std::int64_t{1}}}, {});
  const LayerId words = connected("embedding", "words", {{"units", std::int64_t{24}}}, {in});
  const LayerId seen = connected("attention", "seen",
                                 {{"heads", std::int64_t{4}}, {"positions", std::string("rotary")}}, {words});
  const LayerId sum = connected("add", "sum", {}, {words, seen});
  const LayerId dense = connected("dense", "dense", {{"units", std::int64_t{24}}}, {sum});
  const LayerId end = connected("add", "end", {}, {sum, dense});
  const LayerId last = connected("last_step", "last", {}, {end});
  const LayerId ten = connected("dense", "ten", {{"units", std::int64_t{10}}}, {last});
  const LayerId part =
      connected("slice", "part", {{"start", std::int64_t{6}}, {"size", std::int64_t{4}}}, {ten});
  connected("dense", "out", {{"units", std::int64_t{2}}}, {part});
  for (const double factor : {0.1, 0.7, 1.0, 3.3}) {
    const Network wider = widened(network, factor).value();
    const Analysis analysis = analyze(wider);
    EXPECT_TRUE(analysis.ok()) << factor << ": " << analysis.problems[0].error.text();
    EXPECT_EQ(wider.findByName("ten")->properties, network.findByName("ten")->properties);
    if (factor == 1) {
      EXPECT_EQ(wider, network);
    }
  }
  EXPECT_EQ(widened(network, 0.7)->findByName("words")->properties.integer("units", 0), 16);
}

TEST(Crossover, WidenedFitsHeadsAndPermutedSequences) {
  const auto units = [](std::int64_t n) { return Attrs{{"units", n}}; };
  const auto fits = [](const Network& network) {
    ASSERT_TRUE(analyze(network).ok());
    for (const double factor : {0.3, 0.7, 1.3, 2.7}) {
      const auto wider = widened(network, factor);
      ASSERT_TRUE(wider.ok()) << wider.error().text();
      const Analysis analysis = analyze(*wider);
      EXPECT_TRUE(analysis.ok()) << factor << ": " << analysis.problems[0].error.text();
    }
  };
  testing::NetworkBuilder heads({8, 6});
  const LayerId entry = heads.add("dense", units(16), "entry");
  const LayerId seen =
      heads.add("attention", {{"heads", std::int64_t{2}}, {"positions", std::string("rotary")}}, "look");
  heads.join("add", entry, seen);
  heads.add("dense", units(3));
  const Network attending = heads.take();
  fits(attending);
  EXPECT_EQ(widened(attending, 1.3)->findByName("entry")->properties, units(20));

  // Dense layers mix the features or, between two exchanges, the steps.
  testing::NetworkBuilder mixer({8, 6});
  const LayerId start = mixer.add("dense", units(16), "start");
  mixer.add("permute");
  mixer.add("dense", units(20), "hidden");
  mixer.add("dense", units(8), "steps");
  const LayerId mixed = mixer.add("permute");
  mixer.join("add", start, mixed);
  mixer.add("dense", units(3));
  const Network mixing = mixer.take();
  fits(mixing);
  EXPECT_EQ(widened(mixing, 2.7)->findByName("hidden")->properties, units(54));
  EXPECT_EQ(widened(mixing, 2.7)->findByName("start")->properties, units(16));
}

// A device whose step takes a fixed time plus a time per row.
class SlowBackend : public FakeBackend {
 public:
  SlowBackend(std::chrono::microseconds fixed, std::chrono::microseconds row) : fixed_(fixed), row_(row) {}
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    device.stepTime = fixed_ + row_ * plan->batch;
    return FakeBackend::open(std::move(plan), cancelled);
  }

 private:
  std::chrono::microseconds fixed_, row_;
};

// A sweep of two sides: the two medians of each point in ms, with quartiles 10% to either side.
Crossover sweepOf(const std::vector<std::pair<double, double>>& milliseconds) {
  Crossover sweep;
  sweep.labels = {"host", "accelerator"};
  double batch = 1;
  for (const auto& [first, second] : milliseconds) {
    SweepPoint point{batch *= 4, std::vector<SweepSide>(2)};
    for (std::size_t k = 0; k < 2; ++k) {
      const double seconds = (k == 0 ? first : second) * 1e-3;
      point.sides[k].timing = {seconds, 0.9 * seconds, 1.1 * seconds, 20};
    }
    sweep.points.push_back(std::move(point));
  }
  findCrossings(sweep);
  return sweep;
}

TEST(Crossover, ADifferenceWithinTheSpreadIsUndecided) {
  const Crossover none = sweepOf({{1, 1.1}, {2, 1.9}, {4, 4.3}});
  EXPECT_TRUE(none.crossings.empty());
  EXPECT_EQ(sentences(none),
            std::vector<std::string>{"accelerator and host are equally fast within the spread "
                                     "of their steps for batch sizes from 4 to 64."});
  const Crossover faster = sweepOf({{1, 1.1}, {2, 1.9}, {8, 4}});
  EXPECT_TRUE(faster.crossings.empty());
  EXPECT_EQ(sentences(faster),
            std::vector<std::string>{"accelerator is never slower for batch sizes from 4 to 64."});
  // Decided points on both sides of an undecided one form a crossing.
  const Crossover crossed = sweepOf({{1, 4}, {2, 1.9}, {16, 4}});
  ASSERT_EQ(crossed.crossings.size(), 1u);
  EXPECT_TRUE(crossed.crossings[0].fasterAbove);
  EXPECT_NEAR(crossed.crossings[0].at, 16, 1e-9);
}

TEST(Crossover, IsFoundWhereTheTimesMeet) {
  SlowBackend host({}, std::chrono::microseconds(200)), accelerator(std::chrono::microseconds(3000), {});
  const BackendLookup lookup = [&](std::string_view id) -> Result<Backend*> {
    if (id == "host") return &host;
    if (id == "accelerator") return &accelerator;
    return Error{ErrorCode::NotFound, "there is no such device", std::string(id), {}};
  };
  const Project project = *projectFromTemplate("Two spirals");
  SweepOptions options;
  options.values = {64, 4, 4};
  options.secondsPerSide = 0.02;
  const auto sides = parseSides({"host", "accelerator", "missing"}).value();
  const auto data = loadDataset(project.data).value();
  const Crossover found = findCrossover(project, data, sides, options, {}, lookup).value();
  ASSERT_EQ(found.points.size(), 2u);
  EXPECT_EQ(found.points[0].x, 4);
  ASSERT_EQ(found.crossings.size(), 1u);
  EXPECT_EQ(found.crossings[0].what, "network");
  EXPECT_TRUE(found.crossings[0].fasterAbove);
  EXPECT_GT(found.crossings[0].at, 4);
  EXPECT_LT(found.crossings[0].at, 64);
  const auto words = sentences(found);
  EXPECT_NE(words[0].find("accelerator overtakes host at a batch size of about "), std::string::npos)
      << words[0];
  EXPECT_NE(words[1].find("missing could not be compared with host: missing: there is no such device"),
            std::string::npos)
      << words[1];
  options.values = {8};
  EXPECT_FALSE(findCrossover(project, data, sides, options, {}, lookup).ok());
  options.values = {8, 16};
  EXPECT_EQ(findCrossover(
                project, data, sides, options, [](double) { return false; }, lookup)
                .error()
                .code,
            ErrorCode::Cancelled);
}

}  // namespace
}  // namespace tandem
