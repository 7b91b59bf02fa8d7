#include "tests/conformance/bandwidth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/conformance/operands.h"

namespace tandem::conformance {
namespace {

// Ops that read every element once and write every result once, in any order.
constexpr std::array<std::string_view, 18> kElementwise{"accumulate_gradient",
                                                        "activation",
                                                        "activation_grad",
                                                        "adadelta_update",
                                                        "adagrad_update",
                                                        "adam_update",
                                                        "add",
                                                        "average_weights",
                                                        "bias_add",
                                                        "cast",
                                                        "copy",
                                                        "dropout",
                                                        "lion_update",
                                                        "nadam_update",
                                                        "normalize",
                                                        "regularize",
                                                        "rmsprop_update",
                                                        "sgd_update"};

constexpr double kTarget = 0.8;  // of the copy's bandwidth

// The sample's operands, repeated along the first axis until all operands together have about `bytes` bytes.
// Operands smaller than the result (a bias, the step block) are unchanged. Values repeat, too.
struct Stretched {
  OpCall call;
  double bytes = 0;
  std::vector<Tensor> inputs, outputs;
};

Result<Stretched> stretch(const OpDef& op, const Sample& sample, double bytes) {
  const std::vector<RefTensor> small = fill(op, sample);
  std::vector<TensorType> types = typesOf(small);
  TANDEM_ASSIGN(std::vector<TensorType> results, op.infer(sample.attrs, types));
  const std::int64_t resultElements = results[0].shape.elements();
  const double copies = bytes / op.cost(sample.attrs, types, results).bytes;
  const std::int64_t times = std::max<std::int64_t>(1, static_cast<std::int64_t>(copies));
  Stretched out;
  for (std::size_t i = 0; i < small.size(); ++i) {
    const bool grows = present(types[i]) && types[i].shape.elements() >= resultElements;
    if (grows) {
      std::vector<std::int64_t> dims(types[i].shape.dims().begin(), types[i].shape.dims().end());
      dims[0] *= times;
      types[i].shape = Shape(dims);
    }
    if (!present(types[i])) {
      out.inputs.emplace_back();
      continue;
    }
    Tensor tensor(types[i]);
    const Tensor part = toTensor(small[i]);
    for (std::int64_t k = 0; k < (grows ? times : 1); ++k)
      std::memcpy(tensor.bytes().data() + static_cast<std::size_t>(k) * part.bytes().size(),
                  part.bytes().data(), part.bytes().size());
    out.inputs.push_back(std::move(tensor));
  }
  TANDEM_ASSIGN(results, op.infer(sample.attrs, types));
  for (const TensorType& type : results) out.outputs.emplace_back(type);
  out.bytes = op.cost(sample.attrs, types, results).bytes;
  out.call = {&op, &sample.attrs, std::move(types), std::move(results)};
  return out;
}

// Bytes per second of the fastest run.
Result<double> measure(Backend& backend, const DeviceOptions& options, Stretched& s,
                       std::string_view kernel) {
  std::vector<const Tensor*> in;
  std::vector<Tensor*> out;
  for (std::size_t i = 0; i < s.inputs.size(); ++i)
    in.push_back(present(s.call.inputs[i]) ? &s.inputs[i] : nullptr);
  for (Tensor& tensor : s.outputs) out.push_back(&tensor);
  TANDEM_ASSIGN(const double once, backend.runOp(options, s.call, kernel, in, out, 1));
  const int repeat = std::clamp(static_cast<int>(0.2 / std::max(1e-7, once)), 5, 500);
  TANDEM_ASSIGN(const double best, backend.runOp(options, s.call, kernel, in, out, repeat));
  return s.bytes / best;
}

Result<double> copyBandwidth(Backend& backend, const DeviceOptions& options, double bytes) {
  const OpDef* copy = findOp("copy");
  TANDEM_CHECK(copy, "the copy op exists");
  const std::vector<Sample> samples = copy->samples();
  const auto large = std::ranges::find_if(samples, &Sample::perf);
  TANDEM_CHECK(large != samples.end(), "the copy has a sample worth timing");
  TANDEM_ASSIGN(Stretched s, stretch(*copy, *large, bytes));
  return measure(backend, options, s, {});
}

struct Line {
  std::string name, kernel;
  double rate = 0;
};

}  // namespace

int printBandwidth(Backend& backend, const DeviceOptions& options, const std::vector<OpSamples>& ops,
                   double bytes) {
  auto copy = copyBandwidth(backend, options, bytes);
  if (!copy.ok()) {
    fmt::print("FAIL copy: {}\n", copy.error().text());
    return 1;
  }
  fmt::print("{:44} {:10} {:>9} {:>9}\n", "sample", "kernel", "GB/s", "of a copy");
  std::vector<Line> lines;
  int failed = 0;
  for (const auto& [op, samples] : ops) {
    if (std::ranges::find(kElementwise, op->name) == kElementwise.end()) continue;
    for (const Sample& sample : samples) {
      if (!sample.perf) continue;
      auto stretched = stretch(*op, sample, bytes);
      auto rate = stretched.ok() ? measure(backend, options, *stretched, {}) : stretched.error();
      if (!rate.ok()) {
        fmt::print("FAIL {}: {}\n", nameOf(*op, sample), rate.error().text());
        ++failed;
        continue;
      }
      const auto choice = backend.choose(options, stretched->call);
      lines.push_back({nameOf(*op, sample), choice.ok() ? choice->kernel : std::string(), *rate});
    }
  }
  if (const auto again = copyBandwidth(backend, options, bytes); again.ok()) copy = std::max(*copy, *again);
  for (const Line& line : lines)
    fmt::print("{:44} {:10} {:>9.1f} {:>8.0f}%\n", line.name, line.kernel, line.rate * 1e-9,
               100 * line.rate / *copy);
  if (lines.empty()) return 1;
  const Line& slowest = *std::ranges::min_element(lines, {}, &Line::rate);
  const auto reached =
      std::ranges::count_if(lines, [&](const Line& line) { return line.rate >= kTarget * *copy; });
  fmt::print("{} of {} at {:.0f}% of a copy ({:.0f} GB/s) or more; slowest {} {:.0f}%\n", reached,
             lines.size(), 100 * kTarget, *copy * 1e-9, slowest.name, 100 * slowest.rate / *copy);
  return failed == 0 ? 0 : 1;
}

}  // namespace tandem::conformance
