// The functions of the CUDA runtime that the backend uses, implemented with the Machine. Quirks:
//   no_capture       no step can be captured
//   no_event_nodes   a captured step cannot record events
//   busy_0           another process holds device 0 exclusively

#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tests/gpu_stand_in/block.h"
#include "tests/gpu_stand_in/machine.h"

using namespace tandem::stand_in;

struct CUevent_st {
  // Where it was last recorded; empty if never.
  std::shared_ptr<StreamState> stream;
  StreamState* raw = nullptr;
  std::uint64_t position = 0;
  bool recorded = false;  // also by a node of a graph
  bool timed = false;
  std::shared_ptr<double> milliseconds = std::make_shared<double>(-1);  // the time at which it was reached
};
struct CUgraph_st {
  std::vector<Work> nodes;
};
struct CUgraphExec_st {
  std::vector<Work> nodes;
};

namespace {

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool reached(const CUevent_st& event) {
  return !event.raw || event.raw->executed >= event.position;
}

cudaError_t capturing(cudaStream_t stream) {
  return streamOf(stream).capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

// With unpinned host memory, copies to the device read it at once, and copies from it block.
cudaError_t copyAsync(Machine& machine, void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                      StreamState& stream) {
  const bool toDevice = machine.owns(to), fromDevice = machine.owns(from);
  const cudaMemcpyKind found = toDevice ? (fromDevice ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice)
                                        : (fromDevice ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost);
  if (kind != cudaMemcpyDefault && kind != found) return cudaErrorInvalidMemcpyDirection;
  const void* host = toDevice ? (fromDevice ? nullptr : from) : to;
  const bool pageable = host && !machine.isPinned(host);
  if (pageable && stream.capturing) return cudaErrorStreamCaptureUnsupported;
  if (pageable && toDevice) {
    const auto* begin = static_cast<const std::byte*>(from);
    machine.enqueue(stream, [to, staged = std::vector<std::byte>(begin, begin + bytes)] {
      std::memcpy(to, staged.data(), staged.size());
    });
    return cudaSuccess;
  }
  machine.enqueue(stream, [=] { std::memmove(to, from, bytes); });
  if (pageable) machine.drain(stream, stream.enqueued);
  return cudaSuccess;
}

bool isMapped(std::uintptr_t address) {
  unsigned char resident = 0;
  constexpr std::uintptr_t kPage = 4096;
  return mincore(reinterpret_cast<void*>(address / kPage * kPage), 1, &resident) == 0;
}

// Whether an argument contains an address in the host's stack, heap or libraries, which a kernel could not
// access. (Padding in a structure may look like an address by chance, but such an address is not mapped.)
bool containsHostAddress(const Machine& machine, std::span<const ArgumentBytes> arguments) {
  for (const ArgumentBytes bytes : arguments)
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= bytes.size(); at += sizeof(std::uintptr_t)) {
      std::uintptr_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof(word));
      if (word >= 0x550000000000u && word < 0x800000000000u &&
          !machine.owns(reinterpret_cast<const void*>(word)) && isMapped(word))
        return true;
    }
  return false;
}

}  // namespace

namespace tandem::stand_in {

cudaError_t enqueueKernel(const cudaLaunchConfig_t& config, std::span<const ArgumentBytes> arguments,
                          ThreadBody body) {
  return entry([&](Machine& machine) {
    const dim3 grid = config.gridDim, block = config.blockDim;
    const bool empty = grid.x * grid.y * grid.z == 0 || block.x * block.y * block.z == 0;
    if (empty || block.x * block.y * block.z > 1024 || grid.y > 65535 || grid.z > 65535)
      return cudaErrorInvalidConfiguration;
    if (containsHostAddress(machine, arguments)) {
      std::fprintf(stderr, "stand-in: a kernel was given a host address\n");
      return cudaErrorInvalidValue;
    }
    if (machine.failsNow(machine.launches, settings().failingLaunch))
      return static_cast<cudaError_t>(settings().failure);
    machine.enqueue(streamOf(config.stream), [&machine, grid, block, body = std::move(body)] {
      if (machine.failsNow(machine.runs, settings().failingRun)) {
        machine.lose(static_cast<cudaError_t>(settings().failure), "the requested failure");
        return;
      }
      if (const std::string problem = runGrid(grid, block, body); !problem.empty())
        machine.lose(cudaErrorLaunchFailure, problem);
    });
    return cudaSuccess;
  });
}

}  // namespace tandem::stand_in

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = settings().devices;
  return query([](Machine&) { return cudaSuccess; });
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= settings().devices) return lastError() = cudaErrorInvalidDevice;
  currentDevice() = device;
  return entry([](Machine&) { return cudaSuccess; });  // since CUDA 12, it creates the context
}
cudaError_t cudaDeviceGetPCIBusId(char* to, int bytes, int device) {
  // The GPUs of the NVML stand-in.
  std::snprintf(to, static_cast<std::size_t>(bytes), device == 0 ? "0000:18:00.0" : "0000:2a:00.0");
  return device >= 0 && device < settings().devices ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int device) {
  return query([&](Machine&) {
    if (device < 0 || device >= settings().devices) return cudaErrorInvalidDevice;
    *p = {};
    std::snprintf(p->name, sizeof(p->name), "Stand-in GPU (computed by the CPU)");
    p->totalGlobalMem = settings().memoryBytes;
    p->major = settings().computeCapability / 10;
    p->minor = settings().computeCapability % 10;
    p->multiProcessorCount = 4;
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 0;
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  return entry([](Machine& machine) {
    machine.drainAll();
    return cudaSuccess;
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return entry([&](Machine& machine) {
    *free = machine.freeBytes();
    *total = settings().memoryBytes;
    return cudaSuccess;
  });
}
cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  return entry([&](Machine& machine) { return machine.allocate(address, bytes); });
}
cudaError_t cudaFree(void* address) {
  return entry([&](Machine& machine) {
    machine.drainAll();  // the real function waits too
    return address ? machine.release(address) : cudaSuccess;
  });
}
cudaError_t cudaHostAlloc(void** address, std::size_t bytes, unsigned) {
  return entry([&](Machine& machine) {
    *address = machine.allocatePinned(bytes);
    return *address ? cudaSuccess : cudaErrorMemoryAllocation;
  });
}
cudaError_t cudaFreeHost(void* address) {
  return entry([&](Machine& machine) {
    machine.drainAll();
    return machine.releasePinned(address) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t s) {
  return entry([&](Machine& machine) { return copyAsync(machine, to, from, bytes, kind, streamOf(s)); });
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return entry([&](Machine& machine) {
    const cudaError_t error = copyAsync(machine, to, from, bytes, kind, machine.nullStream());
    // Other streams are not waited for, because they were created as non-blocking.
    machine.drain(machine.nullStream(), machine.nullStream().enqueued);
    return error;
  });
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t s) {
  return entry([&](Machine& machine) {
    if (!machine.owns(to)) return cudaErrorInvalidValue;
    machine.enqueue(streamOf(s), [=] { std::memset(to, value, bytes); });
    return cudaSuccess;
  });
}
cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return cudaMemsetAsync(to, value, bytes, nullptr);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return entry([&](Machine& machine) {
    if (flags != cudaStreamNonBlocking) return cudaErrorInvalidValue;  // others are not emulated
    *stream = new CUstream_st{std::make_shared<StreamState>()};
    machine.add((*stream)->state.get());
    return cudaSuccess;
  });
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return entry([&](Machine& machine) {
    machine.drain(*stream->state, stream->state->enqueued);
    machine.remove(stream->state.get());
    delete stream;
    return cudaSuccess;
  });
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return entry([&](Machine& machine) {
    StreamState& state = streamOf(stream);
    if (const cudaError_t error = capturing(stream); error != cudaSuccess) return error;
    machine.drain(state, state.enqueued);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  return entry([&](Machine& machine) {
    if (!event->raw) return cudaSuccess;
    machine.enqueue(streamOf(stream), [&machine, kept = event->stream, other = event->raw,
                                       at = event->position] { machine.drain(*other, at); });
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return entry([&](Machine&) {
    *event = new CUevent_st;
    (*event)->timed = (flags & cudaEventDisableTiming) == 0;
    return cudaSuccess;
  });
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return entry([&](Machine&) {
    delete event;
    return cudaSuccess;
  });
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return entry([&](Machine& machine) {
    StreamState& state = streamOf(stream);
    if (state.capturing) {
      if (flags != cudaEventRecordExternal) return cudaErrorStreamCaptureUnsupported;  // not emulated
      if (quirk("no_event_nodes")) return cudaErrorNotSupported;
      machine.enqueue(state, [event] {
        event->recorded = true;
        event->raw = nullptr;
        *event->milliseconds = now();
      });
      return cudaSuccess;
    }
    if (flags != cudaEventRecordDefault)
      return cudaErrorIllegalState;  // as external events are for captures only
    event->recorded = true;
    event->milliseconds = std::make_shared<double>(-1);
    event->stream = stream ? stream->state : nullptr;
    event->raw = &state;
    event->position = state.enqueued + 1;
    machine.enqueue(state, [when = event->milliseconds] { *when = now(); });
    return cudaSuccess;
  });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, cudaEventRecordDefault);
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return entry([&](Machine& machine) {
    if (!reached(*event)) machine.step(*event->raw);
    return reached(*event) ? cudaSuccess : cudaErrorNotReady;
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return entry([&](Machine& machine) {
    if (event->raw) machine.drain(*event->raw, event->position);
    return cudaSuccess;
  });
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  return entry([&](Machine&) {
    if (!from->timed || !to->timed || !from->recorded || !to->recorded) return cudaErrorInvalidResourceHandle;
    if (!reached(*from) || !reached(*to)) return cudaErrorNotReady;
    *milliseconds = static_cast<float>(*to->milliseconds - *from->milliseconds);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  return entry([&](Machine&) {
    StreamState& state = streamOf(stream);
    if (!stream || state.capturing) return cudaErrorIllegalState;
    state.capturing = true;
    state.captured.clear();
    return cudaSuccess;
  });
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return entry([&](Machine&) {
    StreamState& state = streamOf(stream);
    if (!state.capturing) return cudaErrorIllegalState;
    state.capturing = false;
    if (quirk("no_capture")) return cudaErrorStreamCaptureInvalidated;
    *graph = new CUgraph_st{std::move(state.captured)};
    return cudaSuccess;
  });
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  return entry([&](Machine&) {
    *exec = new CUgraphExec_st{graph->nodes};
    return cudaSuccess;
  });
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) {
  return entry([](Machine&) { return cudaSuccess; });
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return entry([&](Machine& machine) {
    for (const Work& node : exec->nodes) machine.enqueue(streamOf(stream), node);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = lastError();
  lastError() = Machine::instance().lost();
  return error;
}
const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation"
         : error == cudaErrorIllegalAddress ? "cudaErrorIllegalAddress"
         : error == cudaErrorLaunchFailure  ? "cudaErrorLaunchFailure"
                                            : "an error of the stand-in";
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory"
         : error == cudaErrorIllegalAddress ? "an illegal memory access was encountered"
         : error == cudaErrorLaunchFailure  ? "unspecified launch failure"
         : error == cudaErrorNotReady       ? "device not ready"
         : error == cudaErrorInvalidDevice  ? "invalid device ordinal"
                                            : "see its number in driver_types.h";
}

}  // extern "C"
