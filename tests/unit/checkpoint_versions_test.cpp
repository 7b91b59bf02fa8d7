// Checkpoints of earlier versions, which are written here as those versions wrote them, with a project of format 1.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/hdf5/hdf5.h"
#include "core/train/checkpoint.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

constexpr const char* kProject = R"({
  "tandem": 1, "name": "Old",
  "layers": [
    {"type": "input", "name": "input", "inputs": [], "properties": {"shape": [2]}},
    {"type": "dense", "name": "logits", "inputs": ["input"], "properties": {"units": 3}}],
  "data": {"kind": "csv", "path": "old.csv"},
  "training": {"loss": "softmax_cross_entropy", "optimizer": {"kind": "adam", "learning_rate": 0.25}, "epochs": 7, "batch": 5}
})";

// Version 2 describes the data by fields; version 1 by class names, means and scales.
constexpr const char* kFields = R"({"named": true, "fields": [
  {"name": "width", "role": "feature", "kind": "number", "mean": [1.5], "scale": [2]},
  {"name": "height", "role": "feature", "kind": "number", "mean": [-3], "scale": [0.5]},
  {"name": "kind", "role": "target", "kind": "category", "categories": ["a", "b", "c"]}]})";

template <class T>
Status writeList(Hdf5Group& root, const char* name, const std::vector<T>& values) {
  return root.write(name, Shape{static_cast<std::int64_t>(values.size())}, std::span<const T>(values));
}

Status writeOld(std::int64_t version, const std::filesystem::path& file) {
  TANDEM_ASSIGN(Hdf5File out, Hdf5File::create(file, checkpointHead({}).size()));
  Hdf5Group& root = out.root();
  TANDEM_TRY(root.setText("format", "tandem-checkpoint"));
  TANDEM_TRY(root.setInteger("version", version));
  TANDEM_TRY(root.setText("project", kProject));
  for (const char* name : {"step", "batch_in_epoch", "epoch_rows", "epoch", "bad_epochs", "stopping_epochs"})
    TANDEM_TRY(root.setInteger(name, 4));
  for (const char* name :
       {"base_learning_rate", "plateau_scale", "best_loss", "epoch_train_seconds", "wall_seconds"})
    TANDEM_TRY(root.setNumber(name, 0.75));
  TANDEM_TRY(root.createGroup("parameters"));
  const std::vector<float> kernel{1, 2, 3, 4, 5, 6}, bias{7, 8, 9};
  TANDEM_TRY(root.write("parameters/logits/kernel", Shape{2, 3}, std::span<const float>(kernel)));
  TANDEM_TRY(root.write("parameters/logits/bias", Shape{3}, std::span<const float>(bias)));
  TANDEM_TRY(root.setText("parameters_order", R"(["logits/kernel", "logits/bias"])"));
  TANDEM_TRY(root.createGroup("states"));
  TANDEM_TRY(root.setText("states_order", "[]"));
  TANDEM_TRY(writeList(root, "optimizer", std::vector<float>(18, 0.5f)));
  TANDEM_TRY(writeList(root, "epoch_sums", std::vector<double>{1, 2}));
  TANDEM_TRY(writeList(root, "sample", std::vector<std::int64_t>{2}));
  if (version == 1) {
    TANDEM_TRY(root.setText("class_names", R"(["a", "b", "c"])"));
    TANDEM_TRY(writeList(root, "mean", std::vector<float>{1.5f, -3}));
    TANDEM_TRY(writeList(root, "scale", std::vector<float>{2, 0.5f}));
  } else {
    TANDEM_TRY(root.setText("preprocessing", kFields));
  }
  return out.commit(checkpointHead);
}

TEST(CheckpointVersions, OfBeforeOpen) {
  const TemporaryFolder folder;
  for (const std::int64_t version : {1, 2}) {
    SCOPED_TRACE(version);
    const std::filesystem::path file = folder / fmt::format("{}.h5", version);
    const Status written = writeOld(version, file);
    ASSERT_TRUE(written.ok()) << written.error().text();
    const auto checkpoint = loadWeights(file, Weights::Best);  // there is no best epoch: the last weights
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().text();
    EXPECT_EQ(checkpoint->project.name, "Old");
    EXPECT_EQ(checkpoint->project.network.layers().size(), 2u);
    EXPECT_EQ(checkpoint->project.training.epochs, 7);
    EXPECT_EQ(checkpoint->project.training.optimizer, OptimizerConfig("adam", {{"learning_rate", 0.25}}));
    ASSERT_EQ(checkpoint->project.training.heads.size(), 1u);
    EXPECT_EQ(checkpoint->project.training.heads[0].loss, LossConfig("softmax_cross_entropy"));
    ASSERT_EQ(checkpoint->parameters.size(), 2u);
    EXPECT_EQ(checkpoint->parameters[0].name, "logits/kernel");
    EXPECT_EQ(checkpoint->parameters[0].shape, (Shape{2, 3}));
    EXPECT_EQ(checkpoint->parameters[1].values, (std::vector<float>{7, 8, 9}));
    EXPECT_EQ(checkpoint->optimizer.size(), 18u);
    EXPECT_FALSE(checkpoint->best.known());
    EXPECT_EQ(checkpoint->dataFingerprint, "");
    ASSERT_EQ(checkpoint->preprocessing.fields.size(), 3u);
    EXPECT_EQ(checkpoint->preprocessing.named, version == 2);
    EXPECT_EQ(checkpoint->preprocessing.fields[0].mean, std::vector<double>{1.5});
    EXPECT_EQ(checkpoint->preprocessing.fields[1].scale, std::vector<double>{0.5});
    EXPECT_EQ(checkpoint->preprocessing.fields[2].categories, (std::vector<std::string>{"a", "b", "c"}));
  }
}

TEST(CheckpointVersions, OfALaterVersionIsRefused) {
  const TemporaryFolder folder;
  ASSERT_TRUE(writeOld(4, folder / "later.h5").ok());
  const auto checkpoint = loadCheckpoint(folder / "later.h5");
  ASSERT_FALSE(checkpoint.ok());
  EXPECT_NE(checkpoint.error().text().find("is a version 4 checkpoint"), std::string::npos)
      << checkpoint.error().text();
}

}  // namespace
}  // namespace tandem
