#include "core/base/machine.h"

#include <malloc.h>
#include <unistd.h>

#include <limits>

namespace tandem {

double memoryOfMachine() {
  static const double bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return bytes > 0 ? bytes : std::numeric_limits<double>::infinity();
}

void returnFreedMemory() {
  // Larger blocks are mapped one by one. Unless it is set, glibc raises this limit to up to 32 MiB.
  constexpr int kMappedBytes = 4 << 20;
  (void)::mallopt(M_MMAP_THRESHOLD, kMappedBytes);
}

}  // namespace tandem
