#include "core/settings/property.h"

#include <gtest/gtest.h>

#include <set>

#include "core/layers/layer.h"
#include "core/settings/property_json.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;

const Property& property(std::string_view layer, std::string_view key) {
  return *findProperty(findLayer(layer)->properties, key);
}

TEST(Property, ParsesUserInput) {
  EXPECT_EQ(*parseProperty(property("dense", "units"), " 64 "), AttrValue(std::int64_t{64}));
  EXPECT_EQ(*parseProperty(property("dropout", "rate"), "0.25"), AttrValue(0.25));
  EXPECT_EQ(*parseProperty(property("dropout", "rate"), "0"), AttrValue(0.0));
  EXPECT_EQ(*parseProperty(property("batch_norm", "epsilon"), "1e-5"), AttrValue(1e-5));
  EXPECT_EQ(*parseProperty(property("dense", "use_bias"), "yes"), AttrValue(std::int64_t{1}));
  EXPECT_EQ(*parseProperty(property("dense", "use_bias"), "false"), AttrValue(std::int64_t{0}));
  EXPECT_EQ(*parseProperty(property("conv2d", "padding"), "same"), AttrValue(std::string("same")));
  for (const char* text : {"3, 5", "3 5", "3x5", "(3,5)", "[3, 5]", " 3 ,5 "})
    EXPECT_EQ(*parseProperty(property("conv2d", "kernel"), text), AttrValue(Ints{3, 5})) << text;
  EXPECT_EQ(*parseProperty(property("conv2d", "kernel"), "7"), AttrValue(Ints{7, 7}));
  EXPECT_EQ(*parseProperty(property("input", "shape"), "28 x 28 x 1"), AttrValue(Ints{28, 28, 1}));
}

TEST(Property, ErrorsNameTheLabelTheRangeAndTheValue) {
  const auto refusal = [](std::string_view layer, std::string_view key, std::string_view text) {
    const auto value = parseProperty(property(layer, key), text);
    return value.ok() ? "accepted" : value.error().text();
  };
  EXPECT_EQ(refusal("dense", "units", "0"), "Units must be a whole number from 1 to 1048576, not 0");
  EXPECT_EQ(refusal("dense", "units", ""), "Units must be a whole number from 1 to 1048576, not empty");
  EXPECT_EQ(refusal("dense", "units", "64.5"), "Units must be a whole number from 1 to 1048576, not '64.5'");
  EXPECT_EQ(refusal("dense", "units", "99999999999999999999"),
            "Units must be a whole number from 1 to 1048576, not '99999999999999999999'");
  EXPECT_EQ(refusal("dropout", "rate", "1"), "Rate must be a number from 0 to 0.99, not 1");
  EXPECT_EQ(refusal("dropout", "rate", "nan"), "Rate must be a number from 0 to 0.99, not nan");
  EXPECT_EQ(refusal("dense", "use_bias", "maybe"), "Bias must be yes or no, not 'maybe'");
  EXPECT_EQ(refusal("conv2d", "padding", "full"), "Padding must be one of valid, same, explicit, not 'full'");
  EXPECT_EQ(refusal("conv2d", "kernel", "3, 0"),
            "Kernel must be two whole numbers (height, width), each from 1 to 1024, not 3, 0");
  EXPECT_EQ(refusal("conv2d", "kernel", "3, 3, 3"),
            "Kernel must be two whole numbers (height, width), each from 1 to 1024, not 3, 3, 3");
  EXPECT_EQ(refusal("input", "shape", "28, -1"),
            "Shape must be whole numbers, each from 1 to 1048576, not 28, -1");
}

TEST(Property, ErrorsNameAValueOfTheWrongKind) {
  const auto refusal = [](std::string_view layer, std::string_view key, const AttrValue& value) {
    return checkProperty(property(layer, key), value).error().text();
  };
  EXPECT_EQ(refusal("dropout", "rate", Ints{1, 2}),
            "Rate must be a number from 0 to 0.99, not the list 1, 2");
  EXPECT_EQ(refusal("conv2d", "kernel", std::int64_t{3}),
            "Kernel must be two whole numbers (height, width), each from 1 to 1024, not the number 3");
  const auto ofJson = propertyFromJson(property("conv2d", "kernel"), Json::parse("[3, 2.5]"), Path());
  EXPECT_EQ(ofJson.error().text(), "[1]: must be a whole number, not 2.5");
}

TEST(Property, KindsAreNotConfused) {
  EXPECT_FALSE(checkProperty(property("dense", "units"), AttrValue(64.0)).ok());
  EXPECT_FALSE(checkProperty(property("dense", "units"), AttrValue(std::string("64"))).ok());
  EXPECT_FALSE(checkProperty(property("dense", "use_bias"), AttrValue(std::int64_t{2})).ok());
  EXPECT_TRUE(checkProperty(property("dropout", "rate"), AttrValue(std::int64_t{0})).ok());  // a whole Number
  EXPECT_FALSE(checkProperty(property("conv2d", "kernel"), AttrValue(std::int64_t{3})).ok());
}

// The text that the form shows must be accepted as input, and every default must be valid.
TEST(Property, DefaultsOfAllLayersAreValidAndSurviveTheText) {
  for (const LayerDef* layer : allLayers()) {
    std::set<std::string_view> keys;
    for (const Property& p : layer->properties) {
      SCOPED_TRACE(std::string(layer->type) + "." + std::string(p.key));
      EXPECT_TRUE(keys.insert(p.key).second);
      EXPECT_FALSE(p.label.empty());
      EXPECT_FALSE(p.tooltip.empty());
      EXPECT_TRUE(checkProperty(p, p.fallback).ok());
      const auto again = parseProperty(p, propertyText(p, p.fallback));
      ASSERT_TRUE(again.ok()) << again.error().text();
      EXPECT_EQ(*again, p.fallback);
      if (!p.enabledIfKey.empty()) {
        const Property* other = findProperty(layer->properties, p.enabledIfKey);
        ASSERT_NE(other, nullptr);
        EXPECT_TRUE(checkProperty(*other, std::string(p.enabledIfValue)).ok());
      }
    }
  }
}

}  // namespace
}  // namespace tandem
