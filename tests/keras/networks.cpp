#include "tests/keras/networks.h"

#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

using Integers = std::vector<std::int64_t>;

Attrs dense(std::int64_t units, std::string activation = "none", bool bias = true) {
  return {{"units", units}, {"activation", std::move(activation)}, {"use_bias", std::int64_t{bias}}};
}

struct Conv {
  std::int64_t filters = 4;
  Integers kernel = {3, 3}, stride = {1, 1}, dilation = {1, 1}, pads = {};
  std::string padding = "valid";
  std::int64_t groups = 1;
  std::string activation = "none";
  bool bias = true;

  Attrs attrs() const {
    Attrs a{{"filters", filters},       {"kernel", kernel},
            {"stride", stride},         {"dilation", dilation},
            {"padding", padding},       {"groups", groups},
            {"activation", activation}, {"use_bias", std::int64_t{bias}}};
    if (!pads.empty()) a.set("pads", pads);
    return a;
  }
};

Attrs pool(Integers window, Integers stride, std::string padding, Integers pads = {}) {
  Attrs a{{"window", std::move(window)}, {"stride", std::move(stride)}, {"padding", std::move(padding)}};
  if (!pads.empty()) a.set("pads", std::move(pads));
  return a;
}

Attrs function(std::string name) {
  return {{"function", std::move(name)}};
}

Network denseActivations() {
  NetworkBuilder b({7});
  for (const char* name : {"relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus",
                           "relu6", "hard_swish", "mish", "hard_sigmoid", "none"})
    b.add("dense", dense(9, name, std::string_view(name) != "tanh"));
  return b.take();
}

Network activationLayers() {
  NetworkBuilder b({6});
  const LayerId input = b.last();
  LayerId sum = 0;
  for (const char* name : {"relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus",
                           "relu6", "hard_sigmoid", "hard_swish", "mish", "softmax"}) {
    Attrs attrs = function(name);
    if (attrs.text("function", "") == "leaky_relu") attrs.set("slope", 0.17);
    if (attrs.text("function", "") == "elu") attrs.set("alpha", 0.7);
    b.addTo(input, "dense", dense(5));
    const LayerId branch = b.add("activation", attrs);
    sum = sum == 0 ? branch : b.join("concat", sum, branch);
  }
  b.add("activation", function("softmax"));
  return b.take();
}

Network convolutions() {
  NetworkBuilder b({15, 13, 3});
  b.add("conv2d", Conv{.filters = 6, .kernel = {5, 3}, .padding = "same", .activation = "gelu"}.attrs());
  b.add("conv2d",
        Conv{.filters = 8, .stride = {2, 1}, .padding = "same", .activation = "leaky_relu"}.attrs());
  b.add("conv2d", Conv{.filters = 8, .dilation = {2, 1}, .activation = "silu", .bias = false}.attrs());
  b.add("conv2d", Conv{.filters = 12, .padding = "same", .groups = 4, .activation = "elu"}.attrs());
  b.add("conv2d",
        Conv{.filters = 6, .kernel = {2, 4}, .stride = {1, 2}, .pads = {2, 1, 0, 3}, .padding = "explicit"}
            .attrs());
  b.add("flatten");
  b.add("dense", dense(4));
  return b.take();
}

Network depthwise() {
  NetworkBuilder b({11, 12, 4});
  b.add("conv2d", Conv{.filters = 4, .padding = "same", .groups = 4, .activation = "relu"}.attrs());
  b.add("conv2d",
        Conv{.filters = 12, .stride = {2, 2}, .padding = "same", .groups = 4, .bias = false}.attrs());
  b.add("conv2d",
        Conv{.filters = 12, .stride = {1, 2}, .pads = {1, 1, 1, 0}, .padding = "explicit", .groups = 12}
            .attrs());
  b.add("conv2d",
        Conv{.filters = 24, .dilation = {2, 2}, .pads = {2, 2, 2, 2}, .padding = "explicit", .groups = 12}
            .attrs());
  b.add("global_average_pool2d");
  b.add("dense", dense(3));
  return b.take();
}

Network pooling() {
  NetworkBuilder b({17, 14, 3});
  b.add("max_pool2d", pool({3, 2}, {2, 1}, "same"));
  b.add("average_pool2d", pool({3, 3}, {1, 2}, "same"));
  // Explicit pads equal to "same": (9, 7) -> (5, 4), one row before and one after, one column after or both.
  b.add("max_pool2d", pool({3, 3}, {2, 2}, "explicit", {1, 1, 1, 1}));
  const LayerId image = b.add("conv2d", Conv{.filters = 5, .padding = "same", .activation = "relu"}.attrs());
  b.addTo(image, "max_pool2d", pool({3, 3}, {2, 2}, "explicit", {2, 1, 0, 1}));
  b.add("average_pool2d", pool({2, 2}, {1, 1}, "valid"));
  const LayerId left = b.add("global_max_pool2d");
  const LayerId right = b.addTo(image, "global_average_pool2d");
  b.join("concat", left, right);
  return b.take();
}

Network separable() {
  NetworkBuilder b({11, 12, 3});
  b.add("separable_conv2d", {{"filters", std::int64_t{5}},
                             {"kernel", Integers{3, 2}},
                             {"multiplier", std::int64_t{2}},
                             {"padding", std::string("same")},
                             {"stride", Integers{2, 2}},
                             {"activation", std::string("leaky_relu")}});
  b.add("spatial_dropout");
  b.add("depthwise_conv2d",
        {{"multiplier", std::int64_t{3}}, {"dilation", Integers{2, 1}}, {"activation", std::string("tanh")}});
  b.add("gaussian_noise");
  b.add("separable_conv2d",
        {{"filters", std::int64_t{4}}, {"kernel", Integers{1, 1}}, {"use_bias", std::int64_t{0}}});
  b.add("flatten");
  b.add("dense", dense(3));
  return b.take();
}

// Also directly after the input and at the end, where Keras' layers would be the normalization of the data.
Network rescaled() {
  using Numbers = std::vector<double>;
  NetworkBuilder b({4});
  b.add("rescaling", {{"scale", Numbers{0.5}}, {"offset", Numbers{1, 2, -1, 0}}});
  b.add("dense", dense(3, "tanh"));
  b.add("normalization", {{"mean", Numbers{0.5, 0, -0.25}}, {"variance", Numbers{4}}});
  b.add("dense", dense(3));
  b.add("rescaling", {{"scale", Numbers{2}}});
  return b.take();
}

// Of vectors, of each step of a sequence with each of another one, over steps, and of a sequence with a vector.
Network products() {
  NetworkBuilder b({24});
  const LayerId input = b.last();
  const LayerId vector = b.add("dense", dense(5));
  b.addTo(vector, "dense", dense(5, "tanh"));
  const LayerId number = b.join("dot", vector, b.last());
  const LayerId steps = b.addTo(input, "reshape", {{"shape", Integers{6, 4}}});
  const LayerId other = b.add("dense", dense(4));
  b.join("dot", steps, other);  // 6 x 6
  const LayerId pairs = b.add("dense", dense(5, "tanh"));
  const LayerId over =
      b.add("dot", {{"first_axis", std::int64_t{1}}, {"second_axis", std::int64_t{1}}}, "over");
  const LayerId rows = b.addTo(pairs, "dot", {}, "rows");
  Network network = b.take();
  network.connect(steps, over).value();   // 5 x 4
  network.connect(vector, rows).value();  // 6
  const LayerId flat = *network.add("flatten");
  network.connect(over, flat).value();
  const LayerId joined = *network.add("concat");
  for (const LayerId each : {number, flat, rows}) network.connect(each, joined).value();
  network.connect(joined, *network.add("dense", "end", dense(3))).value();
  return network;
}

// Kernels smaller and larger than the stride, even and odd.
Network enlarging() {
  NetworkBuilder b({4, 5, 3});
  const auto transposed = [](Integers kernel, Integers stride, std::string padding, std::string activation) {
    return Attrs{{"filters", std::int64_t{4}},
                 {"kernel", std::move(kernel)},
                 {"stride", std::move(stride)},
                 {"padding", std::move(padding)},
                 {"activation", std::move(activation)}};
  };
  const LayerId first =
      b.add("conv2d_transpose", transposed({3, 2}, {2, 2}, "same", "leaky_relu"));  // 8 x 10
  b.add("conv2d_transpose", transposed({4, 1}, {1, 2}, "valid", "tanh"));           // 11 x 20
  Attrs plain = transposed({2, 5}, {3, 2}, "same", "none");
  plain.set("use_bias", std::int64_t{0});
  b.add("conv2d_transpose", plain);  // 33 x 40
  b.add("batch_norm");
  const LayerId left = b.add("global_average_pool2d");
  b.addTo(first, "upsampling2d", {{"size", Integers{3, 2}}, {"interpolation", std::string("bilinear")}});
  b.add("upsampling2d", {{"size", Integers{1, 2}}});
  b.add("conv2d", Conv{.filters = 3, .kernel = {2, 2}, .stride = {3, 3}}.attrs());
  b.add("flatten");
  b.join("concat", left, b.last());
  b.add("dense", dense(4));
  return b.take();
}

Network sequences() {
  NetworkBuilder b({36});
  const auto conv = [](std::int64_t filters, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                       std::string padding, std::string activation) {
    return Attrs{{"filters", filters},
                 {"kernel", kernel},
                 {"stride", stride},
                 {"dilation", dilation},
                 {"padding", std::move(padding)},
                 {"activation", std::move(activation)}};
  };
  b.add("reshape", {{"shape", Integers{12, 3}}});
  b.add("conv1d", conv(6, 3, 1, 2, "causal", "leaky_relu"));
  b.add("conv1d", conv(5, 4, 2, 1, "same", "silu"));
  b.add("batch_norm");
  const LayerId steps = b.add("conv1d", conv(4, 2, 1, 1, "valid", "tanh"));  // 5 x 4
  b.add("max_pool1d", {{"window", std::int64_t{3}}, {"padding", std::string("same")}});
  const LayerId left = b.add("global_average_pool1d");
  b.addTo(steps, "average_pool1d", {{"stride", std::int64_t{1}}});
  b.add("max_pool1d");
  const LayerId right = b.add("global_max_pool1d");
  b.join("concat", left, right);
  b.add("dense", dense(3));
  return b.take();
}

Network normalization() {
  NetworkBuilder b({9, 9, 2});
  b.add("batch_norm", {{"epsilon", 0.02}, {"momentum", 0.9}});
  b.add("conv2d", Conv{.filters = 6, .bias = false}.attrs());
  b.add("batch_norm");
  b.add("activation", function("relu"));
  b.add("dropout", {{"rate", 0.25}});
  b.add("flatten");
  b.add("dense", dense(8));
  b.add("batch_norm");
  b.add("dense", dense(5, "softplus"));
  return b.take();
}

Network sampleNormalization() {
  NetworkBuilder b({9, 8, 4});
  b.add("layer_norm", {{"epsilon", 0.02}});
  b.add("conv2d", Conv{.filters = 12}.attrs());
  b.add("group_norm", {{"groups", std::int64_t{3}}});
  b.add("prelu");
  b.add("conv2d", Conv{.filters = 6}.attrs());
  b.add("instance_norm", {{"epsilon", 0.01}});
  b.add("rms_norm");
  b.add("flatten");
  b.add("dense", dense(12));
  b.add("group_norm", {{"groups", std::int64_t{2}}, {"epsilon", 0.05}});
  b.add("prelu");
  b.add("layer_norm");
  b.add("dense", dense(5));
  return b.take();
}

Attrs recurrent(std::int64_t units, std::string output, std::string direction = "forward") {
  return {{"units", units}, {"output", std::move(output)}, {"direction", std::move(direction)}};
}

// Each class with each way to read a sequence of numbers.
Network recurrentLayers() {
  NetworkBuilder b({28});
  b.add("reshape", {{"shape", Integers{7, 4}}});
  const LayerId steps = b.add("lstm", recurrent(5, "all"), "steps 1");
  b.add("gru", recurrent(4, "all", "both"));
  Attrs relu = recurrent(3, "last");
  relu.set("activation", std::string("relu"));
  const LayerId forward = b.add("simple_rnn", relu);
  const LayerId both = b.addTo(steps, "lstm", recurrent(3, "last", "both"));
  Attrs plain = recurrent(3, "last", "backward");
  plain.set("use_bias", std::int64_t{0});
  const LayerId backward = b.addTo(steps, "gru", plain);
  b.join("concat", forward, both);
  b.join("concat", b.last(), backward);
  b.add("dense", dense(3));
  return b.take();
}

Network stackedLayers() {
  NetworkBuilder b({18});
  b.add("reshape", {{"shape", Integers{6, 3}}});
  Attrs lstm = recurrent(4, "all", "both");
  lstm.set("layers", std::int64_t{3});
  lstm.set("dropout", 0.25);
  b.add("lstm", lstm, "deep");
  Attrs gru = recurrent(5, "last");
  gru.set("layers", std::int64_t{2});
  b.add("gru", gru);
  b.add("repeat_vector", {{"steps", std::int64_t{4}}});
  b.add("simple_rnn", recurrent(3, "all"));
  b.add("permute");
  b.add("flatten");
  b.add("dense", dense(3));
  return b.take();
}

// A sequence that attends to itself and to another one, with separate keys.
Network attentionLayers() {
  NetworkBuilder b({48});
  const LayerId steps = b.add("reshape", {{"shape", Integers{8, 6}}});
  const LayerId self = b.add("attention", {{"heads", std::int64_t{2}}, {"causal", std::int64_t{1}}}, "self");
  b.join("add", self, steps);
  const LayerId memory = b.add("layer_norm");
  b.addTo(steps, "average_pool1d");
  const LayerId query = b.add("dense", dense(5, "tanh"));
  const LayerId cross = b.addTo(query, "attention", {{"heads", std::int64_t{5}}}, "cross");
  const LayerId keyed = b.addTo(
      query, "attention",
      {{"heads", std::int64_t{3}}, {"head_size", std::int64_t{4}}, {"use_bias", std::int64_t{0}}}, "keyed");
  Network network = b.take();
  network.connect(memory, cross).value();
  network.connect(memory, keyed).value();
  network.connect(steps, keyed).value();
  const LayerId sum = *network.add("add");
  network.connect(cross, sum).value();
  network.connect(keyed, sum).value();
  const LayerId flat = *network.add("flatten");
  network.connect(sum, flat).value();
  const LayerId end = *network.add("dense", "end", dense(3));
  network.connect(flat, end).value();
  return network;
}

// Tokens of samples that differ in length: each layer must leave out the padding.
Network tokens(bool varies) {
  Network network;
  const auto add = [&](std::string_view type, std::string name, Attrs properties,
                       std::initializer_list<LayerId> inputs) {
    const LayerId id = *network.add(type, std::move(name), std::move(properties));
    for (const LayerId input : inputs) network.connect(input, id).value();
    return id;
  };
  const LayerId input =
      add("input", "words",
          {{"shape", Integers{9}}, {"values", std::string("tokens")}, {"varies", std::int64_t{varies}}}, {});
  const LayerId vectors =
      add("embedding", "vectors", {{"vocabulary", std::int64_t{12}}, {"units", std::int64_t{6}}}, {input});
  const LayerId seen = add("attention", "seen", {{"heads", std::int64_t{3}}}, {vectors});
  const LayerId sum = add("add", "sum", {}, {vectors, seen});
  const LayerId norm = add("layer_norm", "norm", {}, {sum});
  const LayerId hidden = add("dense", "hidden", dense(6, "relu"), {norm});
  const LayerId both = add("gru", "both", recurrent(4, "all", "both"), {hidden});
  const LayerId last = add("lstm", "last", recurrent(4, "last"), {both});
  const LayerId first = add("simple_rnn", "first", recurrent(4, "last", "backward"), {both});
  const LayerId mean = add("global_average_pool1d", "mean", {}, {both});
  const LayerId joined = add("concat", "joined", {}, {last, first, mean});
  add("dense", "end", dense(3), {joined});
  return network;
}

// Dense layers that act on each step.
Network denseSteps() {
  NetworkBuilder b({30});
  b.add("reshape", {{"shape", Integers{6, 5}}});
  b.add("dense", dense(8, "gelu"));
  b.add("layer_norm");
  b.add("dense", dense(4, "leaky_relu", false));
  b.add("flatten");
  b.add("dense", dense(3));
  return b.take();
}

// Branches of different lengths, so that Keras' layer order differs from ours, and names that Keras does not
// accept.
Network branches() {
  NetworkBuilder b({8, 8, 3});
  const LayerId input = b.last();
  const LayerId trunk =
      b.add("conv2d", Conv{.filters = 4, .padding = "same", .activation = "relu"}.attrs(), "größe 1");
  b.add("batch_norm", {}, "a b");
  b.add("conv2d", Conv{.filters = 4, .padding = "same"}.attrs(), "a_b");
  const LayerId main = b.add("batch_norm", {}, "top_level_model_weights");
  const LayerId shortcut = b.addTo(input, "conv2d", Conv{.filters = 4, .kernel = {1, 1}}.attrs(), "_first");
  const LayerId sum = b.join("add", main, shortcut);
  const LayerId joined = b.join("concat", shortcut, sum);
  const LayerId wide =
      b.addTo(trunk, "conv2d", Conv{.filters = 8, .kernel = {1, 1}}.attrs(), "model.weights:0");
  b.join("add", joined, wide);
  b.add("average_pool2d");
  b.add("flatten");
  b.add("dense", dense(3), "dense");
  return b.take();
}

// Images are merged with vectors of channels and with an image of one channel.
Network merges() {
  NetworkBuilder b({8, 7, 3});
  const LayerId image = b.add("conv2d", Conv{.filters = 6, .padding = "same"}.attrs());
  b.add("global_average_pool2d");
  b.add("dense", dense(4, "relu"));
  const LayerId gate = b.add("dense", dense(6, "sigmoid"));
  const LayerId gated = b.join("multiply", image, gate);
  const LayerId mask = b.addTo(image, "conv2d", Conv{.filters = 1, .kernel = {1, 1}}.attrs());
  const LayerId both = b.join("subtract", mask, gated);
  const LayerId low = b.join("minimum", both, image);
  b.join("maximum", low, gate);
  b.join("average", b.last(), mask);
  b.join("add", b.last(), gate);
  b.add("flatten");
  b.add("dense", dense(3));
  return b.take();
}

// A residual block, repeated three times.
Network repeated() {
  NetworkBuilder b({8, 8, 3});
  const LayerId entry = b.conv(4, 3);
  const LayerId conv = b.conv(4, 3), norm = b.add("batch_norm"), sum = b.join("add", norm, entry);
  b.add("flatten");
  b.add("dense", dense(3), "dense");
  Network network = b.take();
  network.setRepeat(network.group({conv, norm, sum}).value(), 3).value();
  return network;
}

// An image and a table, and outputs of different depths, of which other layers read one. Together with the heads'
// losses, each kind of answer occurs.
KerasCase several() {
  Network n;
  const auto add = [&](std::string_view type, std::string name, Attrs properties,
                       std::initializer_list<LayerId> inputs) {
    const LayerId id = *n.add(type, std::move(name), std::move(properties));
    for (const LayerId input : inputs) n.connect(input, id).value();
    return id;
  };
  const LayerId table = add("input", "table", {{"shape", Integers{5}}}, {});
  const LayerId photo = add("input", "photo 1", {{"shape", Integers{8, 8, 3}}}, {});
  const LayerId conv =
      add("conv2d", "conv", Conv{.filters = 6, .padding = "same", .activation = "relu"}.attrs(), {photo});
  add("conv2d", "picture", Conv{.filters = 3, .padding = "same"}.attrs(), {conv});
  const LayerId pooled = add("global_average_pool2d", "pooled", {}, {conv});
  const LayerId numbers = add("dense", "numbers", dense(7, "tanh"), {table});
  const LayerId joined = add("concat", "joined", {}, {pooled, numbers});
  const LayerId size = add("dense", "size", dense(2), {joined});
  const LayerId both = add("concat", "both", {}, {joined, size});
  const LayerId hidden = add("dense", "hidden", dense(6, "elu"), {both});
  add("dense", "species", dense(3), {hidden});
  add("dense", "flags", dense(2), {numbers});
  add("dense", "again", dense(5), {joined});
  return {"several",
          std::move(n),
          {{.output = "species", .targets = {"species"}, .loss = "softmax_cross_entropy"},
           {.output = "picture", .targets = {"photo 1"}, .loss = "binary_cross_entropy"},
           {.output = "size", .targets = {"height", "weight"}, .loss = "mse"},
           {.output = "flags", .targets = {"smiling", "glasses"}, .loss = "binary_cross_entropy"},
           {.output = "again", .targets = {"table"}, .loss = "mse"}}};
}

// More bytes of names than one HDF5 attribute can hold.
Network manyNames() {
  NetworkBuilder b({4});
  const LayerId input = b.last();
  std::vector<LayerId> open;
  for (int i = 0; i < 700; ++i) {
    std::string name = "dropout_" + std::to_string(i) + "_";
    name.resize(100, 'x');
    open.push_back(b.addTo(input, "dropout", {}, std::move(name)));
  }
  Network network = b.take();
  while (open.size() > 1) {
    std::vector<LayerId> joined;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (i % 16 == 0) joined.push_back(i + 1 == open.size() ? open[i] : *network.add("concat"));
      if (joined.back() != open[i]) network.connect(open[i], joined.back()).value();
    }
    open = std::move(joined);
  }
  network.connect(open[0], *network.add("dense", "dense", dense(2))).value();
  return network;
}

}  // namespace

std::vector<KerasCase> kerasCases() {
  return {{"dense_activations", denseActivations()},
          {"activation_layers", activationLayers()},
          {"convolutions", convolutions()},
          {"depthwise", depthwise()},
          {"separable", separable()},
          {"rescaled", rescaled()},
          {"products", products()},
          {"pooling", pooling()},
          {"enlarging", enlarging()},
          {"sequences", sequences()},
          {"normalization", normalization()},
          {"sample_normalization", sampleNormalization()},
          {"dense_steps", denseSteps()},
          {"recurrent", recurrentLayers()},
          {"stacked", stackedLayers()},
          {"attention", attentionLayers()},
          {"tokens", tokens(false)},
          {"varying_tokens", tokens(true)},
          {"branches", branches()},
          {"merges", merges()},
          {"repeated", repeated()},
          {"many_names", manyNames()},
          {"resnet20", workload("resnet20").network},
          {"mobile", workload("mobile").network},
          several()};
}

}  // namespace tandem::testing
