#include "core/ops/affine.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct AffineNumber {
  float scale, offset;

  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = in[0] * scale + offset;
  }
};

struct AffineChannels {
  float scale[ops::AffineAttrs::kMaxChannels], offset[ops::AffineAttrs::kMaxChannels];
  int channels;

  __device__ void operator()(const float* in, float* out, std::int64_t i) const {
    const std::int64_t c = i % channels;
    out[0] = in[0] * scale[c] + offset[c];
  }
};

template <class F>
Result<std::unique_ptr<Kernel>> kernelFor(const KernelRequest& request, const F& f) {
  const std::int64_t n = request.in(0).shape.elements();
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([n, f](cudaStream_t stream, const Operands& o) {
      return map("affine", stream, MapPointers<1, 1, T>{{o.input<T>(0)}, {o.output<T>(0)}}, n, f);
    });
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto a, ops::AffineAttrs::from(request.attrs(), request.in(0).shape));
  if (a.scale.size() == 1)
    return kernelFor(request, AffineNumber{static_cast<float>(a.scale[0]), static_cast<float>(a.offset[0])});
  AffineChannels channels{};
  channels.channels = static_cast<int>(a.scale.size());
  for (std::size_t c = 0; c < a.scale.size(); ++c) {
    channels.scale[c] = static_cast<float>(a.scale[c]);
    channels.offset[c] = static_cast<float>(a.offset[c]);
  }
  return kernelFor(request, channels);
}

}  // namespace

extern const KernelList affine;
const KernelList affine = {{"cuda", make}};

}  // namespace tandem::cuda
