// How kernels are launched on the stand-in, and what they call while they run.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <functional>
#include <span>
#include <tuple>

namespace tandem::stand_in {

// One thread of a kernel with its arguments bound.
using ThreadBody = std::function<void()>;

// The bytes of an argument.
using ArgumentBytes = std::span<const std::byte>;

cudaError_t enqueueKernel(const cudaLaunchConfig_t& config, std::span<const ArgumentBytes> arguments,
                          ThreadBody body);

// cudaLaunchKernelEx for a kernel that g++ compiled.
template <class... Parameters, class... Arguments>
cudaError_t launchKernel(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                         Arguments&&... arguments) {
  std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
#if __has_builtin(__builtin_clear_padding)  // GCC's; clang, which only lints here, has none
  std::apply([](auto&... value) { (__builtin_clear_padding(&value), ...); }, values);
#endif
  const auto bytes = std::apply(
      [](const auto&... value) {
        return std::array<ArgumentBytes, sizeof...(Parameters)>{std::as_bytes(std::span(&value, 1))...};
      },
      values);
  return enqueueKernel(*config, bytes, [kernel, values] { std::apply(kernel, values); });
}

// Called by the running thread. A barrier that not all awaited threads reach ends the kernel with an error,
// as does a shuffle whose mask includes a thread that has exited.
void blockBarrier();
float exchange(unsigned mask, float value, int laneMask);

}  // namespace tandem::stand_in
