// The CPU load caused by other programs: /proc/stat minus this process' own time.
#pragma once

#include <optional>

#include "core/runtime/host_sensor.h"

namespace tandem {

class HostLoad {
 public:
  explicit HostLoad(HostSources sources = {});
  // The share of all processors used by others since construction, in [0, 1]. Absent if it cannot be read or
  // too little time has passed.
  std::optional<double> others() const;

 private:
  struct Times {
    double busy = 0, all = 0;  // seconds over all processors since boot
    double own = 0;            // seconds of this process
  };
  std::optional<Times> read() const;

  HostSources sources_;
  std::optional<Times> before_;
};

}  // namespace tandem
