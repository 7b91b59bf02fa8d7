// Shared by the oneDNN kernels: the engine, a sequence of primitives with bound operands, and the guard that
// turns oneDNN's exceptions into refusals.
#pragma once

#include <omp.h>

#include <string>
#include <vector>

#include "core/cpu/kernel.h"
#include "core/cpu/onednn_api.h"
#include "core/ops/activation_kind.h"

namespace tandem::cpu {

inline const dnnl::engine& onednnEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Functions that kernels apply to oneDNN's results themselves: its versions lack them, or their clipping turns NaN into a
// number.
inline bool appliedAfterwards(ActivationKind kind) {
  return kind == ActivationKind::Relu6 || kind == ActivationKind::HardSigmoid ||
         kind == ActivationKind::HardSwish || kind == ActivationKind::Mish;
}

// Nothing for functions that are applied afterwards.
inline void appendActivation(dnnl::post_ops& ops, ActivationKind kind, float alpha) {
  using dnnl::algorithm;
  switch (kind) {
    case ActivationKind::None:
      return;
    case ActivationKind::Relu:
      return onednn::appendEltwise(ops, algorithm::eltwise_relu, 0);
    case ActivationKind::LeakyRelu:
      return onednn::appendEltwise(ops, algorithm::eltwise_relu, alpha);
    case ActivationKind::Elu:
      return onednn::appendEltwise(ops, algorithm::eltwise_elu, alpha);
    case ActivationKind::Gelu:
      return onednn::appendEltwise(ops, algorithm::eltwise_gelu_erf, 0);
    case ActivationKind::Silu:
      return onednn::appendEltwise(ops, algorithm::eltwise_swish, 1);
    case ActivationKind::Sigmoid:
      return onednn::appendEltwise(ops, algorithm::eltwise_logistic, 0);
    case ActivationKind::Tanh:
      return onednn::appendEltwise(ops, algorithm::eltwise_tanh, 0);
    case ActivationKind::Softplus:  // log(1 + exp(alpha x)) / alpha in oneDNN 3
      return onednn::appendEltwise(ops, algorithm::eltwise_soft_relu, 1);
    case ActivationKind::Relu6:
    case ActivationKind::HardSigmoid:
    case ActivationKind::HardSwish:
    case ActivationKind::Mish:
      return;
  }
}

// oneDNN plans for omp_get_max_threads() of the thread that creates the primitive, which may differ from the
// session's; this sets it for a scope.
class TeamSizeScope {
 public:
  explicit TeamSizeScope(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~TeamSizeScope() { omp_set_num_threads(before_); }
  TeamSizeScope(const TeamSizeScope&) = delete;
  TeamSizeScope& operator=(const TeamSizeScope&) = delete;

 private:
  int before_;
};

// Calls `make` (returning a Result) with the team size set; an exception of oneDNN becomes a refusal.
template <class Make>
auto makeWithOnednn(int threads, const Make& make) -> decltype(make()) {
  const TeamSizeScope scope(threads);
  try {
    return make();
  } catch (const dnnl::error& e) {
    return refuse(std::string("oneDNN: ") + e.what());
  }
}

// A sequence of primitives over operands and workspace. Everything is decided during construction; run() only
// sets addresses and executes.
class OnednnSequence {
 public:
  enum class Place { Input, Output, Workspace, Packed };

  // An operand of the op, in the layout `desc`.
  dnnl::memory operand(Place place, int index, const dnnl::memory::desc& desc) {
    return bind(place, static_cast<std::size_t>(index), desc);
  }
  // A separate region of the workspace.
  dnnl::memory scratch(const dnnl::memory::desc& desc) {
    const std::size_t offset = workspaceBytes_;
    workspaceBytes_ += (desc.get_size() + 63) / 64 * 64;
    return bind(Place::Workspace, offset, desc);
  }
  // Frozen weights `from` in the layout `desc`, converted by the first run after each write of them.
  dnnl::memory packed(const dnnl::memory& from, const dnnl::memory::desc& desc) {
    if (from.get_desc() == desc) return from;
    const dnnl::memory to = bind(Place::Packed, packedBytes_, desc);
    packedBytes_ += (desc.get_size() + 63) / 64 * 64;
    addReorder(from, to);
    packing_.push_back(std::move(steps_.back()));
    steps_.pop_back();
    return to;
  }
  // `from` in the layout `desc`: `from` itself if it already has it, otherwise a reordered copy.
  dnnl::memory reordered(const dnnl::memory& from, const dnnl::memory::desc& desc) {
    if (from.get_desc() == desc) return from;
    const dnnl::memory to = scratch(desc);
    addReorder(from, to);
    return to;
  }
  void addReorder(const dnnl::memory& from, const dnnl::memory& to) {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::reorder::primitive_desc desc(from, to, attr);
    add(dnnl::reorder(desc),
        {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, scratch(desc.scratchpad_desc())}});
  }
  void add(dnnl::primitive primitive, const std::vector<std::pair<int, dnnl::memory>>& arguments) {
    Step step{std::move(primitive), {}};
    for (const auto& [name, memory] : arguments) step.arguments.push_back({name, memory.get()});
    steps_.push_back(std::move(step));
  }

  std::size_t workspaceBytes() const { return workspaceBytes_; }
  std::size_t packedBytes() const { return packedBytes_; }

  void run(const Operands& operands) {
    for (Binding& b : bindings_) {
      void* address = addressOf(b, operands);
      if (address == b.address) continue;  // only the addresses of the batch change within a session
      b.memory.set_data_handle(address);
      b.address = address;
    }
    if (packedVersion_ != operands.weightsVersion) execute(packing_);
    packedVersion_ = operands.weightsVersion;
    execute(steps_);
  }

 private:
  struct Binding {
    dnnl::memory memory;
    Place place;
    std::size_t at;  // index of the operand, or offset in the workspace or the packed weights
    void* address = nullptr;
  };
  struct Step {
    dnnl::primitive primitive;
    std::vector<dnnl_exec_arg_t> arguments;
  };

  static void* addressOf(const Binding& b, const Operands& operands) {
    switch (b.place) {
      case Place::Input:
        return operands.in[b.at];
      case Place::Output:
        return operands.out[b.at];
      case Place::Workspace:
        return static_cast<std::byte*>(operands.workspace) + b.at;
      case Place::Packed:
        break;
    }
    return static_cast<std::byte*>(operands.packed) + b.at;
  }

  void execute(const std::vector<Step>& steps) {
    // The C interface, because the C++ one builds two containers per call.
    for (const Step& step : steps) {
      const dnnl_status_t status =
          dnnl_primitive_execute(step.primitive.get(), stream_.get(), static_cast<int>(step.arguments.size()),
                                 step.arguments.data());
      TANDEM_CHECK(status == dnnl_success, "oneDNN could not execute a primitive that it had created");
    }
  }

  dnnl::memory bind(Place place, std::size_t at, const dnnl::memory::desc& desc) {
    bindings_.push_back({dnnl::memory(desc, onednnEngine(), DNNL_MEMORY_NONE), place, at});
    return bindings_.back().memory;
  }

  dnnl::stream stream_{onednnEngine()};
  std::vector<Binding> bindings_;
  std::vector<Step> steps_, packing_;
  std::size_t workspaceBytes_ = 0, packedBytes_ = 0;
  std::uint64_t packedVersion_ = 0;  // of the weights that were packed last
};

}  // namespace tandem::cpu
