// The entry point of a libFuzzer program; the build selects the reader.
#include <cstddef>

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
extern const FuzzTarget TANDEM_FUZZ_TARGET;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tandem::fuzz::TANDEM_FUZZ_TARGET.run({bytes, size});
  return 0;
}
