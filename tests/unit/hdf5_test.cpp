#include "core/hdf5/hdf5.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

class Hdf5Test : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path file() const { return folder_ / "a.h5"; }
  void writeSample() {
    auto out = Hdf5File::create(file());
    ASSERT_TRUE(out.ok()) << out.error().text();
    const std::vector<float> values = {1, 2, 3, 4, 5, 6};
    ASSERT_TRUE(out->root().write("conv1/kernel", Shape{2, 3}, std::span<const float>(values)).ok());
    auto group = out->root().createGroup("model_weights");
    ASSERT_TRUE(group.ok());
    const std::vector<std::string> names = {"conv1", "dense_out", ""};
    ASSERT_TRUE(group->setTexts("layer_names", names).ok());
    ASSERT_TRUE(out->root().setText("model_config", "{\"größe\": 1}").ok());
    ASSERT_TRUE(out->root().setNumber("rate", 0.25).ok());
    ASSERT_TRUE(out->root().setInteger("step", std::int64_t{1} << 40).ok());
    ASSERT_TRUE(out->commit().ok());
  }
};

TEST_F(Hdf5Test, ReadsBackWhatItWrote) {
  writeSample();
  auto in = Hdf5File::open(file());
  ASSERT_TRUE(in.ok()) << in.error().text();
  const auto kernel = in->root().read<float>("conv1/kernel");
  ASSERT_TRUE(kernel.ok()) << kernel.error().text();
  EXPECT_EQ(kernel->shape, (Shape{2, 3}));
  EXPECT_EQ(kernel->values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(*in->root().text("model_config"), "{\"größe\": 1}");
  EXPECT_EQ(*in->root().number("rate"), 0.25);
  EXPECT_EQ(*in->root().integer("step"), std::int64_t{1} << 40);
  auto group = in->root().group("model_weights");
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(*group->texts("layer_names"), (std::vector<std::string>{"conv1", "dense_out", ""}));
  EXPECT_EQ(*in->root().names(), (std::vector<std::string>{"conv1", "model_weights"}));
  EXPECT_TRUE(in->root().has("conv1/kernel"));
  EXPECT_FALSE(in->root().has("conv1/bias"));
}

TEST_F(Hdf5Test, TellsWhereFloatsLieInTheFile) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::vector<double> other{1, 2};
  {
    auto out = Hdf5File::create(file(), 512);
    ASSERT_TRUE(out->root().write<float>("conv1/kernel", {2, 3}, values).ok());
    ASSERT_TRUE(out->root().write<double>("steps", {2}, other).ok());
    ASSERT_TRUE(out->commit().ok());
  }
  auto in = Hdf5File::open(file());
  const auto place = in->root().placeOf("conv1/kernel");
  ASSERT_TRUE(place.ok()) << place.error().text();
  EXPECT_EQ(place->shape, (Shape{2, 3}));
  ASSERT_TRUE(place->offset);
  std::vector<float> read(6);
  std::ifstream bytes(file(), std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(*place->offset));
  bytes.read(reinterpret_cast<char*>(read.data()), 24);
  EXPECT_EQ(read, values);
  EXPECT_FALSE(in->root().placeOf("steps")->offset) << "doubles must be converted";
  EXPECT_FALSE(in->root().placeOf("absent").ok());
}

TEST_F(Hdf5Test, HoldsTextsLargerThanAnAttribute) {
  const std::string large(1 << 20, 'x');
  auto out = Hdf5File::create(file());
  ASSERT_TRUE(out->root().setText("config", large).ok());
  ASSERT_TRUE(out->commit().ok());
  auto in = Hdf5File::open(file());
  EXPECT_EQ(*in->root().text("config"), large);
}

TEST_F(Hdf5Test, ReservesSpaceForAHeader) {
  auto out = Hdf5File::create(file(), 512);
  ASSERT_TRUE(out->root().setInteger("n", 7).ok());
  ASSERT_TRUE(out->commit([](std::string_view body) { return "HEAD" + std::to_string(body.size()); }).ok());
  std::ifstream raw(file(), std::ios::binary);
  std::string head(4, ' ');
  raw.read(head.data(), 4);
  EXPECT_EQ(head, "HEAD");
  auto in = Hdf5File::open(file());
  ASSERT_TRUE(in.ok()) << in.error().text();
  EXPECT_EQ(*in->root().integer("n"), 7);
}

TEST_F(Hdf5Test, WritesNothingWithoutCommit) {
  {
    auto out = Hdf5File::create(file());
    ASSERT_TRUE(out->root().setInteger("n", 7).ok());
  }
  EXPECT_EQ(folder_.entries(), 0u);
}

TEST_F(Hdf5Test, NamesWhatIsMissingOrOfAnotherKind) {
  writeSample();
  auto in = Hdf5File::open(file());
  const Hdf5Group& root = in->root();
  EXPECT_NE(root.read<float>("conv1/bias").error().text().find("conv1/bias: this array is missing"),
            std::string::npos);
  EXPECT_NE(root.read<float>("conv1").error().text().find("not an array"), std::string::npos);
  EXPECT_NE(root.group("nothing").error().text().find("missing"), std::string::npos);
  EXPECT_NE(root.number("model_config").error().text().find("not a single number"), std::string::npos);
  EXPECT_NE(root.text("rate").error().text().find("does not hold text"), std::string::npos);
  EXPECT_NE(root.integer("absent").error().text().find("'absent' is missing"), std::string::npos);
}

TEST_F(Hdf5Test, RefusesWhatIsNoHdf5File) {
  EXPECT_EQ(Hdf5File::open(file()).error().code, ErrorCode::NotFound);
  std::ofstream(file()) << "no HDF5 at all";
  EXPECT_NE(Hdf5File::open(file()).error().text().find("not an HDF5 file"), std::string::npos);
  EXPECT_FALSE(Hdf5File::open(folder_.path()).ok());
}

TEST_F(Hdf5Test, RefusesACutFile) {
  writeSample();
  fs::resize_file(file(), fs::file_size(file()) / 2);
  EXPECT_FALSE(Hdf5File::open(file()).ok());
}

// The old file format has no checksums: a claimed huge array must be detected before memory is allocated.
TEST_F(Hdf5Test, RefusesAnArrayLargerThanItsFile) {
  writeSample();
  std::ifstream in(file(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::uint64_t extents[2] = {2, 3}, huge[2] = {std::uint64_t{1} << 40, 3};
  const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(extents), sizeof extents));
  ASSERT_NE(at, std::string::npos);
  std::memcpy(bytes.data() + at, huge, sizeof huge);
  std::ofstream(file(), std::ios::binary) << bytes;
  auto damaged = Hdf5File::open(file());
  ASSERT_TRUE(damaged.ok());
  const auto kernel = damaged->root().read<float>("conv1/kernel");
  ASSERT_FALSE(kernel.ok());
  // HDF5 1.10 opens the array, and its size is refused; 1.14 does not open it.
  EXPECT_EQ(kernel.error().code, ErrorCode::InvalidInput);
  EXPECT_TRUE(kernel.error().where.ends_with("conv1/kernel")) << kernel.error().text();
}

TEST_F(Hdf5Test, AFailedWriteNamesTheFileAndKeepsTheOldOne) {
  writeSample();
  auto out = Hdf5File::create(folder_ / "no such folder/b.h5");
  ASSERT_TRUE(out.ok());
  const Status status = out->commit();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().where.find("b.h5"), std::string::npos);
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(Hdf5Test, KeepsEmptyArraysAndScalars) {
  auto out = Hdf5File::create(file());
  const std::vector<double> one = {2.5};
  ASSERT_TRUE(out->root().write("none", Shape{0}, std::span<const float>()).ok());
  ASSERT_TRUE(out->root().write("one", Shape{}, std::span<const double>(one)).ok());
  ASSERT_TRUE(out->commit().ok());
  auto in = Hdf5File::open(file());
  EXPECT_TRUE(in->root().read<float>("none")->values.empty());
  EXPECT_EQ(in->root().read<double>("one")->values, one);
  EXPECT_EQ(in->root().read<double>("one")->shape.rank(), 0);
}

}  // namespace
}  // namespace tandem
