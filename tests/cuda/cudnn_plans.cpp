// What cuDNN itself says about devices that are not here: that every convolution of every template and of the benchmark's
// networks has a deterministic plan in each precision that the GPU offers, within the limit of workspaces. The devices
// are described by the files of gpus/. Prints a table. Usage: tandem_cudnn_plans FOLDER [EVERY]
// With EVERY, each GPU is asked about every EVERY-th convolution, another one each; ctest does so, because all take minutes.
//
// Without a driver, cuDNN does not offer engines that it compiles at run time, so this covers the others only.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "core/compile/compile.h"
#include "core/ops/conv2d.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "core/runtime/gpu_budget.h"
#include "core/runtime/precisions.h"
#include "core/text/units.h"
#include "core/twin/card_forecast.h"
#include "gpu/convolution_graph.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

struct Gpu {
  std::string name;
  int capability = 0;
  std::size_t workspaceLimit = 0;
  cuda::GraphDescriptor description;
};

Gpu readGpu(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const auto json = nlohmann::json::parse(text.str());
  Gpu gpu;
  gpu.name = json.at("deviceName").get<std::string>();
  gpu.capability = json.at("computeCapability").get<int>() / 10;
  gpu.workspaceLimit = workspaceLimit(json.at("totalGlobalMem").get<std::size_t>());
  gpu.description = cuda::describedDevice(text.str()).value();
  return gpu;
}

// A convolution that at least one network has.
struct Question {
  ops::ConvPass pass;
  ops::Conv2dGeometry geometry;
  DType operands;
  std::string network;  // the first one

  std::string text() const {
    static constexpr const char* kPasses[] = {"forward", "dgrad", "wgrad"};
    const ops::WindowAxis &r = geometry.rows, &c = geometry.columns;
    return fmt::format("{} {} x{} w{} stride {}x{} dilation {}x{} pads {}/{} y{} groups {}{}{}",
                       kPasses[static_cast<int>(pass)], nameOf(operands), geometry.x().text(),
                       geometry.w().text(), r.stride, c.stride, r.dilation, c.dilation, r.before, c.before,
                       geometry.y().text(), geometry.groups, geometry.bias ? " bias" : "",
                       geometry.activation == ActivationKind::Relu ? " relu" : "");
  }
};
using Questions = std::map<std::string, Question>;

void addQuestions(const Plan& plan, const std::string& network, Questions& questions) {
  for (const PhasePlan* phase : {&plan.train, &plan.evaluate})
    for (const Node& node : phase->program.nodes) {
      const OpCall call = callOf(phase->program, node);
      const bool forward = node.op == &ops::conv2d, dgrad = node.op == &ops::conv2d_dgrad;
      if (!forward && !dgrad && node.op != &ops::conv2d_wgrad) continue;
      const auto pass = forward ? ops::ConvPass::Forward
                        : dgrad ? ops::ConvPass::Dgrad
                                : ops::ConvPass::Wgrad;
      Question question{pass, ops::Conv2dGeometry::of(pass, *call.attrs, call.inputs).value(),
                        call.inputs[0].dtype, network};
      questions.emplace(question.text(), question);
    }
}

// The convolutions of all networks in that precision. left: names of networks whose data is not installed.
Questions questionsIn(Precision precision, std::vector<std::string>& left) {
  const Card card{.name = "any", .capability = 90, .memoryBytes = 80e9, .bandwidth = 1e12, .fp32 = 1e13};
  CardBackend backend(card);
  Questions questions;
  const auto add = [&](const std::string& name, const Network& network, TrainingConfig training,
                       const DatasetInfo& data) {
    training.device.device = CardBackend::kDevice;
    training.device.precision = precision;
    const auto plan = compile(network, training, data, backend);
    if (!plan.ok()) throw std::runtime_error(name + ": " + plan.error().text());
    addQuestions(**plan, name, questions);
  };
  for (const TemplateInfo& info : templates()) {
    const Project project = projectFromTemplate(info.name).value();
    const auto data = probeDataset(trainingData(project));
    if (data.ok())
      add(info.name, project.network, project.training, *data);
    else
      left.push_back(info.name);
  }
  for (const std::string& name : testing::workloadNames()) {
    const testing::Workload workload = testing::workload(name);
    for (const std::int64_t batch : workload.batches) {
      TrainingConfig training;
      training.batch = batch;
      add(name, workload.network, training, workload.data);
    }
  }
  return questions;
}

struct Row {
  int plans = 0, fused = 0, fusible = 0, tensorCores = 0;
  std::size_t workspace = 0;
};

// Every `every`-th question, beginning with the one of that number. Returns the number of failures.
int ask(const Gpu& gpu, Precision precision, const Questions& questions, std::size_t every,
        std::size_t number) {
  DeviceOptions options;
  options.precision = precision;
  options.deterministic = true;
  Row row;
  int failures = 0;
  for (const auto& [text, question] : questions) {
    if (number++ % every != 0) continue;
    cuda::ConvolutionGraph graph{
        .pass = question.pass, .geometry = question.geometry, .operands = question.operands};
    const auto plan = cuda::planConvolution({.description = gpu.description.get()}, graph,
                                            cuda::graphRules(options, question.operands, gpu.workspaceLimit));
    const auto fail = [&](const std::string& why) {
      ++failures;
      std::cout << fmt::format("{}, {}, {}: {}: {}\n", gpu.name, nameOf(precision), question.network, text,
                               why);
    };
    if (!plan.ok()) {
      fail(plan.error().text());
      continue;
    }
    if (precision == Precision::Fp32 && plan->usesTensorCores()) fail("not in full precision");
    ++row.plans;
    const bool relu = question.geometry.activation == ActivationKind::Relu;
    row.fusible += question.pass == ops::ConvPass::Forward &&
                   (relu || (question.geometry.bias && question.geometry.activation == ActivationKind::None));
    row.fused += graph.bias || graph.relu;
    row.tensorCores += plan->usesTensorCores();
    row.workspace = std::max(row.workspace, plan->workspaceBytes());
  }
  std::cout << fmt::format("{:<36} {:<5} {:>5} {:>6} of {:<4} {:>12} {:>10}\n", gpu.name, nameOf(precision),
                           row.plans, row.fused, row.fusible, row.tensorCores,
                           bytesText(static_cast<double>(row.workspace)));
  return failures;
}

int run(const std::filesystem::path& folder, std::size_t every) {
  std::vector<Gpu> gpus;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) gpus.push_back(readGpu(entry.path()));
  std::ranges::sort(gpus, {}, [](const Gpu& g) { return std::pair(g.capability, g.name); });
  int failures = 0;
  if (gpus.size() < 7) {
    ++failures;
    std::cout << "only " << gpus.size() << " GPUs are described in " << folder << '\n';
  }
  std::cout << fmt::format("cuDNN {}\n{:<36} {:<5} {:>5} {:>14} {:>12} {:>10}\n", cudnnGetVersion(), "GPU",
                           "", "plans", "fused", "tensor cores", "workspace");
  for (const Precision precision : kPrecisions) {
    std::vector<std::string> left;
    const Questions questions = questionsIn(precision, left);
    if (precision == Precision::Fp32)
      for (const std::string& name : left)
        std::cout << "left out, because its data is not installed: " << name << '\n';
    if (questions.size() < 50) {
      ++failures;
      std::cout << "only " << questions.size() << " convolutions were found\n";
    }
    for (std::size_t g = 0; g < gpus.size(); ++g) {
      const std::vector<PrecisionOffer> offers = gpuPrecisions(gpus[g].capability);
      if (std::ranges::find(offers, precision, &PrecisionOffer::precision) != offers.end())
        failures += ask(gpus[g], precision, questions, every, g);
    }
  }
  return failures;
}

}  // namespace
}  // namespace tandem

int main(int count, char** arguments) {
  const int every = count == 3 ? std::atoi(arguments[2]) : 1;
  if (count < 2 || count > 3 || every < 1) {
    std::cerr << "usage: tandem_cudnn_plans FOLDER [EVERY]\n";
    return 2;
  }
  try {
    return tandem::run(arguments[1], static_cast<std::size_t>(every)) == 0 ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
