#include "gpu/session.h"

#include <nvtx3/nvToolsExt.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

#include "gpu/capture.h"
#include "gpu/host/failure.h"
#include "gpu/host/parallel_copy.h"
#include "gpu/host/ticket_ring.h"
#include "gpu/host/wait_mode.h"
#include "gpu/pass.h"
#include "gpu/prepare.h"

namespace tandem::cuda {
namespace {

// The largest batch, in bytes, that the captured step itself copies. A concurrent copy would arrive earlier,
// but the copy stream costs three more calls and a wait between streams.
constexpr std::size_t kCopyInStep = std::size_t{32} << 10;

class CudaSession : public Session {
 public:
  CudaSession(std::shared_ptr<const Plan> plan, DeviceState& device)
      : plan_(std::move(plan)), device_(device), layout_(slotLayout(*plan_)) {}

  ~CudaSession() override {
    // The members' destructors must run on this device, too. An error repeats what an earlier call reported.
    static_cast<void>(useDevice(device_.ordinal));
    if (engine_) static_cast<void>(cudaStreamSynchronize(engine_->stream()));
    if (copy_) static_cast<void>(cudaStreamSynchronize(copy_.get()));
  }

  Status open(const Cancelled& cancelled) {
    const std::lock_guard alone(device_.opening);
    TANDEM_TRY(checkCancelled(cancelled));
    TANDEM_TRY(useDevice(device_.ordinal));
    std::size_t after = 0, total = 0;
    TANDEM_CUDA(cudaMemGetInfo(&freeBytes_, &total));
    auto engine = Engine::make(device_.ordinal);
    if (!engine.ok()) return worded(std::move(engine).error());
    engine_ = std::move(*engine);
    TANDEM_ASSIGN(copy_, makeStream());
    TANDEM_TRY(allocate());
    passes_[0].plan = &plan_->train;
    passes_[1].plan = &plan_->evaluate;
    for (Pass& pass : passes_) {
      TANDEM_TRY(checkCancelled(cancelled));
      TANDEM_TRY(worded(build(pass)));
    }
    TANDEM_TRY(clear());
    for (Pass& pass : passes_) {
      TANDEM_TRY(checkCancelled(cancelled));
      TANDEM_TRY(worded(tryOnce(pass)));
    }
    TANDEM_TRY(clear());
    for (Pass& pass : passes_)
      for (int slot = 0; slot < kSessionDepth; ++slot) TANDEM_TRY(worded(capture(pass, slot)));
    TANDEM_CUDA(cudaStreamSynchronize(engine_->stream()));
    TANDEM_CUDA(cudaMemGetInfo(&after, &total));
    const std::size_t taken = freeBytes_ > after ? freeBytes_ - after : 0;
    contextBytes_ = device_.contextBytes + (taken > allocated_ ? taken - allocated_ : 0);
    if (device_.contextBytes > 0 && contextBytes_ > device_.withLibraries)
      device_.withLibraries = contextBytes_;
    return success();
  }

  Status write(Role block, std::size_t offset, std::span<const std::byte> bytes) override {
    TANDEM_TRY(usable());
    DeviceBuffer* buffer = bufferOf(block);
    TANDEM_CHECK(buffer && offset + bytes.size() <= buffer->size(), "write past the end of a block");
    if (bytes.empty()) return success();
    TANDEM_TRY(seen(useDevice(device_.ordinal)));
    // On the compute stream, because a plain copy may return before its data has arrived.
    TANDEM_TRY(seen(check(cudaMemcpyAsync(buffer->data() + offset, bytes.data(), bytes.size(),
                                          cudaMemcpyHostToDevice, engine_->stream()),
                          "writing a block")));
    return seen(check(cudaStreamSynchronize(engine_->stream()), "writing a block"));
  }

  Status read(Role block, std::size_t offset, std::span<std::byte> bytes) override {
    TANDEM_TRY(usable());
    const DeviceBuffer* buffer = bufferOf(block);
    TANDEM_CHECK(buffer && offset + bytes.size() <= buffer->size(), "read past the end of a block");
    return fetch(buffer->data() + offset, bytes, "reading a block");
  }

  Status readValue(Phase phase, ValueId value, std::span<std::byte> bytes) override {
    TANDEM_TRY(usable());
    const Pass& pass = passOf(phase);
    TANDEM_CHECK(value >= 0 && static_cast<std::size_t>(value) < pass.places.size(), "no such value");
    const void* from = address(pass.places[static_cast<std::size_t>(value)], pass.lastSlot);
    TANDEM_CHECK(from && bytes.size() <= pass.plan->program.type(value).bytes(), "value is not readable");
    return fetch(from, bytes, "reading a value");
  }

  Result<Ticket> submit(Phase phase, const StepInputs& inputs) override {
    TANDEM_TRY(usable());
    TANDEM_CHECK(!ring_.full(), "more tickets open than depth()");
    TANDEM_TRY(seen(useDevice(device_.ordinal)));
    const int index = ring_.slot(ring_.next());
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    Pass& pass = passOf(phase);
    stage(slot, *pass.plan, inputs);
    TANDEM_TRY(seen(start(slot, pass, index)));
    slot.phase = phase;
    pass.lastSlot = index;
    return ring_.begin();
  }

  Result<bool> finished(Ticket ticket) override {
    TANDEM_TRY(usable());
    TANDEM_CHECK(ring_.isOpen(ticket), "ticket is not open");
    TANDEM_TRY(seen(useDevice(device_.ordinal)));
    const cudaError_t status = cudaEventQuery(slotOf(ticket).end());
    if (status == cudaErrorNotReady) {
      static_cast<void>(cudaGetLastError());  // otherwise the next launch of this thread would report it
      return false;
    }
    TANDEM_TRY(seen(check(status, "running a step")));
    return true;
  }

  Result<StepReport> wait(Ticket ticket) override {
    TANDEM_TRY(usable());
    TANDEM_CHECK(ring_.isOpen(ticket), "ticket is not open");
    Slot& slot = slotOf(ticket);
    TANDEM_TRY(seen(useDevice(device_.ordinal)));
    const auto begin = std::chrono::steady_clock::now();
    TANDEM_TRY(seen(check(cudaEventSynchronize(slot.end()), "running a step")));
    waitMode_.waited(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    ring_.end(ticket);
    if (slot.timed) TANDEM_TRY(readTimers(slot, passOf(slot.phase)));
    return StepReport{{reinterpret_cast<const float*>(slot.staging.data() + layout_.report),
                       plan_->phase(slot.phase).reportValues}};
  }

  int depth() const override { return kSessionDepth; }

  MemoryUse memory() const override {
    MemoryUse use;
    use.weights = parameters_.size();
    use.gradients = gradients_.size();
    use.optimizer = optimizer_.size();
    use.states = states_.size();
    use.workspace = std::min(plan_->forecast.workspace, arena_.size());
    use.activations = arena_.size() - use.workspace;
    use.inputs = kSessionDepth * (layout_.step + kStepSlots * sizeof(float));
    use.context = contextBytes_;
    return use;
  }

  void setProfiling(bool on) override { profiling_ = on; }
  std::vector<NodeTime> profile() const override { return profile_; }
  std::string limitation() const override { return limitation_; }

 private:
  Pass& passOf(Phase phase) { return passes_[phase == Phase::Train ? 0 : 1]; }
  Slot& slotOf(Ticket ticket) { return slots_[static_cast<std::size_t>(ring_.slot(ticket))]; }

  DeviceBuffer* bufferOf(Role role) {
    switch (role) {
      case Role::Parameter:
        return &parameters_;
      case Role::Gradient:
        return &gradients_;
      case Role::Optimizer:
        return &optimizer_;
      case Role::State:
        return &states_;
      default:
        return nullptr;
    }
  }

  void* address(const Place& place, int slot) const {
    const auto at = [&](const DeviceBuffer& buffer) -> void* { return buffer.data() + place.offset; };
    switch (place.region) {
      case Region::None:
        return nullptr;
      case Region::Parameter:
        return at(parameters_);
      case Region::Gradient:
        return at(gradients_);
      case Region::Optimizer:
        return at(optimizer_);
      case Region::State:
        return at(states_);
      case Region::Slot:
        return at(slots_[static_cast<std::size_t>(slot)].device);
      case Region::Arena:
        return at(arena_);
    }
    return nullptr;
  }

  Status usable() const {
    if (!device_.lost) return success();
    return lostDevice(device_.id);
  }

  // Records a sticky error, so that this device is not used again; adds the place to the error.
  Status seen(Status status, const std::string& where = {}) {
    if (status.ok()) return status;
    Error error = std::move(status).error();
    if (error.code == ErrorCode::DeviceLost) device_.lost = true;
    if (error.where.empty()) error.where = where.empty() ? device_.id : where;
    return error;
  }

  std::string nameOf(const Pass& pass, const Pass::Call& call) const {
    const Node& node = pass.plan->program.nodes[static_cast<std::size_t>(call.node)];
    std::string op(node.op->name);
    if (node.layer < 0) return op;
    return pass.plan->program.layers[static_cast<std::size_t>(node.layer)] + " (" + op + ")";
  }

  // The message for a full device, whatever found it full: an allocation, a library, or a kernel whose code is loaded
  // when it first runs.
  Status worded(Status status) const {
    if (status.ok() || status.error().code != ErrorCode::OutOfMemory) return status;
    const std::size_t arena = std::max(plan_->train.arenaBytes, plan_->evaluate.arenaBytes);
    const std::size_t fixed =
        plan_->parameterBytes + plan_->gradientBytes + plan_->optimizerBytes + plan_->stateBytes;
    LargestResult largest = largestResult(plan_->trains() ? plan_->train : plan_->evaluate);
    return outOfMemory(
        {fixed, arena + kSessionDepth * layout_.bytes, plan_->batch, std::move(largest.layer), largest.bytes},
        freeBytes_, device_.id);
  }

  // One allocation per block. Training and evaluation never run at once, so they share the arena.
  Status allocate() {
    const std::size_t arena = std::max(plan_->train.arenaBytes, plan_->evaluate.arenaBytes);
    const auto make = [&](DeviceBuffer& buffer, std::size_t bytes) -> Status {
      auto created = DeviceBuffer::make(bytes);
      if (!created.ok()) return worded(std::move(created).error());
      buffer = std::move(*created);
      allocated_ += bytes;
      return success();
    };
    TANDEM_TRY(make(parameters_, plan_->parameterBytes));
    TANDEM_TRY(make(gradients_, plan_->gradientBytes));
    TANDEM_TRY(make(optimizer_, plan_->optimizerBytes));
    TANDEM_TRY(make(states_, plan_->stateBytes));
    TANDEM_TRY(make(arena_, arena));
    for (Slot& slot : slots_) {
      TANDEM_TRY(make(slot.device, layout_.bytes));
      TANDEM_ASSIGN(slot.staging, PinnedBuffer::make(layout_.bytes));
      std::memset(slot.staging.data(), 0, layout_.bytes);
      TANDEM_ASSIGN(slot.copied, makeEvent(cudaEventDisableTiming));
      TANDEM_ASSIGN(slot.done[0], makeEvent(cudaEventDisableTiming));
      TANDEM_ASSIGN(slot.done[1], makeEvent(cudaEventDisableTiming | cudaEventBlockingSync));
    }
    return success();
  }

  Status clear() {
    const auto zero = [&](const DeviceBuffer& buffer) -> Status {
      if (buffer.size() == 0) return success();
      return check(cudaMemsetAsync(buffer.data(), 0, buffer.size(), engine_->stream()), "clearing memory");
    };
    for (const DeviceBuffer* buffer : {&parameters_, &gradients_, &optimizer_, &states_, &arena_})
      TANDEM_TRY(zero(*buffer));
    for (const Slot& slot : slots_) TANDEM_TRY(zero(slot.device));
    return check(cudaStreamSynchronize(engine_->stream()), "clearing memory");
  }

  Status build(Pass& pass) {
    const Program& program = pass.plan->program;
    pass.places = places(*pass.plan, layout_);
    for (std::size_t i = 0; i < program.nodes.size(); ++i) {
      const Node& node = program.nodes[i];
      if (node.op->view) continue;
      Pass::Call call;
      call.node = static_cast<std::int32_t>(i);
      call.inputs = node.inputs.size();
      call.outputs = node.outputs.size();
      const KernelChoice& choice = pass.plan->kernels[i];
      auto prepared = prepare(*engine_, plan_->options, callOf(program, node), choice.kernel);
      if (!prepared.ok()) return seen(std::move(prepared).error(), nameOf(pass, call));
      if (prepared->choice.workspaceBytes > choice.workspaceBytes)
        return Error{ErrorCode::Unsupported, "the kernel needs more workspace than the plan reserved",
                     nameOf(pass, call), "Recompile the network"};
      call.kernel = std::move(prepared->kernel);
      call.workspace = arena_.data() + pass.plan->workspaceOffset[i];
      for (int slot = 0; slot < kSessionDepth; ++slot) {
        auto& list = call.operands[static_cast<std::size_t>(slot)];
        for (const auto* ids : {&node.inputs, &node.outputs})
          for (const ValueId id : *ids)
            list.push_back(id == kNoValue ? nullptr
                                          : address(pass.places[static_cast<std::size_t>(id)], slot));
      }
      TANDEM_TRY(seen(call.kernel->bind(call.at(0)), nameOf(pass, call)));
      pass.calls.push_back(std::move(call));
    }
    return success();
  }

  // Runs each kernel once and waits for it, so that a failing kernel is reported here by name, and so that
  // nothing is loaded or compiled while a graph is captured. The blocks are cleared afterwards.
  Status tryOnce(Pass& pass) {
    for (Pass::Call& call : pass.calls) {
      const std::string name = nameOf(pass, call);
      TANDEM_TRY(seen(call.kernel->run(engine_->stream(), call.at(0)), name));
      TANDEM_TRY(seen(check(cudaStreamSynchronize(engine_->stream()), "first run"), name));
    }
    return success();
  }

  bool copiesInStep() const { return layout_.copied <= kCopyInStep; }

  Status copyBatch(const Slot& slot, cudaStream_t stream) {
    return check(cudaMemcpyAsync(slot.device.data(), slot.staging.data(), layout_.copied,
                                 cudaMemcpyHostToDevice, stream),
                 "copying a batch");
  }

  Status runAll(Pass& pass, int slot) {
    if (copiesInStep()) TANDEM_TRY(copyBatch(slots_[static_cast<std::size_t>(slot)], engine_->stream()));
    for (Pass::Call& call : pass.calls) {
      Status status = call.kernel->run(engine_->stream(), call.at(slot));
      if (!status.ok()) return seen(std::move(status), nameOf(pass, call));
    }
    return fetchReport(pass, slot);
  }

  Status fetchReport(const Pass& pass, int slot) {
    const std::size_t bytes = pass.plan->reportValues * sizeof(float);
    if (bytes == 0) return success();  // inference
    const Slot& of = slots_[static_cast<std::size_t>(slot)];
    return check(cudaMemcpyAsync(of.staging.data() + layout_.report, of.device.data() + layout_.report, bytes,
                                 cudaMemcpyDeviceToHost, engine_->stream()),
                 "reading the report");
  }

  // A step that cannot be captured is launched kernel by kernel, which is slower but works.
  Status capture(Pass& pass, int slot) {
    auto graph = captureGraph(engine_->stream(), [&] { return runAll(pass, slot); });
    Status captured = success();
    if (graph.ok()) {
      captured = check(cudaGraphUpload(graph->get(), engine_->stream()), "loading a captured step");
      if (captured.ok()) pass.graphs[static_cast<std::size_t>(slot)] = std::move(*graph);
    } else {
      captured = std::move(graph).error();
    }
    captured = seen(std::move(captured));
    if (captured.ok() || device_.lost || captured.error().code == ErrorCode::OutOfMemory) return captured;
    limitation_ =
        "steps run kernel by kernel, which is slower, because they cannot be captured as a CUDA graph (" +
        captured.error().where + ": " + captured.error().message + ")";
    return success();
  }

  // nullptr if the profiled step cannot be captured.
  const GraphExec* timedGraph(Slot& slot, Pass& pass, int index) {
    auto& graph = pass.timedGraphs[static_cast<std::size_t>(index)];
    if (!graph) {
      auto captured = captureGraph(engine_->stream(),
                                   [&] { return runApart(slot, pass, index, cudaEventRecordExternal); });
      graph = captured.ok() ? std::move(*captured) : GraphExec();
    }
    return *graph ? &*graph : nullptr;
  }

  void stage(Slot& slot, const PhasePlan& phase, const StepInputs& inputs) {
    std::byte* host = slot.staging.data();
    TANDEM_CHECK(inputs.tensors.size() == phase.inputs.size(), "a pass needs all inputs of the plan");
    for (std::size_t i = 0; i < phase.inputs.size(); ++i) {
      const ValueId id = phase.inputs[i].value;
      if (id == kNoValue) continue;
      TANDEM_CHECK(inputs.tensors[i], "the batch lacks an input");
      parallelCopy(host + layout_.inputs[i], inputs.tensors[i], phase.program.type(id).bytes(), copyThreads_);
    }
    std::memcpy(host + layout_.step, inputs.step.data(), sizeof(inputs.step));
    std::memset(host + layout_.report, 0, plan_->train.reportValues * sizeof(float));
  }

  Status start(Slot& slot, Pass& pass, int index) {
    const bool apart = profiling_ || plan_->options.findFaults;  // kernel by kernel
    const cudaStream_t stream = copiesInStep() ? engine_->stream() : copy_.get();
    if (profiling_)
      TANDEM_TRY(copyTimed(slot, stream));
    else if (apart || !copiesInStep())
      TANDEM_TRY(copyBatch(slot, stream));
    if (!copiesInStep()) {
      TANDEM_CUDA(cudaEventRecord(slot.copied.get(), copy_.get()));
      TANDEM_CUDA(cudaStreamWaitEvent(engine_->stream(), slot.copied.get(), 0));
    }
    slot.timed = profiling_;
    const GraphExec* graph = &pass.graphs[static_cast<std::size_t>(index)];
    if (apart) {
      TANDEM_TRY(makeTimers(slot, pass));
      // Launched one by one, small kernels would wait for the host, and their times would contain that.
      graph = plan_->options.findFaults || !*graph ? nullptr : timedGraph(slot, pass, index);
    }
    if (graph && *graph)
      TANDEM_CUDA(cudaGraphLaunch(graph->get(), engine_->stream()));
    else if (apart)
      TANDEM_TRY(runApart(slot, pass, index, cudaEventRecordDefault));
    else
      TANDEM_TRY(runAll(pass, index));
    slot.blocks = waitMode_.blocks();
    return check(cudaEventRecord(slot.end(), engine_->stream()), "recording the end of a step");
  }

  Status copyTimed(Slot& slot, cudaStream_t stream) {
    for (Event& mark : slot.transfer)
      if (!mark) {
        TANDEM_ASSIGN(mark, makeEvent(cudaEventDefault));
      }
    TANDEM_CUDA(cudaEventRecord(slot.transfer[0].get(), stream));
    TANDEM_TRY(copyBatch(slot, stream));
    return check(cudaEventRecord(slot.transfer[1].get(), stream), "timing the copy of a batch");
  }

  static Status makeTimers(Slot& slot, const Pass& pass) {
    while (slot.timers.size() < pass.calls.size() + 1) {
      TANDEM_ASSIGN(Event event, makeEvent(cudaEventDefault));
      slot.timers.push_back(std::move(event));
    }
    return success();
  }

  // Records an event before each kernel and after the last, and named ranges for profilers. Fault finding waits for each
  // kernel, because a fault surfaces only then. The events of a captured step are external: nodes of the graph.
  Status runApart(Slot& slot, Pass& pass, int index, unsigned record) {
    const std::vector<Event>& timers = slot.timers;
    TANDEM_CUDA(cudaEventRecordWithFlags(timers[0].get(), engine_->stream(), record));
    for (std::size_t i = 0; i < pass.calls.size(); ++i) {
      Pass::Call& call = pass.calls[i];
      const std::string name = nameOf(pass, call);
      nvtxRangePushA(name.c_str());
      Status status = call.kernel->run(engine_->stream(), call.at(index));
      nvtxRangePop();
      TANDEM_TRY(seen(std::move(status), name));
      TANDEM_CUDA(cudaEventRecordWithFlags(timers[i + 1].get(), engine_->stream(), record));
      if (plan_->options.findFaults)
        TANDEM_TRY(seen(check(cudaStreamSynchronize(engine_->stream()), "running a kernel"), name));
    }
    return fetchReport(pass, index);
  }

  Status readTimers(const Slot& slot, const Pass& pass) {
    std::vector<NodeTime> times(pass.calls.size());
    for (std::size_t i = 0; i < pass.calls.size(); ++i) {
      float milliseconds = 0;
      TANDEM_CUDA(cudaEventElapsedTime(&milliseconds, slot.timers[i].get(), slot.timers[i + 1].get()));
      times[i] = {pass.calls[i].node, milliseconds * 1e-3};
    }
    float milliseconds = 0;
    TANDEM_CUDA(cudaEventElapsedTime(&milliseconds, slot.transfer[0].get(), slot.transfer[1].get()));
    times.push_back({kTransfer, milliseconds * 1e-3});
    profile_ = std::move(times);
    return success();
  }

  Status fetch(const void* from, std::span<std::byte> bytes, std::string_view what) {
    TANDEM_TRY(seen(useDevice(device_.ordinal)));
    TANDEM_TRY(seen(check(cudaStreamSynchronize(engine_->stream()), what)));
    if (bytes.empty()) return success();
    return seen(check(cudaMemcpy(bytes.data(), from, bytes.size(), cudaMemcpyDeviceToHost), what));
  }

  std::shared_ptr<const Plan> plan_;
  DeviceState& device_;
  const SlotLayout layout_;
  const int copyThreads_ = copyThreads(layout_.copied, std::thread::hardware_concurrency());
  std::unique_ptr<Engine> engine_;
  Stream copy_;
  DeviceBuffer parameters_, gradients_, optimizer_, states_, arena_;
  std::array<Slot, kSessionDepth> slots_;
  std::array<Pass, 2> passes_;
  TicketRing ring_{kSessionDepth};
  std::size_t freeBytes_ = 0;  // before it was opened
  std::size_t allocated_ = 0, contextBytes_ = 0;
  WaitMode waitMode_;
  std::string limitation_;
  bool profiling_ = false;
  std::vector<NodeTime> profile_;
};

}  // namespace

Result<std::unique_ptr<Session>> openSession(std::shared_ptr<const Plan> plan, DeviceState& device,
                                             const Cancelled& cancelled) {
  auto session = std::make_unique<CudaSession>(std::move(plan), device);
  TANDEM_TRY(session->open(cancelled));
  return std::unique_ptr<Session>(std::move(session));
}

}  // namespace tandem::cuda
