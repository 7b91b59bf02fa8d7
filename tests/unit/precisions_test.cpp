// The table of precisions: what a device offers, and what to use instead of what it lacks.
#include "core/runtime/precisions.h"

#include <gtest/gtest.h>

#include "core/runtime/registry.h"

namespace tandem {
namespace {

DeviceInfo gpuOf(int capability) {
  DeviceInfo gpu;
  gpu.id = "cuda:0";
  gpu.precisions = gpuPrecisions(capability);
  return gpu;
}

TEST(PrecisionTable, ListsAllPrecisionsInOneOrder) {
  const auto choices = precisionChoices(gpuOf(90));
  ASSERT_EQ(choices.size(), kPrecisions.size());
  for (std::size_t i = 0; i < choices.size(); ++i) {
    EXPECT_EQ(choices[i].precision, kPrecisions[i]);
    EXPECT_TRUE(choices[i].offered) << nameOf(choices[i].precision);
    EXPECT_FALSE(choices[i].text.empty());
    // A text before a colon is a mark on the precision ("emulated"), of which a GPU has none.
    EXPECT_EQ(choices[i].text.find(':'), std::string::npos) << choices[i].text;
  }
  EXPECT_TRUE(choices[0].text.starts_with("exact")) << choices[0].text;
  EXPECT_NE(choices[1].text.find("10 bits of mantissa, up to 8x faster"), std::string::npos)
      << choices[1].text;
}

TEST(PrecisionTable, TuringLacksTf32AndBf16) {
  EXPECT_EQ(gpuPrecisions(80).size(), 4u);
  const auto choices = precisionChoices(gpuOf(75));
  EXPECT_TRUE(choices[0].offered);
  EXPECT_FALSE(choices[1].offered);
  EXPECT_TRUE(choices[1].text.starts_with("not on this GPU, use fp32")) << choices[1].text;
  EXPECT_FALSE(choices[2].offered);
  EXPECT_EQ(choices[2].text, "not on this GPU, use fp16; it needs compute capability 8.0 (Ampere) or higher");
  EXPECT_TRUE(choices[3].offered);
}

TEST(PrecisionTable, ADeviceWithoutHalfPrecisionUsesFp32) {
  DeviceInfo gpu = gpuOf(75);
  gpu.precisions = {{Precision::Fp32, {}}};
  const auto choices = precisionChoices(gpu);
  EXPECT_TRUE(choices[2].text.starts_with("not on this GPU, use fp32")) << choices[2].text;
  EXPECT_TRUE(choices[3].text.starts_with("not on this GPU, use fp32")) << choices[3].text;
  EXPECT_TRUE(precisionChoices(DeviceInfo{}).empty());
}

TEST(PrecisionTable, TheCpuEmulatesHalfPrecision) {
  const DeviceInfo cpu = DeviceRegistry::instance().backendFor("cpu").value()->devices().front();
  const auto choices = precisionChoices(cpu);
  EXPECT_EQ(choices[0].text, "exact");
  EXPECT_FALSE(choices[1].offered);
  EXPECT_EQ(choices[1].text, "not on a CPU, use fp32");
  for (const std::size_t half : {2u, 3u}) {
    EXPECT_TRUE(choices[half].offered);
    EXPECT_TRUE(choices[half].text.starts_with("emulated: ")) << choices[half].text;
  }
}

}  // namespace
}  // namespace tandem
