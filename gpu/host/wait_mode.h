// How the host waits for a step: CUDA polls by default, which returns at once but occupies a core; blocking takes some
// tens of microseconds longer. So the host blocks if the step before was long.
#pragma once

namespace tandem::cuda {

class WaitMode {
 public:
  bool blocks() const { return blocks_; }
  // Between the two limits, the mode stays, so that it does not alternate.
  void waited(double seconds) { blocks_ = seconds > (blocks_ ? 1e-3 : 2e-3); }

 private:
  bool blocks_ = false;
};

}  // namespace tandem::cuda
