#include "core/ops/channel_dropout.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct ChannelDropout {
  ops::DropoutAttrs attrs;
  float scale;
  std::int64_t perSample, channels;
  const float* step;

  __device__ void operator()(const float* in, float* out, std::int64_t i) const {
    const std::int64_t element = i / perSample * channels + i % channels;
    const bool kept = ops::channelDropoutKeeps(attrs, stepNumber(step), static_cast<std::uint64_t>(element));
    out[0] = kept ? in[0] * scale : 0.0f;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto a, ops::DropoutAttrs::from(request.attrs()));
  const auto view = ops::ChannelView::of(request.in(0).shape);
  const auto scale = static_cast<float>(1.0 / (1.0 - static_cast<double>(a.rate)));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([a, view, scale](cudaStream_t stream, const Operands& o) {
      const std::int64_t perSample = view.positions * view.channels;
      const MapPointers<1, 1, T> p{{o.input<T>(0)}, {o.output<T>(0)}};
      return map("channel_dropout", stream, p, view.samples * perSample,
                 ChannelDropout{a, scale, perSample, view.channels, o.input<float>(1)});
    });
  });
}

}  // namespace

extern const KernelList channel_dropout;
const KernelList channel_dropout = {{"cuda", make}};

}  // namespace tandem::cuda
