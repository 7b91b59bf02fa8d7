// Trying out a model: what becomes of a drawing, an image, a row or a text, and of the network's answer to it.
#include "core/report/trial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/data/encode_image.h"
#include "core/data/encode_text.h"
#include "core/network/propose.h"
#include "core/runs/run_job.h"
#include "core/train/continue_text.h"
#include "tests/support/small_projects.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Values = std::vector<float>;

Preprocessing flowers() {
  Preprocessing p;
  p.named = p.complete = true;
  p.table.delimiter = ",";
  p.fields = {{.name = "size", .mean = {10}, .scale = {0.5}},
              {.name = "color",
               .kind = FieldKind::Category,
               .categories = {"red", "blue", "white"},
               .mean = {0.2, 0.7, 0.1},
               .scale = {2, 2, 2}},
              {.name = "kind",
               .role = FieldRole::Target,
               .kind = FieldKind::Category,
               .categories = {"iris", "rose"}}};
  return p;
}

Preprocessing pictures(std::int64_t side, std::int64_t channels) {
  Preprocessing p;
  p.fields = {{.name = "image", .kind = FieldKind::Image, .image = Shape{side, side, channels}}};
  p.fields[0].mean.assign(static_cast<std::size_t>(channels), 0.25);
  p.fields[0].scale.assign(static_cast<std::size_t>(channels), 2);
  return p;
}

EncodedSamples encoded(const TrialInput& input, const Preprocessing& p) {
  const auto result = encodeTrial(std::vector<TrialInput>{input}, p);
  EXPECT_TRUE(result.ok()) << result.error().text();
  return result.ok() ? *result : EncodedSamples{};
}

// A trained project, whose checkpoint exists as long as this.
struct TrainedRun {
  std::unique_ptr<RunJob> job;
  std::filesystem::path weights;

  explicit TrainedRun(const Project& project) {
    RunRequest request;
    request.project = project;
    auto data = loadRun(request);
    EXPECT_TRUE(data.ok()) << data.error().text();
    auto prepared = RunJob::prepare(request, *data, nullptr);
    EXPECT_TRUE(prepared.ok()) << prepared.error().text();
    job = std::move(*prepared);
    job->start();
    weights = job->finish().result.weights;
    EXPECT_FALSE(weights.empty());
  }
  std::shared_ptr<OpenModel> open() const {
    const auto model = openTrial(weights, "cpu", Weights::Last);
    EXPECT_TRUE(model.ok()) << model.error().text();
    return *model;
  }
};

TEST(Trial, ARowIsNormalizedAsTheTrainingData) {
  const EncodedSamples row = encoded(RowValues{{13, 1}}, flowers());
  EXPECT_EQ(row.rows, 1);
  ASSERT_EQ(row.inputs.size(), 1u);
  EXPECT_EQ(row.inputs[0].size(), 4u);
  EXPECT_FLOAT_EQ(row.inputs[0][0], 1.5F);   // (13 - 10) * 0.5
  EXPECT_FLOAT_EQ(row.inputs[0][1], -0.4F);  // (0 - 0.2) * 2
  EXPECT_FLOAT_EQ(row.inputs[0][2], 0.6F);   // (1 - 0.7) * 2
  EXPECT_FLOAT_EQ(row.inputs[0][3], -0.2F);
  // The same as a row of a table, and back.
  const auto table = encodeTable("size,color\n13,blue\n", flowers(), "t.csv");
  ASSERT_TRUE(table.ok()) << table.error().text();
  EXPECT_EQ(row.inputs, table->inputs);
  const RowValues again = rowOf(flowers().inputs()[0], row.inputs[0]);
  ASSERT_EQ(again.values.size(), 2u);
  EXPECT_NEAR(again.values[0], 13, 1e-5);
  EXPECT_EQ(again.values[1], 1);
  const auto huge = encodeTrial(std::vector<TrialInput>{RowValues{{1e300, 0}}}, flowers());
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().where, "size");
}

TEST(Trial, ASliderStartsAtTheMeanAndCoversThreeDeviations) {
  const Preprocessing p = flowers();
  const TypicalRange range = rangeOf(p.fields[0]);  // the standard deviation is 1 / 0.5
  EXPECT_DOUBLE_EQ(range.from, 4);
  EXPECT_DOUBLE_EQ(range.to, 16);
  EXPECT_DOUBLE_EQ(range.start, 10);
  const TypicalRange unknown = rangeOf(Field{.name = "x"});
  EXPECT_EQ(unknown.from, -3);
  EXPECT_EQ(unknown.to, 3);
  EXPECT_EQ(startCategory(p.fields[1]), 1u) << "blue is the most frequent one";
  EXPECT_EQ(startCategory(p.fields[2]), 0u) << "not known";
}

TEST(Trial, ADrawingIsEncodedAsItIsRendered) {
  const Drawing drawing{{{0.2, {{0.5, 0.2}, {0.5, 0.8}}}}, {.centered = false, .lightOnDark = true}};
  const EncodedSamples samples = encoded(drawing, pictures(8, 1));
  const Image image = renderDrawing(drawing.strokes, 8, 8, drawing.style);
  ASSERT_EQ(samples.inputs[0].size(), 64u);
  for (std::size_t i = 0; i < 64; ++i)
    EXPECT_FLOAT_EQ(samples.inputs[0][i], static_cast<float>((image.pixels[i] / 255.0 - 0.25) * 2));
  EXPECT_TRUE(samples.notes.empty());
  // Grey levels of all three channels.
  const EncodedSamples colors = encoded(drawing, pictures(8, 3));
  ASSERT_EQ(colors.inputs[0].size(), 192u);
  for (std::size_t i = 0; i < 192; ++i) EXPECT_EQ(colors.inputs[0][i], samples.inputs[0][i / 3]);
}

TEST(Trial, AnImageOfAnotherSizeIsResizedAndNoted) {
  const std::vector<std::uint8_t> classes(6, 0);  // index 0 is black
  const auto png = encodeMask(2, 3, classes);
  ASSERT_TRUE(png.ok());
  const EncodedSamples samples = encoded(PictureFile{*png, "a.png"}, pictures(4, 1));
  EXPECT_EQ(samples.inputs[0], Values(16, -0.5F));
  ASSERT_GE(samples.notes.size(), 1u);
  EXPECT_EQ(samples.notes[0], "The image of 3 x 2 pixels was resized to 4 x 4");
  const auto bad = encodeTrial(std::vector<TrialInput>{PictureFile{{1, 2, 3}, "b.png"}}, pictures(4, 1));
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().text().find("neither a PNG nor a JPEG"), std::string::npos);
  const TempFolder folder;
  const std::string file = folder.write("c.png", {reinterpret_cast<const char*>(png->data()), png->size()});
  EXPECT_EQ(encoded(PictureFile{{}, file}, pictures(4, 1)).inputs, samples.inputs);
  EXPECT_FALSE(
      encodeTrial(std::vector<TrialInput>{PictureFile{{}, folder.file("gone.png")}}, pictures(4, 1)).ok());
}

TEST(Trial, InputsOfOtherKindsAreTakenFromSamples) {
  EXPECT_EQ(trialKind(pictures(4, 1).inputs()[0]), TrialKind::Picture);
  EXPECT_EQ(trialKind(pictures(4, 3).inputs()[0]), TrialKind::Picture);
  EXPECT_EQ(trialKind(pictures(4, 2).inputs()[0]), TrialKind::Sample);
  EXPECT_EQ(trialKind(flowers().inputs()[0]), TrialKind::Row);
  Preprocessing series = flowers();
  series.series.steps = 5;
  EXPECT_EQ(trialKind(series.inputs()[0]), TrialKind::Sample);
  EXPECT_EQ(trialKind(unnamedFields(Shape{784}, {}).inputs()[0]), TrialKind::Sample) << "too many columns";
}

TEST(Trial, ARowIsPredictedAsByPredict) {
  const TrainedRun run(smallMoons());
  const auto model = run.open();
  const RowValues row{{0.5, -0.25}};
  const auto prediction = predictTrial(*model, std::vector<TrialInput>{row});
  ASSERT_TRUE(prediction.ok()) << prediction.error().text();
  EXPECT_GT(prediction->seconds, 0);
  ASSERT_EQ(prediction->answers.size(), 1u);
  const TrialAnswer& answer = prediction->answers[0];
  EXPECT_TRUE(answer.ofClasses);
  EXPECT_EQ(answer.labels, (std::vector<std::string>{"A", "B"}));
  const std::vector<InputFields> inputs = model->predictor.preprocessing().inputs();
  ASSERT_EQ(inputs[0].fields.size(), 2u);
  const Values numbers{normalized(*inputs[0].fields[0], 0, 0.5), normalized(*inputs[0].fields[1], 0, -0.25)};
  const auto values = model->predictor.predict(std::vector<Values>{numbers});
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(answer.values.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(answer.values[i], static_cast<double>((*values)[0][i]));
  EXPECT_NEAR(answer.values[0] + answer.values[1], 1, 1e-5);
  EXPECT_EQ(largestDifference(*prediction, *prediction), 0);
}

TEST(Trial, SamplesOfTheTestSetHaveTheirLabels) {
  const TrainedRun run(smallMoons());
  const auto model = run.open();
  const auto labelled = samplesOfPart(*model, run.weights, trainingData(*model->project), std::nullopt);
  ASSERT_TRUE(labelled.ok()) << labelled.error().text();
  const EncodedSamples& samples = labelled->samples;
  const std::vector<SampleValues> second = sampleInputs(samples, 1);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].values, Values(samples.inputs[0].begin() + 2, samples.inputs[0].begin() + 4));
  const std::string label = labelText(model->predictor.preprocessing(), samples, 1);
  EXPECT_TRUE(label.ends_with(samples.targets[0].classOf[1] == 0 ? ": A" : ": B")) << label;
  const auto prediction = predictTrial(*model, std::vector<TrialInput>{second[0]});
  ASSERT_TRUE(prediction.ok()) << prediction.error().text();
}

TEST(Trial, PredictionsThatAreNotNumbersAreReported) {
  const TempFolder folder;
  const TrainedRun run(smallMoons());
  auto checkpoint = loadWeights(run.weights, Weights::Last);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  std::ranges::fill(checkpoint->parameters.back().values, std::numeric_limits<float>::quiet_NaN());
  const std::filesystem::path file = folder.file("nan.h5");
  ASSERT_TRUE(saveCheckpoint(*checkpoint, file).ok());
  const auto model = openTrial(file, "cpu", Weights::Last);
  ASSERT_TRUE(model.ok()) << model.error().text();
  const auto prediction = predictTrial(**model, std::vector<TrialInput>{RowValues{{0, 0}}});
  ASSERT_FALSE(prediction.ok());
  EXPECT_NE(prediction.error().text().find("not finite numbers"), std::string::npos);
  EXPECT_FALSE(openTrial(folder.file("gone.h5"), "cpu", Weights::Best).ok());
}

TEST(Trial, UnknownWordsOfATextAreMarked) {
  Project project = *projectFromTemplate("Sentences: recurrent");
  project.training.epochs = 1;
  const TrainedRun run(project);
  const auto model = run.open();
  const auto prediction = predictTrial(*model, std::vector<TrialInput>{std::string("The soup was Xyzzy")});
  ASSERT_TRUE(prediction.ok()) << prediction.error().text();
  ASSERT_EQ(prediction->seen.size(), 1u);
  const std::vector<TrialToken>& tokens = prediction->seen[0].tokens;
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[3].text, "xyzzy");
  EXPECT_FALSE(tokens[3].known);
  EXPECT_TRUE(tokens[2].known) << "was";
  ASSERT_EQ(prediction->notes.size(), 1u);
  EXPECT_NE(prediction->notes[0].find("25.0% of the words"), std::string::npos) << prediction->notes[0];
  const auto encodedText = encodeText("The soup was Xyzzy", model->predictor.preprocessing(), "t");
  ASSERT_TRUE(encodedText.ok());
  const auto values = model->predictor.predict(encodedText->inputs, encodedText->lengths);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(prediction->answers[0].values[0], static_cast<double>((*values)[0][0]));
  const Field& text = *model->predictor.preprocessing().inputs()[0].fields[0];
  EXPECT_EQ(textOfTokens(text, encodedText->inputs[0]), "the soup was <unknown>");
}

TEST(Trial, ATextIsContinuedTokenByTokenUntilItIsStopped) {
  const TempFolder folder;
  std::string song;
  for (int i = 0; i < 40; ++i) song += "la li lu, la li lu.\nla lu!\n";
  DataSpec spec;
  spec.kind = DataKind::TextFile;
  spec.path = folder.write("song.txt", song);
  spec.text = {.unit = TextUnit::Characters, .lowerCase = false, .steps = 16, .stride = 4};
  auto proposal = proposeProject(spec);
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  proposal->project.training.epochs = 1;
  const TrainedRun run(proposal->project);
  const auto model = run.open();
  ASSERT_TRUE(canContinueText(model->predictor));
  std::vector<std::string> steps;
  Continuation wanted{.tokens = 50};
  wanted.progress = [&](const std::string& written) {
    steps.push_back(written);
    return steps.size() < 3;
  };
  const auto written = continueText(model->predictor, song, "the text", wanted);
  ASSERT_TRUE(written.ok()) << written.error().text();
  ASSERT_EQ(steps.size(), 3u) << "stopped after three tokens";
  EXPECT_EQ(steps[0].size(), 1u);
  EXPECT_TRUE(steps[2].starts_with(steps[1]));
  EXPECT_EQ(*written, steps[2]);
  wanted = {.tokens = 3};
  EXPECT_EQ(*continueText(model->predictor, song, "the text", wanted), *written) << "the same seed";
  const auto next = predictTrial(*model, std::vector<TrialInput>{song});
  ASSERT_TRUE(next.ok()) << next.error().text();
  EXPECT_EQ(next->answers[0].caption, "the next token");
  EXPECT_EQ(next->seen[0].tokens.size(), 16u) << "the end of the text";
  const std::vector<double>& shares = next->answers[0].values;
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-4);
}

}  // namespace
}  // namespace tandem
