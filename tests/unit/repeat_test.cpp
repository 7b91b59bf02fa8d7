// Repeated groups from the document to training: expanded, analysed, lowered, exported.
#include "core/network/repeat.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/io/keras/keras.h"
#include "core/network/analysis.h"
#include "core/runtime/registry.h"
#include "core/train/predictor.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/group_facts.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using testing::lines;
using testing::NetRunner;
using testing::programText;
using testing::syntheticBatch;
using testing::texts;
using testing::units;

// in -> stem -> [a -> b -> sum, and stem -> sum] x repeat -> drop -> out
struct Residual {
  Network network;
  LayerId in = *network.add("input", "in", {{"shape", Ints{6}}});
  LayerId stem = *network.add("dense", "stem", units(5));
  LayerId a = *network.add("dense", "a", units(9));
  LayerId b = *network.add("dense", "b", units(5));
  LayerId sum = *network.add("add", "sum");
  LayerId drop = *network.add("dropout", "drop");
  LayerId out = *network.add("dense", "out", {{"units", std::int64_t{3}}});
  GroupId block = 0;

  explicit Residual(int repeat) {
    for (const auto& [from, to] :
         {std::pair{in, stem}, {stem, a}, {a, b}, {b, sum}, {stem, sum}, {sum, drop}, {drop, out}})
      EXPECT_TRUE(network.connect(from, to).ok());
    block = *network.group({a, b, sum});
    EXPECT_TRUE(network.setRepeat(block, repeat).ok());
  }
};

// The same with three blocks written by hand.
Network byHand(const Texts& suffixes = {"", ".2", ".3"}) {
  Network n;
  LayerId last = *n.add("input", "in", {{"shape", Ints{6}}});
  const auto chain = [&](LayerId id) {
    EXPECT_TRUE(n.connect(last, id).ok());
    return last = id;
  };
  chain(*n.add("dense", "stem", units(5)));
  for (const std::string& suffix : suffixes) {
    const LayerId entry = last;
    chain(*n.add("dense", "a" + suffix, units(9)));
    chain(*n.add("dense", "b" + suffix, units(5)));
    const LayerId sum = chain(*n.add("add", "sum" + suffix));
    EXPECT_TRUE(n.connect(entry, sum).ok());
  }
  chain(*n.add("dropout", "drop"));
  chain(*n.add("dense", "out", {{"units", std::int64_t{3}}}));
  return n;
}

TEST(Repeat, WritesCopiesThatReadThePreviousCopy) {
  const Residual r(3);
  const auto expanded = expandRepeats(r.network);
  ASSERT_TRUE(expanded.ok()) << expanded.error().text();
  EXPECT_EQ(lines(expanded->network),
            (Texts{"in <-", "stem <- in", "a <- stem", "b <- a", "sum <- b stem", "a.2 <- sum", "b.2 <- a.2",
                   "sum.2 <- b.2 sum", "a.3 <- sum.2", "b.3 <- a.3", "sum.3 <- b.3 sum.2", "drop <- sum.3",
                   "out <- drop"}));
  const Origin origin = expanded->origin(expanded->network.findByName("b.3")->id);
  EXPECT_EQ(origin.layer, r.b);
  EXPECT_EQ(origin.repetition, 3);
  EXPECT_EQ(expanded->origin(r.b).layer, r.b);
  EXPECT_EQ(expanded->origin(r.b).repetition, 1);
  EXPECT_TRUE(expanded->network.groups().empty());
  EXPECT_EQ(drawnLayer(r.network, "b.3"), r.b);
  EXPECT_EQ(drawnLayer(r.network, "out"), r.out);
  EXPECT_EQ(drawnLayer(r.network, "b.4"), std::nullopt);
}

TEST(Repeat, LeavesSingleBlocksUnchanged) {
  const Residual r(1);
  const auto expanded = expandRepeats(r.network);
  EXPECT_EQ(expanded->network, r.network);
  EXPECT_TRUE(expanded->copies.empty());
}

TEST(Repeat, LowersToTheProgramOfTheNetworkWrittenByHand) {
  for (const bool training : {true, false})
    EXPECT_EQ(programText(Residual(3).network, training), programText(byHand(), training));
}

TEST(Repeat, BlocksFollowOneAnother) {
  Residual r(2);
  ASSERT_TRUE(r.network.setRepeat(*r.network.group({r.drop}), 2).ok());
  const auto expanded = expandRepeats(r.network);
  const auto reads = [&](const char* name) {
    return expanded->network.nameOf(expanded->network.findByName(name)->inputs.front());
  };
  EXPECT_EQ(reads("drop"), "sum.2");
  EXPECT_EQ(reads("drop.2"), "drop");
  EXPECT_EQ(reads("out"), "drop.2");
  // One of them only.
  const auto one = expandRepeats(r.network, r.block);
  EXPECT_TRUE(one->network.findByName("sum.2"));
  EXPECT_FALSE(one->network.findByName("drop.2"));
  ASSERT_EQ(one->network.groups().size(), 1u);
  EXPECT_EQ(one->network.groups().front().repeat, 2);
}

TEST(Repeat, NamesOfCopiesAreUniqueAndShortEnough) {
  Residual r(3);
  ASSERT_TRUE(r.network.rename(r.out, "a.2").ok());
  const std::string umlauts = [] {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "\xc3\xa4";
    return text;
  }();
  ASSERT_TRUE(r.network.rename(r.b, umlauts).ok());
  const auto expanded = expandRepeats(r.network);
  ASSERT_TRUE(expanded.ok()) << expanded.error().text();
  EXPECT_TRUE(expanded->network.findByName("a.3"));
  EXPECT_TRUE(expanded->network.findByName("a.4"));
  EXPECT_TRUE(expanded->network.findByName(umlauts.substr(0, 98) + ".2"));
  EXPECT_EQ(drawnLayer(r.network, umlauts.substr(0, 98) + ".3"), r.b);
}

TEST(Repeat, FactsAreTotalsAndTheOutputIsThatOfTheLastRepetition) {
  const Residual once(1), thrice(3);
  const Analysis one = analyze(once.network), three = analyze(thrice.network);
  EXPECT_EQ(texts(three), Texts{});
  EXPECT_EQ(three.layers.size(), thrice.network.layers().size());
  const LayerFacts &a = one.layers.at(once.a), &b = three.layers.at(thrice.a);
  EXPECT_EQ(a.parameters, 5 * 9 + 9);
  EXPECT_EQ(b.parameters, 3 * a.parameters);
  EXPECT_EQ(b.forwardFlops, 3 * a.forwardFlops);
  EXPECT_EQ(b.activationBytes, 3 * a.activationBytes);
  EXPECT_EQ(three.parameters, analyze(byHand()).parameters);
  EXPECT_EQ(three.forwardFlops, analyze(byHand()).forwardFlops);

  // A repeated pooling halves each time.
  Network pools;
  const LayerId in = *pools.add("input", "in", {{"shape", Ints{32, 32, 3}}}),
                pool = *pools.add("max_pool2d", "pool");
  ASSERT_TRUE(pools.connect(in, pool).ok());
  ASSERT_TRUE(pools.setRepeat(*pools.group({pool}), 4).ok());
  EXPECT_EQ(analyze(pools).layers.at(pool).output->text(), "2 x 2 x 3");
}

TEST(Repeat, AnErrorOfACopyIsReportedOnceAtTheDrawnLayer) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{8, 8, 3}}}),
                pool = *network.add("max_pool2d", "pool"), relu = *network.add("activation", "relu"),
                flatten = *network.add("flatten", "flatten"), dense = *network.add("dense", "dense");
  for (const auto& [from, to] : {std::pair{in, pool}, {pool, relu}, {relu, flatten}, {flatten, dense}})
    ASSERT_TRUE(network.connect(from, to).ok());
  const GroupId block = *network.group({pool, relu}, "halve");
  ASSERT_TRUE(network.setRepeat(block, 6).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u) << texts(analysis).at(1);
  const Problem& problem = analysis.problems.front();
  EXPECT_EQ(problem.layer, pool);
  EXPECT_EQ(problem.error.where, "pool");
  EXPECT_TRUE(problem.error.message.ends_with(" (in repetition 4 of halve)")) << problem.error.message;
  EXPECT_FALSE(analysis.layers.at(pool).output);
  EXPECT_FALSE(analysis.layers.at(dense).output);
  Program program;
  EXPECT_EQ(lowerNetwork(network, 1, true, 1, program).error().text(), texts(analysis).front());
  ASSERT_TRUE(problem.fix);
  EXPECT_EQ(problem.fix->label, "Set repeat of halve to 3");
  ASSERT_TRUE(applyFix(problem, network).ok());
  EXPECT_EQ(network.findGroup(block)->repeat, 3);
  EXPECT_EQ(texts(analyze(network)), Texts{});
}

// Each breaks the rule differently; the fix sets the repeat count to 1.
void expectRefused(Network network, GroupId block, const std::string& message) {
  const Analysis analysis = analyze(network);
  ASSERT_EQ(texts(analysis), Texts{message});
  EXPECT_EQ(expandRepeats(network).error().text(), message);
  EXPECT_EQ(programText(network, true), message);
  ASSERT_TRUE(analysis.problems[0].fix);
  EXPECT_EQ(analysis.problems[0].fix->label, "Set repeat of block to 1");
  for (const auto& [id, facts] : analysis.layers) EXPECT_TRUE(facts.output) << "the rest stays readable";
  ASSERT_TRUE(applyFix(analysis.problems[0], network).ok());
  EXPECT_EQ(network.findGroup(block)->repeat, 1);
  EXPECT_EQ(texts(analyze(network)), Texts{});
}

TEST(Repeat, ReportsWhatCannotBeRepeated) {
  Residual two(3);  // a second source
  const LayerId side = *two.network.add("dense", "side", units(5));
  ASSERT_TRUE(two.network.connect(two.in, side).ok());
  ASSERT_TRUE(two.network.connect(side, two.sum).ok());
  expectRefused(
      two.network, two.block,
      "sum: the group 'block' is repeated 3 times, but has inputs from several layers outside the "
      "group: stem (read by a) and side (read by sum). Each repetition reads only the output of the previous "
      "one: connect all inputs to the same layer, or set its repeat to 1");

  Residual exits(2);
  const LayerId join = *exits.network.add("concat", "join");
  ASSERT_TRUE(exits.network.connect(exits.a, join).ok());
  ASSERT_TRUE(exits.network.connect(exits.drop, join).ok());
  ASSERT_TRUE(exits.network.connect(join, exits.out).ok());
  expectRefused(exits.network, exits.block,
                "sum: the group 'block' is repeated 2 times, but has several outputs: a and sum. "
                "Each repetition has a single output: join the outputs with an add or concat layer in the "
                "group, or set its repeat to 1");

  Residual input(2);
  ASSERT_TRUE(input.network.ungroup(input.block).ok());
  input.block = *input.network.group({input.in, input.stem});
  ASSERT_TRUE(input.network.setRepeat(input.block, 2).ok());
  expectRefused(
      input.network, input.block,
      "in: the group 'block' is repeated 2 times, but contains the input layer 'in'. Ungroup it and "
      "regroup without the input, or set its repeat to 1");
}

TEST(Repeat, ABlockWithoutInputIsReported) {
  Network network;
  const LayerId in = *network.add("input", "in"), flatten = *network.add("flatten", "flatten"),
                dense = *network.add("dense", "dense");
  ASSERT_TRUE(network.connect(in, flatten).ok());
  ASSERT_TRUE(network.setRepeat(*network.group({dense}), 2).ok());
  const Texts found = texts(analyze(network));
  EXPECT_EQ(std::ranges::count(found,
                               "dense: the group 'block' is repeated 2 times, but has no input from outside "
                               "the group. Connect its first layer to a layer before the group, or set its "
                               "repeat to 1"),
            1);
  ASSERT_TRUE(network.connect(flatten, dense).ok());
  EXPECT_EQ(texts(analyze(network)), Texts{});
}

TEST(Repeat, AFixInsideABlockStaysInside) {
  Network network;
  const LayerId in = *network.add("input", "in"), conv = *network.add("conv2d", "conv"),
                dense = *network.add("dense", "dense");
  ASSERT_TRUE(network.connect(in, conv).ok());
  ASSERT_TRUE(network.connect(conv, dense).ok());
  const GroupId block = *network.group({conv, dense});
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  const auto inserted = applyFix(analysis.problems[0], network);
  ASSERT_TRUE(inserted.ok()) << inserted.error().text();
  EXPECT_TRUE(network.findGroup(block)->contains(*inserted));
}

TEST(Repeat, BorderIsWhereConnectionsToTheGroupAttach) {
  const Residual r(2);
  const Border border = borderOf(r.network, r.network.groups().front());
  EXPECT_EQ(border.entries, (std::vector<LayerId>{r.a, r.sum}));
  EXPECT_EQ(border.exits, (std::vector<Source>{r.sum}));
}

DatasetInfo threeClasses() {
  DatasetInfo data;
  data.name = "synthetic";
  data.inputs[0].sample = Shape{6};
  data.targets[0].classes = 3;
  return data;
}

TEST(Repeat, TrainsBitForBitLikeTheNetworkWrittenByHand) {
  TrainingConfig training;
  training.batch = 8;
  training.device.threads = 1;
  std::vector<std::vector<float>> losses, outputs;
  for (const Network& network : {Residual(3).network, byHand()}) {
    auto net = NetRunner::open(network, training, threeClasses());
    ASSERT_TRUE(net.ok()) << net.error().text();
    std::vector<float> own;
    for (std::uint64_t step = 0; step < 5; ++step) {
      const auto batch = syntheticBatch(threeClasses(), training.batch, step);
      own.push_back(net->run(Phase::Train, batch.features.data(), batch.labels())->values[0]);
    }
    const auto batch = syntheticBatch(threeClasses(), training.batch, 99);
    ASSERT_TRUE(net->run(Phase::Evaluate, batch.features.data(), batch.labels()).ok());
    losses.push_back(own);
    outputs.push_back(net->output());
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_NE(losses[0][0], losses[0][4]);
}

// A checkpoint of the drawn network, its Keras file, and the predictions of both.
TEST(Repeat, PredictsAndExportsWithTheWeightsOfEachRepetition) {
  const Residual r(3);
  Program program;
  ASSERT_TRUE(lowerNetwork(r.network, 1, false, 0, program).ok());
  Checkpoint checkpoint;
  checkpoint.project.network = r.network;
  checkpoint.project.training.heads[0].loss = "mse";
  checkpoint.project.training.optimizer = {"sgd", {{"momentum", 0.0}}};
  checkpoint.sample = Shape{6};
  std::vector<WeightView> views;
  for (const ParameterInfo& info : program.parameters) {
    std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = 0.1f * static_cast<float>((i * 7 + checkpoint.parameters.size() * 3) % 11) - 0.5f;
    checkpoint.parameters.push_back({info.name, info.shape, std::move(values)});
  }
  for (const NamedArray& each : checkpoint.parameters) views.push_back({each.name, each.shape, each.values});
  const auto cpu = DeviceRegistry::instance().backendFor("cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.error().text();
  auto drawn = Predictor::open(checkpoint, **cpu, {});
  ASSERT_TRUE(drawn.ok()) << drawn.error().text();

  const TemporaryFolder folder;
  const Status exported = exportKeras(checkpoint.project, views, folder / "model.h5");
  ASSERT_TRUE(exported.ok()) << exported.error().text();
  auto model = importKeras(folder / "model.h5");
  ASSERT_TRUE(model.ok()) << model.error().text();
  EXPECT_EQ(model->network.layers().size(), byHand().layers().size());
  EXPECT_TRUE(model->network.findByName("a_2"));  // Keras has no dots in names
  auto keras = Predictor::open(*std::move(model), **cpu, {});
  ASSERT_TRUE(keras.ok()) << keras.error().text();
  const std::vector<std::vector<float>> sample{{1, -2, 0.5f, 3, -1, 0.25f}};
  const auto answer = drawn->predict(sample);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->at(0).size(), 3u);
  EXPECT_EQ(*answer, *keras->predict(sample));
}

}  // namespace
}  // namespace tandem
