// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). The same (seed, stream, counter) gives the same numbers on every device, so
// initial weights, shuffles and dropout are the same on CPU and GPU. Header-only and usable from CUDA.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define TANDEM_HD __host__ __device__
#else
#define TANDEM_HD
#endif

namespace tandem {

struct Philox4 {
  std::uint32_t v[4];
};

// counter: 128 bits as (lo, hi); key: 64 bits.
TANDEM_HD inline Philox4 philox(std::uint64_t key, std::uint64_t counterHigh, std::uint64_t counterLow) {
  std::uint32_t c0 = static_cast<std::uint32_t>(counterLow),
                c1 = static_cast<std::uint32_t>(counterLow >> 32);
  std::uint32_t c2 = static_cast<std::uint32_t>(counterHigh),
                c3 = static_cast<std::uint32_t>(counterHigh >> 32);
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = static_cast<std::uint64_t>(0xD2511F53u) * c0;
    const std::uint64_t p1 = static_cast<std::uint64_t>(0xCD9E8D57u) * c2;
    const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(p1);
    c3 = static_cast<std::uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// Uniform in [0, 1) with 24 bits.
TANDEM_HD inline float uniform01(std::uint32_t bits) {
  return static_cast<float>(bits >> 8) * (1.0f / 16777216.0f);
}

// A sequential view for host code (initializers, shuffles, generated data) that draws from one (seed, stream)
// in order. Each use has its own stream: see RandomStream.
class PhiloxSequence {
 public:
  PhiloxSequence(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  std::uint32_t next() {
    if (used_ == 4) {
      block_ = philox(seed_, stream_, counter_++);
      used_ = 0;
    }
    return block_.v[used_++];
  }
  float uniform() { return uniform01(next()); }
  double normal();                       // standard normal, Box-Muller in double
  std::uint64_t below(std::uint64_t n);  // uniform in [0, n), without modulo bias; n >= 1

 private:
  std::uint64_t seed_, stream_, counter_ = 0;
  Philox4 block_{};
  int used_ = 4;
};

// High part of the Philox counter. The values are part of the file format: changing them breaks
// reproducibility.
enum class RandomStream : std::uint64_t {
  Weights = 1ull << 32,  // + index of the parameter
  Shuffle = 2ull << 32,  // + epoch
  Split = 3ull << 32,
  Generate = 4ull << 32,  // generated datasets
  Augment = 5ull << 32,   // + epoch
  Dropout = 6ull << 32,   // + index of the dropout layer; the counter holds step and element block
};
inline std::uint64_t stream(RandomStream base, std::uint64_t index = 0) {
  return static_cast<std::uint64_t>(base) + index;
}

}  // namespace tandem
