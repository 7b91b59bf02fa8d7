#include "core/network/network.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;

std::vector<std::string> names(const Network& network, const std::vector<LayerId>& ids) {
  std::vector<std::string> out;
  for (const LayerId id : ids) out.push_back(network.find(id)->name);
  return out;
}

// input -> a -> b -> sum, a -> sum
struct Diamond {
  Network network;
  LayerId in = *network.add("input", "in");
  LayerId a = *network.add("conv2d", "a");
  LayerId b = *network.add("conv2d", "b");
  LayerId sum = *network.add("add", "sum");
  Diamond() {
    for (const auto& [from, to] : {std::pair{in, a}, {a, b}, {a, sum}, {b, sum}})
      EXPECT_TRUE(network.connect(from, to).ok());
  }
};

TEST(Network, NamesLayersAfterTheirTypeAndNeverReusesIds) {
  Network network;
  const LayerId first = *network.add("conv2d"), second = *network.add("conv2d");
  EXPECT_EQ(network.find(first)->name, "conv2d");
  EXPECT_EQ(network.find(second)->name, "conv2d_2");
  ASSERT_TRUE(network.remove(second).ok());
  const LayerId third = *network.add("conv2d");
  EXPECT_GT(third, second);
  EXPECT_EQ(network.find(third)->name, "conv2d_2");
  ASSERT_TRUE(network.rename(first, "stem").ok());
  EXPECT_EQ(network.find(*network.add("conv2d"))->name, "conv2d");
}

TEST(Network, KeepsOnlyPropertiesThatDifferFromTheDefaultsInSchemaOrder) {
  Network network;
  const LayerId id = *network.add("conv2d", "c", {{"stride", Ints{2, 2}}, {"filters", std::int64_t{32}}});
  EXPECT_EQ(network.find(id)->properties, (Attrs{{"stride", Ints{2, 2}}}));
  ASSERT_TRUE(network.setProperty(id, "filters", std::int64_t{8}).ok());
  EXPECT_EQ(network.find(id)->properties, (Attrs{{"filters", std::int64_t{8}}, {"stride", Ints{2, 2}}}));
  ASSERT_TRUE(network.setProperty(id, "stride", Ints{1, 1}).ok());
  EXPECT_EQ(network.find(id)->properties, (Attrs{{"filters", std::int64_t{8}}}));
}

TEST(Network, OrderPutsInputsFirst) {
  Diamond d;
  EXPECT_EQ(names(d.network, *d.network.order()), (std::vector<std::string>{"in", "a", "b", "sum"}));
  EXPECT_EQ(d.network.inputs(), std::vector{d.in});
  EXPECT_EQ(d.network.outputs(), std::vector<Source>{d.sum});
  ASSERT_TRUE(d.network.add("dropout").ok());
  EXPECT_EQ(d.network.outputs().size(), 2u);
  ASSERT_TRUE(d.network.add("input").ok());
  EXPECT_EQ(d.network.inputs().size(), 2u);
  EXPECT_EQ(d.network.outputs().size(), 2u) << "an input that nothing reads is no output";
}

TEST(Network, RemovingALayerBridgesItsReaders) {
  Diamond d;
  ASSERT_TRUE(d.network.remove(d.b).ok());
  EXPECT_EQ(d.network.find(d.sum)->inputs, (std::vector<Source>{d.a, d.a}));
  ASSERT_TRUE(d.network.remove(d.in).ok());  // there is nothing to bridge to
  EXPECT_TRUE(d.network.find(d.a)->inputs.empty());
}

TEST(Network, ConnectReplacesASingleInputAndAppendsToMerges) {
  Diamond d;
  ASSERT_TRUE(d.network.connect(d.in, d.b).ok());
  EXPECT_EQ(d.network.find(d.b)->inputs, (std::vector<Source>{d.in}));
  ASSERT_TRUE(d.network.connect(d.in, d.sum).ok());
  EXPECT_EQ(d.network.find(d.sum)->inputs, (std::vector<Source>{d.a, d.b, d.in}));
  ASSERT_TRUE(d.network.disconnect(d.a, d.sum).ok());
  EXPECT_EQ(d.network.find(d.sum)->inputs, (std::vector<Source>{d.b, d.in}));
}

// Each rejected edit states the reason and leaves the network unchanged.
TEST(Network, RejectedEditsChangeNothing) {
  Diamond d;
  const Network before = d.network;
  Network& n = d.network;
  const auto text = [](const auto& result) {
    return result.ok() ? std::string("accepted") : result.error().text();
  };
  EXPECT_TRUE(
      text(n.add("conv9d")).starts_with("there is no layer type 'conv9d'. Valid types: activation, add, "));
  EXPECT_EQ(text(n.add("conv2d", "a")), "there is already a layer named 'a'. Choose another name");
  EXPECT_EQ(text(n.add("conv2d", "x/y")), "the name 'x/y' contains a '/'. Use '_' or '-' instead");
  EXPECT_EQ(text(n.add("conv2d", "x\ny")), "a layer's name may not contain control characters");
  EXPECT_EQ(text(n.add("conv2d", " x")), "the name ' x' begins or ends with a space");
  EXPECT_EQ(text(n.add("conv2d", std::string(101, 'x'))), "a layer's name may have at most 100 bytes");
  EXPECT_EQ(
      text(n.add("conv2d", "c", {{"units", std::int64_t{1}}})),
      "a layer of type conv2d has no property 'units'. Valid properties: filters, kernel, stride, padding, pads, dilation, groups, activation, "
      "use_bias, initializer, l1, l2");
  EXPECT_EQ(text(n.rename(d.a, "b")), "there is already a layer named 'b'. Choose another name");
  EXPECT_EQ(text(n.rename(d.a, "")), "a layer needs a name");
  EXPECT_EQ(text(n.rename(99, "z")), "there is no layer with id 99");
  EXPECT_EQ(text(n.remove(99)), "there is no layer with id 99");
  EXPECT_EQ(text(n.connect(d.b, d.in)), "in: an input layer accepts no input");
  EXPECT_EQ(text(n.connect(d.a, d.a)), "a: a layer cannot read its own output");
  EXPECT_EQ(text(n.connect(d.sum, d.a)),
            "a: this connection would close a cycle: a -> sum -> a. Data must flow from the input to "
            "the output");
  EXPECT_EQ(text(n.connect(d.b, d.a)),
            "a: this connection would close a cycle: a -> b -> a. Data must flow from the input to the "
            "output");
  EXPECT_EQ(text(n.connect(d.a, 99)), "there is no layer with id 99");
  EXPECT_EQ(text(n.disconnect(d.in, d.sum)), "sum: is not connected to 'in'");
  EXPECT_EQ(text(n.setProperty(d.a, "filters", std::int64_t{0})),
            "a: Filters must be a whole number from 1 to 65536, not 0");
  EXPECT_EQ(
      text(n.setProperty(d.a, "units", std::int64_t{1})),
      "a: a layer of type conv2d has no property 'units'. Valid properties: filters, kernel, stride, padding, pads, dilation, groups, activation, "
      "use_bias, initializer, l1, l2");
  EXPECT_EQ(text(n.insert({d.a, "dense", "q", {}, {}})), "there is already a layer with id 2");
  EXPECT_EQ(text(n.insert({50, "dense", "q", {}, {49}})), "there is no layer with id 49");
  EXPECT_EQ(text(n.insert({-1, "dense", "q", {}, {}})), "the layer's id -1 is out of range");
  EXPECT_EQ(text(n.insert({50, "dense", "q", {}, {d.a, d.b}})),
            "q: accepts at most 1 input. Join branches with an add or concat layer first");
  EXPECT_EQ(n, before);
}

TEST(Network, LongCyclesAreShortenedInTheMiddle) {
  Network network;
  std::vector<LayerId> chain{*network.add("add", "l0")};
  for (int i = 1; i < 30; ++i) {
    chain.push_back(*network.add("flatten", "l" + std::to_string(i)));
    ASSERT_TRUE(network.connect(chain[chain.size() - 2], chain.back()).ok());
  }
  EXPECT_EQ(network.connect(chain.back(), chain.front()).error().message,
            "this connection would close a cycle: l0 -> l1 -> l2 -> l3 -> ... -> l27 -> l28 -> l29 -> l0");
}

TEST(Network, InsertRestoresALayer) {
  Diamond d;
  const Network before = d.network;
  Layer sum = *d.network.find(d.sum);
  ASSERT_TRUE(d.network.remove(d.sum).ok());
  ASSERT_TRUE(d.network.insert(sum).ok());
  EXPECT_EQ(d.network, before);
}

TEST(Network, FromLayersAcceptsAnyOrderAndFindsCycles) {
  const auto network = Network::fromLayers(
      {{3, "dense", "c", {}, {2}}, {1, "input", "a", {}, {}}, {2, "flatten", "b", {}, {1}}});
  ASSERT_TRUE(network.ok());
  EXPECT_EQ(*network->order(), (std::vector<LayerId>{1, 2, 3}));
  const auto cycle = Network::fromLayers({{1, "flatten", "a", {}, {2}}, {2, "flatten", "b", {}, {1}}});
  EXPECT_EQ(cycle.error().text(), "the layers form a cycle: a -> b -> a. Remove one of these connections");
}

// A Keras model may have a setting that Tandem does not know.
TEST(Network, FromLayersNamesTheLayerOfAnInvalidProperty) {
  const auto network =
      Network::fromLayers({{1, "upsampling2d", "up", {{"interpolation", std::string("bicubic")}}, {}}});
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().text(), "up: Interpolation must be one of nearest, bilinear, not 'bicubic'");
}

}  // namespace
}  // namespace tandem
