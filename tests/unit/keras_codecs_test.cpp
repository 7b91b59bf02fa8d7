#include <gtest/gtest.h>

#include "core/io/keras/codec.h"
#include "core/layers/layer.h"

namespace tandem::keras {
namespace {

// A layer that names its equivalent in Keras must be exported as such, and read again.
TEST(KerasCodecs, CoverEveryLayerWithANameInKeras) {
  for (const LayerDef* def : allLayers()) {
    const Codec* const writer = findWriter(def->type);
    EXPECT_EQ(writer != nullptr, !def->names.keras.empty()) << def->type;
    if (!writer || def->names.keras.find_first_of(" (") != std::string_view::npos) continue;
    EXPECT_NE(findReader(def->names.keras).known, nullptr) << def->names.keras;
  }
}

TEST(KerasCodecs, KnowNoOtherClass) {
  EXPECT_EQ(findReader("Lambda").codec, nullptr);
  EXPECT_EQ(findWriter("no_layer"), nullptr);
}

}  // namespace
}  // namespace tandem::keras
