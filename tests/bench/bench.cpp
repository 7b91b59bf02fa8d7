// tandem_bench --workload NAME --batch N --optimizer sgd|adam --device D --threads N --precision P
// A worker for run.py and smoke.py: answers "run N" on standard input with the seconds that N training steps
// took, "loss N" with the loss of the last of N steps, "kernels N" with the seconds of the kernels alone in N
// steps, "flops" with the arithmetic of a step's products and convolutions, "parameters" with their number,
// "memory" with MB: the peak of the process, or what the session holds on its device. "plan" and "profile"
// print tables. --plant bytes|bits feeds a wrong batch, to test that it is noticed.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

// Whether the workload's samples are images (one workload has them flattened), which a backend may take as
// bytes: a run on Fashion-MNIST or CIFAR passes them that way.
bool hasImages(const DatasetInfo& data) {
  return data.inputs[0].sample.rank() == 3 || data.inputs[0].sample.elements() == 28 * 28;
}

// A batch in the form that a plan takes.
class Batch {
 public:
  Batch(const Plan& plan, const DatasetInfo& data, std::string_view plant)
      : synthetic_(syntheticBatch(data, plan.batch, 1)) {
    std::vector<float>& floats = synthetic_.features;
    if (plan.takesBytes() || !plant.empty())
      for (const float v : floats)
        bytes_.push_back(static_cast<std::uint8_t>(std::clamp(128 + 64 * v, 0.0f, 255.0f)));
    if (plant == "bits") {  // what a plan of floats reads if it is given bytes
      for (std::size_t i = 0; i < floats.size(); ++i)
        std::memcpy(&floats[i], &bytes_[4 * i % (bytes_.size() - 3)], sizeof(float));
      bytes_.clear();
    }
    check("features", features().size(), plan.inputType(0));
    check("labels", labels().size(), plan.inputType(1));
  }

  std::span<const std::byte> features() const {
    return bytes_.empty() ? std::as_bytes(std::span(synthetic_.features)) : std::as_bytes(std::span(bytes_));
  }
  std::span<const std::byte> labels() const {
    return synthetic_.classes.empty() ? std::as_bytes(std::span(synthetic_.targets))
                                      : std::as_bytes(std::span(synthetic_.classes));
  }

 private:
  static void check(std::string_view what, std::size_t size, const TensorType& wanted) {
    if (size != wanted.bytes())
      throw std::logic_error(
          fmt::format("the plan takes {} bytes of {}, the batch has {}", wanted.bytes(), what, size));
  }

  SyntheticBatch synthetic_;
  std::vector<std::uint8_t> bytes_;  // of images, if the plan takes bytes
};

double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

double megabytes(NetRunner& net, bool cpu) {
  if (cpu) return peakMegabytes();
  const MemoryUse use = net.session().memory();
  return static_cast<double>(use.total() - use.context) /
         (1 << 20);  // the driver's context is nobody's choice
}

void printPlan(const Plan& plan) {
  const Program& p = plan.train.program;
  for (std::size_t i = 0; i < p.nodes.size(); ++i)
    std::cout << "  " << p.nodes[i].op->name << ' ' << p.type(p.nodes[i].outputs[0]).shape.text() << ": "
              << plan.train.kernels[i].kernel << '\n';
}

Cost costOf(const Program& p, const Node& node) {
  const OpCall call = callOf(p, node);
  return node.op->cost ? node.op->cost(node.attrs, call.inputs, call.outputs) : Cost{};
}

double productFlops(const Plan& plan) {
  double flops = 0;
  for (const Node& node : plan.train.program.nodes)
    if (node.op->name == "matmul" || node.op->name.starts_with("conv2d") ||
        node.op->name.starts_with("attention"))
      flops += costOf(plan.train.program, node).flops;
  return flops;
}

std::int64_t parameters(const Plan& plan) {
  std::int64_t count = 0;
  for (const ParameterInfo& info : plan.parameters()) count += info.shape.elements();
  return count;
}

StepReport step(NetRunner& net, const Batch& batch) {
  return net.run(Phase::Train, batch.features().data(), batch.labels().data()).value();
}

float lossAfter(NetRunner& net, const Batch& batch, int steps) {
  StepReport report;
  for (int i = 0; i < steps; ++i) report = step(net, batch);
  for (const ReportSlot& slot : net.plan().report)
    if (slot.name == "loss") return report.values[static_cast<std::size_t>(slot.first)];
  throw std::logic_error("the plan reports no loss");
}

// Without the copy of the batch, and without what a step takes beyond its kernels.
double kernelSeconds(NetRunner& net, const Batch& batch, int steps) {
  net.session().setProfiling(true);
  double seconds = 0;
  for (int i = 0; i < steps; ++i) {
    step(net, batch);
    for (const NodeTime& t : net.session().profile())
      if (t.node != kTransfer) seconds += t.seconds;
  }
  net.session().setProfiling(false);
  return seconds;
}

// Time by node over one profiled step.
void printProfile(NetRunner& net, const Batch& batch) {
  net.session().setProfiling(true);
  step(net, batch);
  const Program& p = net.plan().train.program;
  for (const NodeTime& t : net.session().profile()) {
    if (t.node == kTransfer) {
      std::cout << "  " << static_cast<std::int64_t>(t.seconds * 1e6) << " us  copy of the batch\n";
      continue;
    }
    const Node& node = p.nodes[static_cast<std::size_t>(t.node)];
    const Cost cost = costOf(p, node);
    std::cout << "  " << static_cast<std::int64_t>(t.seconds * 1e6) << " us  "
              << cost.flops / t.seconds * 1e-9 << " GFLOP/s  " << cost.bytes / t.seconds * 1e-9 << " GB/s  "
              << node.op->name << ' ' << p.type(node.outputs[0]).shape.text() << "  "
              << net.plan().train.kernels[static_cast<std::size_t>(t.node)].kernel << "  "
              << p.layers[static_cast<std::size_t>(node.layer)] << '\n';
  }
  net.session().setProfiling(false);
}

// Keeps as many steps in flight as the device takes, as the trainer does.
double runSteps(NetRunner& net, const Batch& batch, int steps) {
  const auto before = std::chrono::steady_clock::now();
  std::vector<Ticket> open;
  for (int i = 0; i < steps; ++i) {
    if (static_cast<int>(open.size()) == net.session().depth()) {
      net.session().wait(open.front()).value();
      open.erase(open.begin());
    }
    open.push_back(net.session()
                       .submit(Phase::Train,
                               net.inputs(Phase::Train, batch.features().data(), batch.labels().data(), -1))
                       .value());
  }
  for (const Ticket ticket : open) net.session().wait(ticket).value();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

int serve(std::map<std::string, std::string> flags) {
  const Workload w = workload(flags["--workload"]);
  TrainingConfig training;
  training.batch = std::stoll(flags["--batch"]);
  training.device.device = flags["--device"];
  training.device.threads = std::stoi(flags["--threads"]);
  training.device.deterministic = flags["--device"] == "cpu";
  training.device.precision = precisionFromName(flags["--precision"]).value();
  training.optimizer = flags["--optimizer"] == "adam" ? "adam" : "sgd";  // rates 0.001 and 0.01
  DatasetInfo data = w.data;
  if (hasImages(data)) {  // the backend decides whether the plan takes them as bytes
    const std::size_t channels =
        data.inputs[0].sample.rank() == 3 ? static_cast<std::size_t>(data.inputs[0].sample[2]) : 1;
    data.inputs[0].bytes =
        ByteScale::of(std::vector<float>(channels, 0.5f), std::vector<float>(channels, 4.0f));
  }
  auto net = NetRunner::open(w.network, training, data);
  if (!net.ok()) {
    std::cout << "error " << net.error().text() << std::endl;
    return 1;
  }
  const Batch batch(net->plan(), data, flags["--plant"]);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    int steps = 0;
    words >> command >> steps;
    if (command == "run") std::cout << runSteps(*net, batch, steps) << std::endl;
    if (command == "loss") std::cout << lossAfter(*net, batch, steps) << std::endl;
    if (command == "kernels") std::cout << kernelSeconds(*net, batch, steps) << std::endl;
    if (command == "flops") std::cout << fmt::format("{:.0f}", productFlops(net->plan())) << std::endl;
    if (command == "parameters") std::cout << parameters(net->plan()) << std::endl;
    if (command == "memory") std::cout << megabytes(*net, flags["--device"] == "cpu") << std::endl;
    if (command == "plan") printPlan(net->plan());
    if (command == "profile") printProfile(*net, batch);
    if (command == "quit") break;
  }
  return 0;
}

}  // namespace
}  // namespace tandem::testing

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags{{"--workload", "mlp"},  {"--batch", "128"},
                                           {"--optimizer", "sgd"}, {"--device", "cpu"},
                                           {"--threads", "0"},     {"--precision", "fp32"}};
  for (int i = 1; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  try {
    return tandem::testing::serve(std::move(flags));
  } catch (const std::exception& problem) {
    std::cout << "error " << problem.what() << std::endl;
    return 1;
  }
}
