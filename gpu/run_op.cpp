#include "gpu/run_op.h"

#include <algorithm>
#include <cstring>

#include "gpu/capture.h"

namespace tandem::cuda {
namespace {

constexpr std::size_t kGuard = 256;
constexpr int kGuardByte = 0xA5;
constexpr int kPoison = 0xFF;  // NaN in every floating-point type

// A device copy of an operand between guard bytes.
struct Guarded {
  DeviceBuffer buffer;
  std::size_t bytes = 0;

  std::byte* data() const { return buffer.data() + kGuard; }

  static Result<Guarded> make(std::size_t bytes, const void* from) {
    Guarded guarded;
    guarded.bytes = bytes;
    TANDEM_ASSIGN(guarded.buffer, DeviceBuffer::make(bytes + 2 * kGuard));
    TANDEM_CUDA(cudaMemset(guarded.buffer.data(), kGuardByte, bytes + 2 * kGuard));
    if (bytes == 0) return guarded;
    if (from)
      TANDEM_CUDA(cudaMemcpy(guarded.data(), from, bytes, cudaMemcpyHostToDevice));
    else
      TANDEM_CUDA(cudaMemset(guarded.data(), kPoison, bytes));
    return guarded;
  }

  Status checkGuards(const std::string& name) const {
    std::array<unsigned char, 2 * kGuard> bytesAround{};
    TANDEM_CUDA(cudaMemcpy(bytesAround.data(), buffer.data(), kGuard, cudaMemcpyDeviceToHost));
    TANDEM_CUDA(cudaMemcpy(bytesAround.data() + kGuard, data() + bytes, kGuard, cudaMemcpyDeviceToHost));
    if (std::ranges::all_of(bytesAround, [](unsigned char b) { return b == kGuardByte; })) return success();
    return Error{ErrorCode::Numeric, "the kernel wrote outside " + name, {}, {}};
  }

  Status checkUnchanged(const void* original, const std::string& name) const {
    std::vector<std::byte> now(bytes);
    TANDEM_CUDA(cudaMemcpy(now.data(), data(), bytes, cudaMemcpyDeviceToHost));
    if (bytes == 0 || std::memcmp(now.data(), original, bytes) == 0) return success();
    return Error{ErrorCode::Numeric, "the kernel changed " + name, {}, {}};
  }
};

// Not captured, so that a kernel may still load code or fall back. Returns the seconds, including that.
Result<double> runOnce(Engine& engine, Kernel& kernel, const Operands& operands) {
  TANDEM_ASSIGN(const Event before, makeEvent(cudaEventDefault));
  TANDEM_ASSIGN(const Event after, makeEvent(cudaEventDefault));
  TANDEM_CUDA(cudaEventRecord(before.get(), engine.stream()));
  TANDEM_TRY(kernel.run(engine.stream(), operands));
  TANDEM_CUDA(cudaEventRecord(after.get(), engine.stream()));
  TANDEM_CUDA(cudaStreamSynchronize(engine.stream()));
  float milliseconds = 0;
  TANDEM_CUDA(cudaEventElapsedTime(&milliseconds, before.get(), after.get()));
  return milliseconds * 1e-3;
}

Result<double> time(Engine& engine, Kernel& kernel, const Operands& operands, int repeat) {
  const int perGraph = std::clamp(repeat, 1, 20), replays = std::clamp(repeat / perGraph, 3, 50);
  const auto enqueue = [&]() -> Status {
    for (int i = 0; i < perGraph; ++i) TANDEM_TRY(kernel.run(engine.stream(), operands));
    return success();
  };
  TANDEM_ASSIGN(const GraphExec graph, captureGraph(engine.stream(), enqueue));
  TANDEM_ASSIGN(const Event before, makeEvent(cudaEventDefault));
  TANDEM_ASSIGN(const Event after, makeEvent(cudaEventDefault));
  double best = 0;
  for (int i = 0; i < replays; ++i) {
    TANDEM_CUDA(cudaEventRecord(before.get(), engine.stream()));
    TANDEM_CUDA(cudaGraphLaunch(graph.get(), engine.stream()));
    TANDEM_CUDA(cudaEventRecord(after.get(), engine.stream()));
    TANDEM_CUDA(cudaEventSynchronize(after.get()));
    float milliseconds = 0;
    TANDEM_CUDA(cudaEventElapsedTime(&milliseconds, before.get(), after.get()));
    const double seconds = milliseconds * 1e-3 / perGraph;
    best = i == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace

Result<double> runOp(Engine& engine, Prepared& prepared, const OpCall& call,
                     std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs, int repeat) {
  std::vector<Guarded> in(inputs.size()), out(outputs.size());
  std::vector<void*> inAddress(inputs.size()), outAddress(outputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    TANDEM_ASSIGN(in[i], Guarded::make(call.inputs[i].bytes(), inputs[i]->bytes().data()));
    inAddress[i] = in[i].data();
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i]) continue;
    const auto pair = std::ranges::find(call.op->inPlace, static_cast<int>(i), &InPlace::output);
    if (pair != call.op->inPlace.end() && inAddress[static_cast<std::size_t>(pair->input)]) {
      outAddress[i] = inAddress[static_cast<std::size_t>(pair->input)];
      continue;
    }
    TANDEM_ASSIGN(out[i], Guarded::make(call.outputs[i].bytes(), nullptr));
    outAddress[i] = out[i].data();
  }
  TANDEM_ASSIGN(const Guarded workspace, Guarded::make(prepared.choice.workspaceBytes, nullptr));
  const Operands operands{inAddress.data(), outAddress.data(), workspace.data()};

  // The operands were filled on another stream.
  TANDEM_CUDA(cudaDeviceSynchronize());
  TANDEM_TRY(prepared.kernel->bind(operands));
  TANDEM_ASSIGN(const double first, runOnce(engine, *prepared.kernel, operands));
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!inAddress[i]) continue;
    const std::string name = "input " + operandName(*call.op, i);
    TANDEM_TRY(in[i].checkGuards(name));
    const bool replaced = std::ranges::any_of(
        call.op->inPlace, [&](const InPlace& pair) { return pair.input == static_cast<int>(i); });
    if (!replaced) TANDEM_TRY(in[i].checkUnchanged(inputs[i]->bytes().data(), name));
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i].buffer.size()) TANDEM_TRY(out[i].checkGuards("output " + resultName(*call.op, i)));
  TANDEM_TRY(workspace.checkGuards("its workspace"));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i] || call.outputs[i].bytes() == 0) continue;
    TANDEM_CUDA(cudaMemcpy(outputs[i]->bytes().data(), outAddress[i], call.outputs[i].bytes(),
                           cudaMemcpyDeviceToHost));
  }
  if (repeat <= 1) return first;
  return time(engine, *prepared.kernel, operands, repeat);
}

}  // namespace tandem::cuda
