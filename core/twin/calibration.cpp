#include "core/twin/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/ops/activation.h"
#include "core/ops/add.h"
#include "core/ops/conv2d.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "core/ops/matmul.h"
#include "core/runs/environment.h"
#include "core/train/profile.h"

namespace tandem {
namespace {

constexpr int kRounds = 5;  // per op

// Times one op on random operands as often as the time allows. The fastest round counts, since other
// activity of the machine can only slow an op down.
class Stopwatch {
 public:
  Stopwatch(Backend& backend, const DeviceOptions& options) : backend_(backend), options_(options) {}

  struct Timed {
    double seconds = 0;
    Cost cost;
  };
  Result<Timed> time(const OpDef& op, const Attrs& attrs, const std::vector<TensorType>& inputs,
                     double budget) const {
    OpCall call{&op, &attrs, inputs, {}};
    TANDEM_ASSIGN(call.outputs, op.infer(attrs, inputs));
    std::vector<Tensor> in, out;
    for (const TensorType& type : inputs) in.push_back(random(type));
    for (const TensorType& type : call.outputs) out.emplace_back(type);
    std::vector<const Tensor*> inputPointers;
    std::vector<Tensor*> outputPointers;
    for (const Tensor& tensor : in) inputPointers.push_back(&tensor);
    for (Tensor& tensor : out) outputPointers.push_back(&tensor);
    TANDEM_ASSIGN(double best, backend_.runOp(options_, call, "", inputPointers, outputPointers, 2));
    for (int round = 0; round < kRounds; ++round) {
      const int repeat = static_cast<int>(std::clamp(budget / kRounds / std::max(best, 1e-7), 1.0, 20000.0));
      TANDEM_ASSIGN(const double mean,
                    backend_.runOp(options_, call, "", inputPointers, outputPointers, repeat));
      best = std::min(best, mean);
    }
    return Timed{best, op.cost(attrs, inputs, call.outputs)};
  }

 private:
  static Tensor random(const TensorType& type) {
    Tensor tensor(type);
    std::minstd_rand generator(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& value : tensor.as<float>()) value = uniform(generator);
    return tensor;
  }

  Backend& backend_;
  const DeviceOptions& options_;
};

TensorType f32(Shape shape) {
  return {DType::F32, shape};
}

struct Trial {
  RateCurve Calibration::*curve;
  const OpDef* op = nullptr;
  Attrs attrs;
  std::vector<TensorType> inputs;
  double size = 0;     // position on the curve; 0: the op's FLOPs or bytes
  bool bytes = false;  // measures bytes/s, not FLOP/s
};

// GPUs need larger ops to reach their peak.
std::vector<Trial> trials(bool cpu) {
  std::vector<Trial> list;
  for (const std::int64_t n : cpu ? std::vector<std::int64_t>{16, 64, 192, 512, 1024}
                                  : std::vector<std::int64_t>{64, 256, 1024, 4096, 8192})
    list.push_back({&Calibration::matmul, &ops::matmul, {}, {f32({n, n}), f32({n, n})}});
  const std::int64_t batch = cpu ? 16 : 128, side = 32, filters = 64;
  const Attrs same{{"padding", std::string("same")}};
  for (const std::int64_t c :
       {std::int64_t{1}, std::int64_t{3}, std::int64_t{16}, std::int64_t{64}, std::int64_t{128}}) {
    const double depth = 9.0 * static_cast<double>(c);
    const TensorType x = f32({batch, side, side, c}), w = f32({filters, 3, 3, c}),
                     dy = f32({batch, side, side, filters});
    Attrs forInput = same, forKernel = same;
    forInput.set("input_shape", std::vector<std::int64_t>{side, side});
    forKernel.set("kernel", std::vector<std::int64_t>{3, 3});
    list.push_back({&Calibration::conv2d, &ops::conv2d, same, {x, w}, depth});
    list.push_back({&Calibration::conv2dDgrad, &ops::conv2d_dgrad, forInput, {dy, w}, depth});
    list.push_back({&Calibration::conv2dWgrad, &ops::conv2d_wgrad, forKernel, {x, dy}, depth});
  }
  for (std::int64_t n = 1 << 10; n <= (cpu ? 1 << 24 : 1 << 27); n *= 8)
    list.push_back({&Calibration::stream, &ops::add, {}, {f32({n}), f32({n})}, 0, true});
  return list;
}

void insert(RateCurve& curve, double size, double rate) {
  const auto at = std::ranges::lower_bound(curve.sizes, size) - curve.sizes.begin();
  curve.sizes.insert(curve.sizes.begin() + at, size);
  curve.rates.insert(curve.rates.begin() + at, rate);
}

struct NodeCost {
  Cost cost;
  // Forecast seconds: of the arithmetic, at the highest rate of its kind and at that of its size, and of the traffic.
  double leastArithmetic = 0, arithmetic = 0, traffic = 0;
  double seconds = 0;  // of the op
};

NodeCost costOf(const Program& program, const Node& node, const Calibration* calibration) {
  NodeCost result;
  const OpCall call = callOf(program, node);
  if (node.op->cost) result.cost = node.op->cost(node.attrs, call.inputs, call.outputs);
  if (!calibration) return result;
  const double flops = result.cost.flops;
  const auto product = [&](const RateCurve& curve, double size) {
    result.arithmetic = flops / curve.at(size);
    result.leastArithmetic = flops / curve.highest();
  };
  // FLOPs are 2 * y * KH * KW * C / groups in all three products of a convolution; the reduction length follows from y.
  const auto convolution = [&](const RateCurve& curve, const TensorType& y) {
    product(curve, flops / (2 * static_cast<double>(std::max<std::int64_t>(1, y.shape.elements()))));
  };
  if (node.op == &ops::matmul)
    product(calibration->matmul, flops);
  else if (node.op == &ops::conv2d)
    convolution(calibration->conv2d, call.outputs[0]);
  else if (node.op == &ops::conv2d_dgrad)
    convolution(calibration->conv2dDgrad, call.inputs[ops::Conv2dDgradIn::kDy]);
  else if (node.op == &ops::conv2d_wgrad)
    convolution(calibration->conv2dWgrad, call.inputs[ops::Conv2dWgradIn::kDy]);
  else if (calibration->otherFlops > 0)
    result.arithmetic = result.leastArithmetic = flops / calibration->otherFlops;
  result.traffic = result.cost.bytes / calibration->stream.at(result.cost.bytes);
  result.seconds = std::max({result.arithmetic, result.traffic, calibration->overhead});
  return result;
}

}  // namespace

double RateCurve::at(double size) const {
  TANDEM_CHECK(!sizes.empty() && sizes.size() == rates.size(), "a measured curve");
  if (size <= sizes.front()) return rates.front();
  if (size >= sizes.back()) return rates.back();
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(sizes, size) - sizes.begin());
  const double share = std::log(size / sizes[above - 1]) / std::log(sizes[above] / sizes[above - 1]);
  return rates[above - 1] * std::pow(rates[above] / rates[above - 1], share);
}

double RateCurve::highest() const {
  return rates.empty() ? 0 : *std::ranges::max_element(rates);
}

double Calibration::peakFlops() const {
  return std::max({matmul.highest(), conv2d.highest(), conv2dDgrad.highest(), conv2dWgrad.highest()});
}

double Calibration::bandwidth() const {
  return stream.rates.empty() ? 0 : stream.rates.back();
}

std::string keyOf(const DeviceOptions& options) {
  const std::string threads =
      options.device == "cpu" && options.threads > 0 ? fmt::format(":{}", options.threads) : "";
  return fmt::format("{}{}, {}", options.device, threads, nameOf(options.precision));
}

Result<Calibration> calibrate(Backend& backend, const DeviceOptions& options, double seconds,
                              const std::function<bool(double)>& progress) {
  Calibration result;
  result.device = keyOf(options);
  result.when = utcNow();
  for (const DeviceInfo& device : backend.devices())
    if (isDevice(device, options.device)) result.machine = device.name;
  const std::vector<Trial> list = trials(options.device == "cpu");
  const Stopwatch watch(backend, options);
  const double budget = seconds / static_cast<double>(list.size() + 1);
  TANDEM_ASSIGN(const auto nothing,
                watch.time(ops::activation, {{"kind", std::string("relu")}}, {f32({1, 1})}, budget / 4));
  result.overhead = nothing.seconds;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (progress && !progress(static_cast<double>(i) / static_cast<double>(list.size())))
      return Error{ErrorCode::Cancelled, "the calibration was stopped", options.device, {}};
    const Trial& trial = list[i];
    TANDEM_ASSIGN(const auto timed, watch.time(*trial.op, trial.attrs, trial.inputs, budget));
    const double amount = trial.bytes ? timed.cost.bytes : timed.cost.flops;
    insert(result.*trial.curve, trial.size > 0 ? trial.size : amount, amount / timed.seconds);
  }
  return result;
}

ProfileRecord forecastStep(const Plan& plan, const Calibration& calibration) {
  const Program& p = plan.train.program;
  std::vector<NodeTime> times;
  for (std::size_t i = 0; i < p.nodes.size(); ++i)
    if (!p.nodes[i].op->view)
      times.push_back({static_cast<std::int32_t>(i), costOf(p, p.nodes[i], &calibration).seconds});
  return aggregateProfile(p, times, plan.forecast, 0);
}

std::string_view StepBounds::longest() const {
  const double most = std::max({compute, memory, launch});
  return most == compute ? "compute" : most == memory ? "memory" : "launch";
}

StepBounds forecastBounds(const Plan& plan, const Calibration& calibration) {
  const Program& p = plan.train.program;
  StepBounds bounds;
  for (const Node& node : p.nodes) {
    if (node.op->view) continue;
    const NodeCost cost = costOf(p, node, &calibration);
    // A small product takes as long as it does because it is small.
    const bool computes = cost.seconds == cost.arithmetic && cost.leastArithmetic > calibration.overhead;
    double& bound = computes ? bounds.compute : cost.seconds == cost.traffic ? bounds.memory : bounds.launch;
    bound += cost.seconds;
  }
  return bounds;
}

std::vector<LayerRate> layerRates(const Plan& plan, const ProfileRecord& profile,
                                  const Calibration* calibration) {
  const Program& p = plan.train.program;
  std::vector<LayerRate> rates;
  for (const ProfileRecord::LayerTime& layer : profile.layers) {
    LayerRate rate;
    rate.layer = layer.layer;
    rate.seconds = layer.forward + layer.backward;
    int launches = 0;
    for (const Node& node : p.nodes) {
      if (node.layer < 0 || node.part == Part::Update || node.op->view) continue;
      if (p.layers[static_cast<std::size_t>(node.layer)] != layer.layer) continue;
      const Cost cost = costOf(p, node, nullptr).cost;
      rate.flops += cost.flops;
      rate.bytes += cost.bytes;
      ++launches;
    }
    if (calibration && rate.seconds > 0) {
      const double compute = rate.flops / calibration->peakFlops();
      const double memory = rate.bytes / calibration->bandwidth();
      const double launch = launches * calibration->overhead;
      const double longest = std::max({compute, memory, launch});
      rate.bound = longest == compute ? "compute" : longest == memory ? "memory" : "launch";
      rate.share = longest / rate.seconds;
    }
    rates.push_back(std::move(rate));
  }
  return rates;
}

}  // namespace tandem
