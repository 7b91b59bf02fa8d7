#include "core/ops/cast.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel.h"

namespace tandem::cpu {
namespace {

template <class From, class To>
class Cast : public Kernel {
 public:
  explicit Cast(const KernelRequest& request)
      : threads_(request.threads), count_(request.out(0).shape.elements()) {}

  void run(const Operands& operands) override {
    const From* from = operands.input<From>(0);
    To* to = operands.output<To>(0);
    parallelFor(threads_, count_, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) to[i] = static_cast<To>(from[i]);
    });
  }

 private:
  int threads_;
  std::int64_t count_;
};

template <class From>
Result<std::unique_ptr<Kernel>> makeFrom(const KernelRequest& request) {
  if (request.out(0).dtype == DType::F32)
    return std::unique_ptr<Kernel>(std::make_unique<Cast<From, float>>(request));
  if (request.out(0).dtype == DType::I32)
    return std::unique_ptr<Kernel>(std::make_unique<Cast<From, std::int32_t>>(request));
  return refuse("only to f32 and i32");
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype == DType::F32) return makeFrom<float>(request);
  if (request.in(0).dtype == DType::I32) return makeFrom<std::int32_t>(request);
  return refuse("only from f32 and i32");
}

}  // namespace

extern const KernelList cast;
const KernelList cast = {{"simd", make}};

}  // namespace tandem::cpu
