// Models of other programs as projects, and runs that start with their weights.
#include "core/io/model_formats.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "core/io/keras/archive.h"
#include "core/io/keras/convert.h"
#include "core/train/export_weights.h"
#include "core/twin/lock_step.h"
#include "tests/unit/keras_fixture.h"
#include "tests/unit/point_runs.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace tandem::testing;  // NOLINT(google-build-using-namespace)
using ModelFormats = KerasTest;

std::int64_t numbersOf(const std::vector<ImportedModel::Weight>& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& each) { return sum + each.shape.elements(); });
}

// Templates with layers that Keras lacks are not exported.
TEST_F(ModelFormats, ExportedTemplatesBecomeProjects) {
  std::size_t imported = 0;
  for (const TemplateInfo& info : templates()) {
    const Project project = projectFromTemplate(info.name).value();
    const auto weights = weightsOf(project.network);
    if (!write(project.network, weights, std::nullopt, project.training.heads).ok()) continue;
    const auto model = importModel(file());
    if (!model.ok()) {
      EXPECT_EQ(model.error().code, ErrorCode::Unsupported) << info.name << ": " << model.error().text();
      continue;
    }
    ++imported;
    EXPECT_EQ(numbersOf(model->weights), numbersOf(weights)) << info.name;
    std::vector<std::string> notes;
    const Project again = projectOf(*model, "again", notes);
    EXPECT_TRUE(analyze(again.network).ok()) << info.name;
    EXPECT_EQ(again.training.heads.size(), project.training.heads.size()) << info.name;
    for (const ImportedModel::Origin& origin : model->origins)
      for (const std::string& layer : origin.layers)
        EXPECT_NE(again.network.findByName(layer), nullptr) << info.name << ": " << layer;
    EXPECT_TRUE(saveProject(again, folder_ / "again.tandem").ok()) << info.name;
  }
  EXPECT_GE(imported, 5U);
}

// The first loss of an imported project is that of the project whose model it is.
TEST(ImportedProject, StartsWithTheLossOfItsModel) {
  const TemporaryFolder folder;
  const Outcome trained = train(moons(), folder / "first");
  const auto data = loadDataset(trainingData(moons())).value();
  const auto firstLoss = [&](const Project& project) {
    auto twin = LockStep::open(project, data, parseSides({"cpu:1", "cpu:2"}).value());
    EXPECT_TRUE(twin.ok()) << twin.error().text();
    return twin.ok() ? (*twin)->step()->sides[0].loss : -1.0;
  };
  Project reference = moons();
  for (const bool bare : {true, false}) {
    const std::filesystem::path file = folder / (bare ? "bare.h5" : "complete.h5");
    ASSERT_TRUE(exportKeras(trained.checkpoint, file, bare).ok());
    const auto model = importModel(file);
    ASSERT_TRUE(model.ok()) << model.error().text();
    std::vector<std::string> notes;
    Project project = projectOf(*model, "imported", notes);
    ASSERT_EQ(project.training.heads.size(), 1U);
    EXPECT_EQ(project.training.heads[0].loss.def().type, "softmax_cross_entropy");
    EXPECT_TRUE(project.training.heads[0].output.empty());
    const std::vector<Head> heads = project.training.heads;
    project.data = moons().data;
    project.training = moons().training;
    project.training.heads = heads;
    project.training.initialWeights = reference.training.initialWeights = file.string();
    EXPECT_NEAR(firstLoss(project), firstLoss(reference), 1e-6) << file;
  }
}

keras::KerasModel smallModel(const char* activation) {
  auto model =
      keras::parseModel(std::string(R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 2]}},
    {"class_name": "Activation", "config": {"name": "nothing", "activation": "linear"}},
    {"class_name": "Dense", "config": {"name": "end", "units": 1, "activation": ")") +
                        activation + R"("}}]}})");
  EXPECT_TRUE(model.ok());
  model->layers.back().weights = {{"kernel", {2, 1}, {1, 2}}, {"bias", {1}, {3}}};
  return *std::move(model);
}

TEST(ImportedProject, HasTheLossAndTheOptimizerOfTheFile) {
  keras::KerasModel file = smallModel("linear");
  file.training = parseJson(R"({"loss": {"class_name": "Huber", "config": {"delta": 2.0}},
    "optimizer_config": {"class_name": "Custom>SGD", "config": {"learning_rate": 0.10000000149011612,
    "momentum": 0.9, "nesterov": true, "weight_decay": 0.5}}})")
                      .value();
  auto model = keras::Converter(std::move(file)).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  std::vector<std::string> notes = model->notes;
  const Project project = projectOf(*model, "m", notes);
  EXPECT_EQ(project.training.heads[0].loss, LossConfig("huber", {{"delta", 2.0}}));
  EXPECT_EQ(project.training.optimizer.def().type, "sgd");
  EXPECT_EQ(project.training.optimizer.number("learning_rate"), 0.1);
  EXPECT_EQ(project.training.optimizer.number("momentum"), 0.9);
  EXPECT_TRUE(project.training.optimizer.boolean("nesterov"));
  EXPECT_NE(std::ranges::find(notes, "The weight decay of the model's optimizer is left out"), notes.end());
}

TEST(ImportedProject, SettingsThatAreLeftOutAreNoted) {
  keras::KerasModel file = smallModel("linear");
  // A number below the smallest normal double.
  file.training =
      parseJson(R"({"loss": "mse", "loss_weights": [0.5], "optimizer": {"class_name": "Adam", "config":
    {"learning_rate": 0.001, "epsilon": 1e-310, "clipnorm": 1.0, "clipvalue": null}}})")
          .value();
  auto model = keras::Converter(std::move(file)).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  std::string all;
  for (const std::string& note : model->notes) all += note + '\n';
  EXPECT_NE(all.find("weights of the model's losses"), std::string::npos) << all;
  EXPECT_NE(all.find("clipnorm"), std::string::npos) << all;
  EXPECT_EQ(all.find("clipvalue"), std::string::npos) << all;
  std::vector<std::string> notes;
  const Project project = projectOf(*model, "m", notes);
  EXPECT_EQ(project.training.optimizer.number("learning_rate"), 0.001);
  EXPECT_TRUE(notes.empty()) << notes[0];
  EXPECT_FALSE(project.data.classification) << "the loss compares numbers";
}

TEST(ImportedProject, SettingsOfALossThatAreLeftOutAreNoted) {
  keras::KerasModel file = smallModel("linear");
  file.training = parseJson(R"({"loss": {"class_name": "MeanSquaredError", "config":
    {"label_smoothing": 0.0, "gamma": 2.0, "ignore_class": 0}}})")
                      .value();
  auto model = keras::Converter(std::move(file)).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  std::string all;
  for (const std::string& note : model->notes) all += note + '\n';
  EXPECT_NE(all.find("gamma"), std::string::npos) << all;
  EXPECT_NE(all.find("ignore_class"), std::string::npos) << all;
  EXPECT_EQ(all.find("label_smoothing"), std::string::npos) << all;
}

TEST(ImportedProject, NamesOfLayersAreListedSafely) {
  keras::KerasModel file = smallModel("linear");
  file.layers[1].name = "\x1b[2J" + std::string(1000, 'x');
  file.layers[2].inputs = {file.layers[1].name};
  auto model = keras::Converter(std::move(file)).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  EXPECT_EQ(model->origins[1].name.substr(0, 5), "?[2Jx");
  EXPECT_LT(model->origins[1].name.size(), 100U);
}

TEST(ImportedProject, ReadsImagesInTheSizeOfTheModel) {
  ImportedModel model;
  model.samples = {Shape{48, 64, 1}};
  std::vector<std::string> notes;
  Project project = projectOf(model, "m", notes);
  EXPECT_EQ(project.data.kind, DataKind::ImageFolder);
  EXPECT_EQ(project.data.imageHeight, 48);
  EXPECT_EQ(project.data.imageWidth, 64);
  EXPECT_EQ(project.data.imageChannels, 1);
  // Not of images in a folder.
  for (const Shape& sample : {Shape{48, 64, 5}, Shape{48, 10000, 3}}) {
    model.samples = {sample};
    project = projectOf(model, "m", notes);
    EXPECT_EQ(project.data.imageHeight, DataSpec().imageHeight) << sample.text();
    EXPECT_EQ(project.data.imageChannels, DataSpec().imageChannels) << sample.text();
  }
}

TEST(ImportedProject, ReadsTheTargetsThatTheFileDescribes) {
  ImportedModel model;
  model.samples = {Shape{2}};
  model.preprocessing.named = true;
  model.preprocessing.fields = {
      {.name = "price", .role = FieldRole::Target}, {.name = "size"}, {.name = "age"}};
  std::vector<std::string> notes;
  EXPECT_TRUE(projectOf(model, "m", notes).data.targets.empty());
  model.described = true;
  EXPECT_EQ(projectOf(model, "m", notes).data.targets, std::vector<std::string>{"price"});
}

TEST(ImportedProject, NamesALossThatIsNotSupported) {
  keras::KerasModel file = smallModel("linear");
  file.training = parseJson(R"({"loss": "my_loss", "optimizer": "MyOptimizer"})").value();
  auto model = keras::Converter(std::move(file)).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  std::string all;
  for (const std::string& note : model->notes) all += note + '\n';
  EXPECT_NE(all.find("my_loss"), std::string::npos) << all;
  EXPECT_NE(all.find("MyOptimizer"), std::string::npos) << all;
  std::vector<std::string> notes;
  EXPECT_EQ(projectOf(*model, "m", notes).training.heads[0].loss.def().type, "mse");
}

TEST(ImportedProject, ReportsEachLayerOfTheFile) {
  auto model = keras::Converter(smallModel("sigmoid")).convert();
  ASSERT_TRUE(model.ok()) << model.error().text();
  ASSERT_EQ(model->origins.size(), 3U);
  EXPECT_EQ(model->origins[0].layers, std::vector<std::string>{"x"});
  EXPECT_TRUE(model->origins[1].layers.empty());
  EXPECT_EQ(model->origins[1].note, "computes nothing");
  EXPECT_EQ(model->origins[2].type, "Dense");
  EXPECT_EQ(model->origins[2].layers, std::vector<std::string>{"end"});
  EXPECT_EQ(summaryOf(*model), "reads 2 values and computes 1 value");
  std::vector<std::string> notes;
  const Project project = projectOf(*model, "m", notes);
  EXPECT_EQ(project.training.heads[0].loss.def().type, "binary_cross_entropy");
  EXPECT_TRUE(project.data.classification);
}

TEST(KerasArchives, NumberTheLayersOfEachClass) {
  keras::KerasModel model;
  for (const char* type :
       {"InputLayer", "Conv2D", "ReLU", "Conv2DTranspose", "Conv2D", "GlobalAveragePooling2D", "LSTM",
        "SimpleRNN", "PReLU", "Conv2D", "MultiHeadAttention"})
    model.layers.emplace_back().className = type;
  EXPECT_EQ(keras::archivePaths(model, "layers"),
            (std::vector<std::string>{"layers/input_layer", "layers/conv2d", "layers/re_lu",
                                      "layers/conv2d_transpose", "layers/conv2d_1",
                                      "layers/global_average_pooling2d", "layers/lstm", "layers/simple_rnn",
                                      "layers/p_re_lu", "layers/conv2d_2", "layers/multi_head_attention"}));
}

TEST(ImportModel, SaysWhichFilesAreNoModels) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.txt") << "text";
  std::ofstream(folder / "cut.keras") << "PK";
  const auto text = importModel(folder / "a.txt"), cut = importModel(folder / "cut.keras"),
             gone = importModel(folder / "gone.keras");
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.error().message.find("not a model of a format"), std::string::npos);
  ASSERT_FALSE(cut.ok());
  EXPECT_NE(cut.error().text().find("cut.keras"), std::string::npos) << cut.error().text();
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::NotFound);
  auto arrays = Hdf5File::create(folder / "arrays.h5");
  ASSERT_TRUE(arrays.ok());
  const std::vector<float> values{1, 2, 3};
  ASSERT_TRUE(arrays->root().write<float>("x", Shape{3}, values).ok() && arrays->commit().ok());
  const auto data = importModel(folder / "arrays.h5");
  ASSERT_FALSE(data.ok());
  EXPECT_NE(data.error().text().find("choose it as data"), std::string::npos) << data.error().text();
}

}  // namespace
}  // namespace tandem
