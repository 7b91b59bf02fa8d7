#include "tests/gpu_stand_in/block.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <cstdint>
#include <memory>
#include <vector>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace tandem::stand_in {
namespace {

using boost::context::fiber;

constexpr std::size_t kStackBytes = std::size_t{256} << 10;  // stack frames are large under sanitizers
constexpr unsigned kWarp = 32;

enum class State { Ready, AtBlockBarrier, AtWarpBarrier, Done };

// A stack on which threads of a block run one after the other, until one has to wait and retains it.
struct Worker {
  fiber inside;
};

struct Lane {
  State state = State::Ready;
  Worker* worker = nullptr;  // nullptr: not started
  unsigned mask = 0;         // of the warp barrier at which it waits
  // Its values in shuffles, double-buffered, since no lane can be two barriers ahead of a reader.
  std::array<float, 2> offered{};
  unsigned shuffles = 0;
};

class Block {
 public:
  std::string run(dim3 block, const ThreadBody& body) {
    body_ = &body;
    size_ = block.x * block.y * block.z;
    lanes_.assign(size_, Lane{});
    ++runs_;
    const unsigned warps = (size_ + kWarp - 1) / kWarp;
    for (unsigned turn = runs_;; ++turn) {
      // A warp runs as far as it can before the next one starts. Code that reads another warp's results
      // without a barrier in between finds them missing or overwritten.
      for (unsigned i = 0; i < warps; ++i) runWarp(turn % 2 ? warps - 1 - i : i, turn);
      if (std::ranges::all_of(lanes_, [](const Lane& l) { return l.state == State::Done; })) return {};
      if (!releaseBlock()) return reason();
    }
  }

  void wait(State state, unsigned mask) {
    const unsigned self = current_;
    lanes_[self].state = state;
    lanes_[self].mask = mask;
    main_ = std::move(main_).resume();
    enter(self);
  }

  float exchange(unsigned mask, float value, int laneMask) {
    const unsigned self = current_, turn = lanes_[self].shuffles++ % 2;
    lanes_[self].offered[turn] = value;
    wait(State::AtWarpBarrier, mask);
    const unsigned from = (self / kWarp) * kWarp + (self % kWarp ^ static_cast<unsigned>(laneMask));
    return lanes_[from].offered[turn];
  }

 private:
  void runWarp(unsigned warp, unsigned turn) {
    const unsigned begin = warp * kWarp, count = std::min(kWarp, size_ - begin);
    do {
      for (unsigned i = 0; i < count; ++i) {
        const unsigned lane = begin + (turn % 4 < 2 ? i : count - 1 - i);
        if (lanes_[lane].state == State::Ready) resume(lane);
      }
    } while (releaseWarp(begin, count));
  }

  void enter(unsigned lane) {
    current_ = lane;
    threadIdx = {lane % blockDim.x, lane / blockDim.x % blockDim.y, lane / blockDim.x / blockDim.y};
  }

  void resume(unsigned lane) {
    Worker*& worker = lanes_[lane].worker;
    if (!worker) worker = idleWorker();
    next_ = lane;
    Worker* const resumed = worker;
    resumed->inside = std::move(resumed->inside).resume();
    if (lanes_[lane].state == State::Done) idle_.push_back(resumed);
  }

  Worker* idleWorker() {
    if (!idle_.empty()) {
      Worker* const worker = idle_.back();
      idle_.pop_back();
      return worker;
    }
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->inside =
        fiber(std::allocator_arg, boost::context::fixedsize_stack(kStackBytes), [this](fiber&& main) {
          main_ = std::move(main);
          for (;;) {
            const unsigned self = next_;
            enter(self);
            (*body_)();
            lanes_[self].state = State::Done;
            main_ = std::move(main_).resume();
          }
          return std::move(main_);
        });
    return workers_.back().get();
  }

  // Resumes the lanes whose shuffle all participants have reached. Returns whether there were any.
  bool releaseWarp(unsigned begin, unsigned count) {
    bool any = false;
    for (unsigned i = begin; i < begin + count; ++i) {
      if (lanes_[i].state != State::AtWarpBarrier || !complete(begin, lanes_[i].mask)) continue;
      const unsigned mask = lanes_[i].mask;
      for (unsigned k = 0; k < kWarp; ++k)
        if (mask >> k & 1) lanes_[begin + k].state = State::Ready;
      any = true;
    }
    return any;
  }

  // Threads that have exited count as arrived.
  bool releaseBlock() {
    if (std::ranges::find(lanes_, State::AtWarpBarrier, &Lane::state) != lanes_.end()) return false;
    for (Lane& lane : lanes_)
      if (lane.state == State::AtBlockBarrier) lane.state = State::Ready;
    return true;
  }

  bool complete(unsigned begin, unsigned mask) const {
    for (unsigned k = 0; k < kWarp; ++k) {
      if (!(mask >> k & 1)) continue;
      if (begin + k >= size_) return false;
      const Lane& lane = lanes_[begin + k];
      if (lane.state != State::AtWarpBarrier || lane.mask != mask) return false;
    }
    return true;
  }

  std::string reason() const {
    const auto count = [&](State state) {
      return std::to_string(std::ranges::count(lanes_, state, &Lane::state));
    };
    return "threads wait for others that never arrive: " + count(State::AtBlockBarrier) +
           " at __syncthreads, " + count(State::AtWarpBarrier) + " at a shuffle, " + count(State::Done) +
           " have exited";
  }

  const ThreadBody* body_ = nullptr;
  unsigned size_ = 0, current_ = 0, next_ = 0, runs_ = 0;
  std::vector<Lane> lanes_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  fiber main_;
};

Block& theBlock() {
  // Never destroyed, because that would unwind the stacks of a failed kernel.
  static Block* const block = new Block;
  return *block;
}

}  // namespace

std::string runGrid(dim3 grid, dim3 block, const ThreadBody& body) {
  gridDim = grid;
  blockDim = block;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        if (std::string problem = theBlock().run(block, body); !problem.empty()) return problem;
      }
  return {};
}

void blockBarrier() {
  theBlock().wait(State::AtBlockBarrier, 0);
}

float exchange(unsigned mask, float value, int laneMask) {
  return theBlock().exchange(mask, value, laneMask);
}

}  // namespace tandem::stand_in
