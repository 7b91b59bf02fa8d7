#include "core/ops/pack_steps.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// A block moves the steps of one sample: values of 4 bytes, f32 or i32.
__global__ void __launch_bounds__(kThreads)
    packStepsKernel(const std::uint32_t* x, const std::int32_t* lengths, std::uint32_t* y, bool back,
                    int samples, int steps, int width) {
  const int n = static_cast<int>(blockIdx.x);
  std::int64_t before = 0, total = 0;  // the valid steps of the samples before this one, and of all
  for (int i = 0; i < samples; ++i) {
    const int valid = ops::validSteps(lengths[i], steps);
    if (i < n) before += valid;
    total += valid;
  }
  const std::int64_t valid = static_cast<std::int64_t>(ops::validSteps(lengths[n], steps)) * width;
  const std::int64_t all = static_cast<std::int64_t>(steps) * width;
  const std::int64_t own = n * all, packed = before * width;
  // Each sample fills as many rows behind those of all as it has steps of padding.
  const std::int64_t behind = (total + static_cast<std::int64_t>(n) * steps - before) * width - valid;
  for (std::int64_t i = threadIdx.x; i < all; i += kThreads) {
    const bool counts = i < valid;
    if (back)
      y[own + i] = counts ? x[packed + i] : 0u;
    else if (counts)
      y[packed + i] = x[own + i];
    else
      y[behind + i] = 0u;
  }
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const DType dtype = request.in(0).dtype;
  if (dtype != DType::F32 && dtype != DType::I32) return refuse("supports f32 and i32 only");
  if (!fits32(request.in(0).shape.elements())) return refuse("more than 2^31 elements");
  TANDEM_ASSIGN(const ops::Sequence s, ops::packedSequence(request.attrs(), request.call.inputs));
  const bool back = request.attrs().integer("back", 0) != 0;
  const int samples = static_cast<int>(s.samples), steps = static_cast<int>(s.steps),
            width = static_cast<int>(s.width);
  return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
    return launch("pack_steps", packStepsKernel, dim3(static_cast<unsigned>(samples)), kThreads, stream,
                  o.input<std::uint32_t>(0), o.input<std::int32_t>(1), o.output<std::uint32_t>(0), back,
                  samples, steps, width);
  });
}

}  // namespace

extern const KernelList pack_steps;
const KernelList pack_steps = {{"cuda", make}};

}  // namespace tandem::cuda
