#include "core/ops/cast.h"

#include "core/cpu/convert.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  const DType to = request.out(0).dtype;
  return withTypeOf(request.in(0).dtype, [&]<class From>(From) {
    return withTypeOf(to, [&]<class To>(To) {
      return kernelOf([n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
        convertRange(threads, n, o.input<From>(0), o.output<To>(0));
      });
    });
  });
}

}  // namespace

extern const KernelList cast;
const KernelList cast = {{"simd", make}};

}  // namespace tandem::cpu
