// Passes in flight: batches are taken from a loader, submitted to a session and collected in order. A batch
// is returned to the loader when its pass is done.
#pragma once

#include <chrono>
#include <vector>

#include "core/data/dataset.h"
#include "core/runtime/backend.h"

namespace tandem {

class Pipeline {
 public:
  using Clock = std::chrono::steady_clock;
  struct Pass {
    Ticket ticket = 0;
    const Batch* batch = nullptr;
    std::int64_t rows = 0;
    float rate = 0;
    float dataWaitSeconds = 0;
    Clock::time_point submitted;
  };
  struct Done {
    Pass pass;
    StepReport report;
  };

  // The loader must hold at least session.depth() batches at once.
  Pipeline(Session& session, BatchLoader& loader)
      : session_(session), loader_(loader), ring_(static_cast<std::size_t>(std::max(1, session.depth()))) {}
  ~Pipeline() { abandon(); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  int open() const { return static_cast<int>(count_); }
  bool full() const { return count_ == ring_.size(); }

  // Submits the loader's next batch; makeStep(rows) returns the step block. False at the end of the epoch.
  template <class MakeStep>
  Result<bool> submit(Phase phase, const MakeStep& makeStep) {
    const Batch* batch = loader_.next();
    if (!batch) return false;
    Pass& pass = ring_[(first_ + count_) % ring_.size()];
    pass.batch = batch;
    pass.rows = batch->validRows;
    pass.dataWaitSeconds = static_cast<float>(loader_.takeWaitSeconds());
    StepInputs inputs;
    inputs.tensors = batch->tensors;
    inputs.step = makeStep(batch->validRows);
    pass.rate = inputs.step[kStepLearningRate];
    pass.submitted = Clock::now();
    auto ticket = session_.submit(phase, inputs);
    if (!ticket.ok()) {
      abandon();
      loader_.release(batch);
      return std::move(ticket).error();
    }
    pass.ticket = *ticket;
    ++count_;
    return true;
  }

  // Waits for the oldest open pass. There must be one.
  Result<Done> collect() {
    const Pass pass = ring_[first_];
    auto report = session_.wait(pass.ticket);
    pop();
    if (!report.ok()) return std::move(report).error();
    return Done{pass, *report};
  }

 private:
  void pop() {
    loader_.release(ring_[first_].batch);
    first_ = (first_ + 1) % ring_.size();
    --count_;
  }
  // The device reads a batch until its pass ends, so wait even for results that are not needed.
  void abandon() {
    while (count_ > 0) {
      (void)session_.wait(ring_[first_].ticket);
      pop();
    }
  }

  Session& session_;
  BatchLoader& loader_;
  std::vector<Pass> ring_;
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace tandem
