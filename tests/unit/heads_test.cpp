// Networks with several inputs and outputs: from the data through training to predictions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "core/compile/compile.h"
#include "core/io/keras/keras.h"
#include "core/network/project.h"
#include "core/runtime/registry.h"
#include "core/train/export_weights.h"
#include "core/train/output_evaluation.h"
#include "core/train/plan_training.h"
#include "core/train/trainer.h"
#include "tests/unit/data_files.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

// A template on few samples, the test set of which does not fill its last batch.
Project shapesProject(const char* name) {
  Project project = *projectFromTemplate(name);
  project.training.epochs = 2;
  project.training.batch = 16;
  project.training.device.threads = 1;
  project.data.count = 200;
  return project;
}

struct Trained {
  TrainResult result;
  Checkpoint checkpoint;
  std::shared_ptr<const Dataset> data;
};

Trained train(const Project& project, const std::filesystem::path& folder) {
  Trained trained;
  auto data = loadDataset(trainingData(project));
  EXPECT_TRUE(data.ok()) << data.error().text();
  if (!data.ok()) return trained;
  trained.data = *data;
  auto trainer = Trainer::create({.project = project, .data = *data, .backend = &cpu(), .folder = folder});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return trained;
  (*trainer)->start();
  trained.result = (*trainer)->join();
  EXPECT_EQ(trained.result.state, TrainState::Finished)
      << (trained.result.error ? trained.result.error->text() : "");
  auto checkpoint = loadWeights(trained.result.weights, Weights::Best);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  if (checkpoint.ok()) trained.checkpoint = *std::move(checkpoint);
  return trained;
}

double reported(const TrainResult& result, const std::string& name) {
  const ReportSlot* slot = findSlot(result.slots, name);
  EXPECT_NE(slot, nullptr) << name;
  return slot ? static_cast<double>(result.test[static_cast<std::size_t>(slot->slot)]) : std::nan("");
}

ClassCounts matrixOf(const TrainResult& result, const std::string& name) {
  for (std::size_t i = 0; i < result.testMatrices.size(); ++i)
    if (result.matrices[i].name == name) return result.testMatrices[i];
  return {};
}

// What training reports of the test set must be what the definitions of losses and metrics give for the predictions of
// the checkpoint.
void expectSameScores(const Trained& trained) {
  const TrainingConfig& training = trained.checkpoint.project.training;
  auto predictor = Predictor::open(trained.checkpoint, cpu(), {}, 7);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  const auto samples =
      encodeSamples(*trained.data, trained.data->part(SplitPart::Test), predictor->preprocessing());
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  const auto outputs = evaluateOutputs(*predictor, *samples, training.heads);
  ASSERT_TRUE(outputs.ok()) << outputs.error().text();
  ASSERT_EQ(outputs->size(), training.heads.size());
  double total = 0;
  for (std::size_t h = 0; h < outputs->size(); ++h) {
    const Head& head = training.heads[h];
    const OutputEvaluation& output = (*outputs)[h];
    const double tolerance = 2e-4 * std::max(1.0, std::abs(*output.loss));
    EXPECT_NEAR(reported(trained.result, reportName(training, head, "loss")), *output.loss, tolerance)
        << output.layer;
    total += head.weight * *output.loss;
    for (const MetricConfig& metric : head.reportedMetrics()) {
      if (output.targets.size() > 1) continue;  // of all targets together
      const Evaluation& scores = output.targets[0].scores;
      const std::string name = nameOf(metric);
      if (metric.def().view == MetricView::Matrix) {
        EXPECT_EQ(matrixOf(trained.result, reportName(training, head, name)), scores.confusion)
            << output.layer;
        continue;
      }
      double expected = name == "accuracy" ? scores.accuracy() : name == "mae" ? scores.mae : scores.rmse;
      for (const auto& [each, value] : scores.metrics)
        if (each == name) expected = value;
      EXPECT_NEAR(reported(trained.result, reportName(training, head, name)), expected,
                  1e-3 * std::max(1.0, std::abs(expected)))
          << output.layer << ' ' << name;
    }
  }
  const ReportSlot* const metric = metricSlot(trained.result.slots);
  ASSERT_NE(metric, nullptr);
  EXPECT_EQ(metric->name,
            reportName(training, training.heads[0], nameOf(training.heads[0].reportedMetrics()[0])));
  EXPECT_NEAR(reported(trained.result, "loss"), total, 5e-4 * std::max(1.0, total));
}

// The exported model, read again, answers like the checkpoint.
void expectSameAnswersByKeras(const Trained& trained, const std::filesystem::path& file) {
  const auto notes = exportKeras(trained.checkpoint, file, false);
  ASSERT_TRUE(notes.ok()) << notes.error().text();
  auto model = importKeras(file);
  ASSERT_TRUE(model.ok()) << model.error().text();
  auto before = Predictor::open(trained.checkpoint, cpu(), {}, 8),
       after = Predictor::open(*std::move(model), cpu(), {}, 8);
  ASSERT_TRUE(before.ok() && after.ok()) << after.error().text();
  const auto answers = [&](Predictor& predictor) {
    const auto samples =
        encodeSamples(*trained.data, trained.data->part(SplitPart::Test), predictor.preprocessing());
    return predictor.predict(samples.value().inputs).value();
  };
  const Predictor::Values a = answers(*before), b = answers(*after);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t o = 0; o < a.size(); ++o) {
    ASSERT_EQ(a[o].size(), b[o].size());
    // Numbers of the imported model may be in another unit.
    const std::vector<double> x = before->inUnit(before->outputs()[o], a[o]),
                              y = after->inUnit(after->outputs()[o], b[o]);
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(x[i], y[i], 1e-4 * std::max(1.0, std::abs(x[i]))) << o;
  }
}

class Templates : public ::testing::TestWithParam<const char*> {};

TEST_P(Templates, TrainAndPredictAlike) {
  const TemporaryFolder folder;
  const Trained trained = train(shapesProject(GetParam()), folder / "run");
  if (::testing::Test::HasFailure()) return;
  expectSameScores(trained);
  expectSameAnswersByKeras(trained, folder / "model.h5");
}

INSTANTIATE_TEST_SUITE_P(Heads, Templates,
                         ::testing::Values("Shapes: two inputs", "Shapes: two outputs",
                                           "Shapes: segmentation", "Shapes: auto-encoder",
                                           "Shapes: several labels"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase_if(name,
                                         [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name;
                         });

// A network with the outputs "a" (3 classes) and "b" (2 numbers) for the shapes.
struct TwoHeads {
  Project project;
  DatasetInfo data;
  TwoHeads() {
    project.data.generator = "shapes";
    project.data.imageHeight = project.data.imageWidth = 8;
    data = *probeDataset(project.data);
    Network& n = project.network;
    const LayerId in = *n.add("input", "in", {{"shape", Ints{8, 8, 1}}}), flat = *n.add("flatten", "flat"),
                  a = *n.add("dense", "a", {{"units", std::int64_t{3}}}),
                  b = *n.add("dense", "b", {{"units", std::int64_t{2}}});
    EXPECT_TRUE(n.connect(in, flat).ok() && n.connect(flat, a).ok() && n.connect(flat, b).ok());
    project.training.heads = {{.output = "a", .targets = {"shape"}},
                              {.output = "b", .targets = {"x", "y"}, .loss = "mse"}};
    project.training.batch = 8;
    project.training.device.threads = 1;
  }
  std::string problem() const {
    const auto problems = checkAgainstData(project.network, project.training, data);
    return problems.empty() ? "" : problems.front().error.text();
  }
};

TEST(Heads, TheTotalLossIsTheWeightedSum) {
  TwoHeads t;
  t.project.training.heads[1].weight = 0.25;
  const auto plan = compile(t.project.network, t.project.training, t.data, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  Texts names;
  for (const ReportSlot& slot : (*plan)->report) names.push_back(slot.name);
  EXPECT_EQ(names, (Texts{"loss", "a loss", "a accuracy", "b loss", "b mae", "b rmse"}));
  EXPECT_EQ((*plan)->report[0].weights, (std::vector<double>{1, 0.25}));
  EXPECT_EQ((*plan)->report[0].width, 2);
  EXPECT_EQ((*plan)->inputs().size(), 4u)
      << "the image, the shape, x and y; not the distance, the size or the mask";
}

TEST(Heads, NotesAboutClassWeightsNameTheHead) {
  TwoHeads t;
  ASSERT_TRUE(t.project.training.heads[0].loss.set("class_weights", std::string("balanced")).ok());
  const auto data = loadDataset(t.project.data);
  ASSERT_TRUE(data.ok()) << data.error().text();
  const auto notes = dataNotes(t.project.training, **data);
  EXPECT_EQ(std::ranges::count_if(notes,
                                  [](const std::string& note) {
                                    return note.starts_with("Class weights of shape in the head \"a\": ");
                                  }),
            1);
}

// One step of SGD with half the weight of a head changes its own layer half as much, and the other not at all.
TEST(Heads, WeightsScaleTheGradients) {
  const auto parametersAfterAStep = [](double weight) {
    TwoHeads t;
    t.project.training.heads[1].weight = weight;
    t.project.training.optimizer = {"sgd", {{"learning_rate", 0.125}}};
    t.project.training.epochs = 1;
    t.project.data.count = 20;
    t.project.training.batch = 12;
    const TemporaryFolder folder;
    std::map<std::string, std::vector<float>> values;
    for (const NamedArray& array : train(t.project, folder / "run").checkpoint.parameters)
      values[array.name] = array.values;
    return values;
  };
  auto none = parametersAfterAStep(0), half = parametersAfterAStep(0.5), whole = parametersAfterAStep(1);
  EXPECT_EQ(half["a/kernel"], whole["a/kernel"]);
  ASSERT_EQ(whole["b/bias"].size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(none["b/bias"][i], 0);
    EXPECT_NE(whole["b/bias"][i], 0);
    EXPECT_NEAR(half["b/bias"][i], whole["b/bias"][i] / 2, 1e-7);
  }
}

// A head may read a layer that others read, too.
TEST(Heads, TheOutputMayBeInside) {
  TwoHeads t;
  const LayerId c = *t.project.network.add("dense", "c", {{"units", std::int64_t{1}}});
  ASSERT_TRUE(t.project.network.connect(t.project.network.findByName("b")->id, c).ok());
  t.project.training.heads.push_back({.output = "c", .targets = {"size"}, .loss = "huber"});
  EXPECT_EQ(t.problem(), "");
  t.project.data.count = 100;
  t.project.training.epochs = 1;
  const TemporaryFolder folder;
  const Trained trained = train(t.project, folder / "run");
  if (!::testing::Test::HasFailure()) expectSameScores(trained);
}

// Losses of a row of outputs: of all pixels of a mask, all questions, all numbers of a head.
TEST(Heads, LossesOfRowsAreThoseOfTheEvaluation) {
  Project mask = shapesProject("Shapes: segmentation"), labels = shapesProject("Shapes: several labels");
  Network& n = mask.network;
  ASSERT_TRUE(n.setProperty(n.findByName("mask")->id, "filters", std::int64_t{1}).ok());
  mask.training.heads[0].loss = {"dice", {{"smooth", 2.0}}};
  labels.training.heads[0].loss = "dice";
  TwoHeads direction, shares;
  direction.project.training.heads[1].loss = "cosine_similarity";
  Network& s = shares.project.network;
  const LayerId softmax = *s.add("activation", "shares", {{"function", std::string("softmax")}});
  ASSERT_TRUE(s.connect(s.findByName("b")->id, softmax).ok());
  shares.project.training.heads[1].output = "shares";
  shares.project.training.heads[1].loss = "kl_divergence";
  for (Project* project : {&mask, &labels, &direction.project, &shares.project}) {
    project->data.count = 100;
    project->training.epochs = 1;
    const TemporaryFolder folder;
    const Trained trained = train(*project, folder / "run");
    if (::testing::Test::HasFailure()) return;
    expectSameScores(trained);
    expectSameAnswersByKeras(trained, folder / "model.h5");
  }
}

TEST(Heads, EachMistakeHasItsMessage) {
  const auto problemOf = [](const std::function<void(TwoHeads&)>& spoil) {
    TwoHeads t;
    spoil(t);
    return t.problem();
  };
  const auto expect = [&](const std::function<void(TwoHeads&)>& spoil, const char* message) {
    EXPECT_NE(problemOf(spoil).find(message), std::string::npos) << problemOf(spoil);
  };
  EXPECT_EQ(problemOf([](TwoHeads&) {}), "");
  expect([](TwoHeads& t) { t.project.training.heads.pop_back(); }, "b: no head is trained on this output");
  expect([](TwoHeads& t) { t.project.training.heads = {Head{}}; }, "the network has several outputs: a, b");
  expect([](TwoHeads& t) { t.project.training.heads[1].output = "none"; },
         "\"none\", which the network does not have");
  expect([](TwoHeads& t) { t.project.training.heads[1].output = "a"; },
         "a: two heads are trained on this output");
  expect([](TwoHeads& t) { t.project.training.heads[1].targets = {"z"}; }, "a head predicts 'z'");
  expect([](TwoHeads& t) { t.project.training.heads[1].targets = {}; },
         "classes and numbers cannot have one loss");
  expect([](TwoHeads& t) { t.project.training.heads[1].targets = {"x"}; },
         "b: the output has 2 values, but shapes has 1");
  expect([](TwoHeads& t) { t.project.training.heads[1].targets = {"filled"}; },
         "needs a numeric target, but \"filled\"");
  expect(
      [](TwoHeads& t) {
        t.project.training.heads[0].targets = {"shape", "filled"};
      },
      "predicts one target, but there are 2");
  expect([](TwoHeads& t) { t.project.training.heads[0].targets = {"mask"}; }, "a: the output is 3, but");
  expect([](TwoHeads& t) { t.project.training.heads[0].loss = "binary_cross_entropy"; }, "needs two classes");
  expect([](TwoHeads& t) { t.project.training.heads[1].metrics = {"accuracy"}; }, "does not fit the loss");
  expect([](TwoHeads& t) { t.project.training.heads[1].loss = "kl_divergence"; },
         "b: the loss \"KL divergence\" needs shares that sum to 1, but the output is not a softmax");
  expect(
      [](TwoHeads& t) {
        t.project.training.heads[1].targets = {"x"};
        t.project.training.heads[1].loss = "cosine_similarity";
        const LayerId b = t.project.network.findByName("b")->id;
        ASSERT_TRUE(t.project.network.setProperty(b, "units", std::int64_t{1}).ok());
      },
      "b: the loss \"Cosine similarity\" compares vectors of at least 2 values, but the output has 1");
  expect(
      [](TwoHeads& t) {
        const LayerId second = *t.project.network.add("input", "more", {{"shape", Ints{8, 8, 1}}});
        const LayerId flat = *t.project.network.add("flatten", "flat2");
        const LayerId b = t.project.network.findByName("b")->id;
        ASSERT_TRUE(t.project.network.connect(second, flat).ok() &&
                    t.project.network.disconnect(t.project.network.findByName("flat")->id, b).ok() &&
                    t.project.network.connect(flat, b).ok());
      },
      "already reads \"image\"");
  expect(
      [](TwoHeads& t) {
        ASSERT_TRUE(
            t.project.network.setProperty(t.project.network.inputs()[0], "shape", Ints{7, 8, 1}).ok());
      },
      "neither the name nor the shape");
}

TEST(Heads, TargetsOfOneHeadAreDifferentTargetsOrOneInput) {
  for (const Texts& targets : {Texts{"x", "x"}, Texts{"x", "table"}, Texts{"table", "image"}}) {
    TwoHeads t;
    t.project.training.heads[1].targets = targets;
    EXPECT_NE(t.problem().find("for one input or for different targets"), std::string::npos) << t.problem();
  }
}

TEST(Heads, NamesMayContainDots) {
  TrainingConfig training;
  training.heads = {{.output = "Sepal"}, {.output = "Sepal.Length", .loss = "mse"}};
  ASSERT_TRUE(setTraining(training, "heads.Sepal.Length.weight", "2").ok());
  ASSERT_TRUE(setTraining(training, "heads.Sepal.weight", "3").ok());
  ASSERT_TRUE(setTraining(training, "heads.Sepal.Length.loss.type", "huber").ok());
  EXPECT_EQ(training.heads[0].weight, 3);
  EXPECT_EQ(training.heads[1].weight, 2);
  EXPECT_EQ(training.heads[1].loss.def().type, "huber");
}

// A target that is not standardized must not be shifted either.
TEST(Heads, UnscaledTargetsAreReadAsTheyAre) {
  const testing::TempFolder files;
  std::string text = "x,temperature,level\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{},{}\n", i % 7, 290 + i % 10, i % 2 == 0 ? 9 : 11);
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path = files.write("t.csv", text);
  spec.targets = {"temperature", "level"};
  spec.classification = false;
  spec.validationFraction = spec.testFraction = 0;
  spec.unscaled = {"temperature"};
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  std::vector<std::int64_t> rows(40);
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<float> temperature(40), level(40);
  (*data)->gather(1, rows, temperature.data());
  (*data)->gather(2, rows, level.data());
  EXPECT_EQ(*std::ranges::min_element(temperature), 290);
  EXPECT_EQ(*std::ranges::max_element(temperature), 299);
  EXPECT_EQ(level[0], -1) << "with a standard deviation of exactly 1, the mean is still 0";
  EXPECT_EQ(level[1], 1);
}

TEST(Heads, AreProposedForOutputsWithoutOne) {
  TwoHeads t;
  t.project.training.heads = {Head{}};
  const std::vector<Problem> problems = checkAgainstData(t.project.network, t.project.training, t.data);
  ASSERT_FALSE(problems.empty());
  ASSERT_TRUE(problems[0].fix && std::holds_alternative<AddHeads>(problems[0].fix->action));
  t.project.training.heads = headsFor(t.project.network, t.project.training, t.data);
  ASSERT_EQ(t.project.training.heads.size(), 2u);
  EXPECT_EQ(t.project.training.heads[0], (Head{.output = "a", .targets = {"shape"}}));
  EXPECT_EQ(t.project.training.heads[1], (Head{.output = "b", .targets = {"size"}, .loss = "mse"}));
  ASSERT_TRUE(t.project.network.remove(t.project.network.findByName("a")->id).ok());
  const std::vector<Head> rest = headsFor(t.project.network, t.project.training, t.data);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].output, "") << "the only output need not be named";
}

TEST(Heads, AreStoredAndChangedByName) {
  TwoHeads t;
  t.project.training.heads[1].metrics = {"r2"};
  t.project.training.heads[1].weight = 3;
  const auto again = projectFromJson(toJson(t.project), "p");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->training, t.project.training);
  TrainingConfig& training = t.project.training;
  ASSERT_TRUE(setTraining(training, "heads.b.weight", "0.5").ok());
  ASSERT_TRUE(setTraining(training, "heads.b.loss", "huber").ok());
  ASSERT_TRUE(setTraining(training, "heads.b.loss.delta", "2").ok());
  EXPECT_EQ(training.heads[1].weight, 0.5);
  EXPECT_EQ(training.heads[1].loss, (LossConfig{"huber", {{"delta", 2.0}}}));
  EXPECT_EQ(training.heads[0].loss.def().type, "softmax_cross_entropy");
  const auto refused = [&](const char* path, const char* value) {
    TrainingConfig changed = training;
    const Status status = setTraining(changed, path, value);
    return status.ok() ? std::string("accepted") : status.error().text();
  };
  EXPECT_NE(refused("loss", "mae").find("there are several heads"), std::string::npos);
  EXPECT_NE(refused("heads.c.loss", "mae").find("no head for an output of this name"), std::string::npos);
  EXPECT_NE(refused("heads.c.loss", "mae").find("their settings are heads.a.loss"), std::string::npos);
  EXPECT_NE(refused("heads.b.weight", "-1").find("from 0"), std::string::npos);
  EXPECT_NE(refused("heads", "[]").find("1 to 8 heads"), std::string::npos);
  EXPECT_NE(refused("heads", R"([{"output":"a"},{"output":"a"}])").find("already a head"), std::string::npos);
  EXPECT_NE(refused("heads", R"([{"output":"a"},{}])").find("has no output"), std::string::npos);
  // One head without particulars is written as before there were several.
  Project plain;
  EXPECT_EQ(toJson(plain).find("\"heads\""), std::string::npos);
}

// Bytes are normalized by the device, also where they are the target.
TEST(Heads, AnAutoEncoderLearnsFromBytesAndFloatsAlike) {
  Project project = shapesProject("Shapes: auto-encoder");
  const auto data = loadDataset(trainingData(project));
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(std::ranges::count(dataNotes(project.training, **data),
                               "Errors of image, such as MAE and RMSE, are in levels from 0 to 255"),
            1);
  std::vector<float> losses;
  for (const ByteInput input : {ByteInput::Bytes, ByteInput::Floats}) {
    const auto plan = compile(project.network, project.training, (*data)->info, cpu(), {.byteInput = input});
    ASSERT_TRUE(plan.ok()) << plan.error().text();
    EXPECT_EQ((*plan)->takesBytes(), input == ByteInput::Bytes);
    EXPECT_EQ((*plan)->inputs().size(), 1u) << "the target is the input";
  }
}

TEST(Heads, SeveralTargetsOfATable) {
  const TemporaryFolder folder;
  std::string text = "a,b,sum,product,sign\n";
  for (int i = 0; i < 200; ++i) {
    const double a = std::sin(i), b = std::cos(3 * i);
    text += fmt::format("{},{},{},{},{}\n", a, b, 100 * (a + b), a * b, a + b > 0 ? "plus" : "minus");
  }
  Project project;
  project.data.kind = DataKind::Csv;
  const testing::TempFolder files;
  project.data.path = files.write("t.csv", text);
  project.data.targets = {"product", "sum"};
  project.data.ignore = {"sign"};
  project.data.classification = false;
  Network& n = project.network;
  const LayerId in = *n.add("input", "", {{"shape", Ints{2}}}),
                hidden =
                    *n.add("dense", "", {{"units", std::int64_t{8}}, {"activation", std::string("tanh")}}),
                out = *n.add("dense", "out", {{"units", std::int64_t{2}}});
  ASSERT_TRUE(n.connect(in, hidden).ok() && n.connect(hidden, out).ok());
  project.training.heads[0].loss = "mse";
  project.training.epochs = 60;
  project.training.batch = 16;
  project.training.optimizer = {"adam", {{"learning_rate", 0.02}}};
  const Trained trained = train(project, folder / "run");
  if (::testing::Test::HasFailure()) return;
  expectSameScores(trained);
  ASSERT_EQ(trained.data->info.targets[0].name, "sum") << "in the order of the columns";
  auto predictor = Predictor::open(trained.checkpoint, cpu(), {}, 4);
  ASSERT_TRUE(predictor.ok());
  const auto input = encodeTable("a,b\n0.5,0.25\n-0.5,0.25\n", predictor->preprocessing(), "new.csv");
  ASSERT_TRUE(input.ok()) << input.error().text();
  const auto answers = predictor->predict(input->inputs);
  ASSERT_TRUE(answers.ok());
  const std::vector<double> values = predictor->inUnit(predictor->outputs()[0], answers->at(0));
  ASSERT_EQ(values.size(), 4u);
  EXPECT_NEAR(values[0], 75, 15) << "each target in its own unit";
  EXPECT_NEAR(values[1], 0.125, 0.2);
  EXPECT_NEAR(values[2], -25, 15);
}

}  // namespace
}  // namespace tandem
