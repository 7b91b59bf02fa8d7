// Crossover: the batch size or network width at which one side overtakes another, for the complete network
// and for each of its layers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/twin/lock_step.h"
#include "core/twin/timing.h"

namespace tandem {

enum class SweepAxis : std::uint8_t { Batch, Width };

struct SweepSide {
  StepTiming timing;
  double samplesPerSecond = 0, low = 0, high = 0;  // low, high: quartiles
  ProfileRecord profile;
  std::string error;  // why this side has no result here
};

struct SweepPoint {
  double x = 0;  // batch, or the factor on units and filters
  std::vector<SweepSide> sides;
};

// Between two points of the sweep, the ratio of two sides passes 1.
struct Crossing {
  std::string what;          // "network", or a layer
  std::size_t side = 0;      // against side 0
  double at = 0;             // interpolated linearly in logarithms
  bool fasterAbove = false;  // the side is faster above `at`
};

struct Crossover {
  SweepAxis axis = SweepAxis::Batch;
  std::vector<std::string> labels;  // of the sides
  std::vector<SweepPoint> points;   // increasing x
  std::vector<Crossing> crossings;
};

struct SweepOptions {
  SweepAxis axis = SweepAxis::Batch;
  std::vector<double> values;   // batch sizes or factors; sorted, duplicates removed
  double secondsPerSide = 0.5;  // per side and point; at least 5 steps
};

// The sides take turns (A B A B ...), so that a slowdown of the machine affects all of them. Steps train on
// real batches of the data, repeated. Errors of single points are in the result; returns an Error only if the
// values are invalid or the sweep is cancelled (progress returns false).
Result<Crossover> findCrossover(const Project& project, const std::shared_ptr<const Dataset>& data,
                                const std::vector<SideSpec>& sides, const SweepOptions& options,
                                const std::function<bool(double)>& progress = {},
                                const BackendLookup& lookup = installedBackends());

// Recomputes `crossings` from the points. For the network, points at which the quartiles of two sides overlap
// are undecided; layer times have no quartiles, so they must differ by 3%. Needs at least one point.
void findCrossings(Crossover& result);

// Multiplies the units and filters of every hidden layer by `factor` (result at least 1), rounded so that all layers
// still fit: branches of a sum stay equal, groups and splits divide their input. Widths that an input, an output or a
// reshape fixes remain. Errors: those of the network.
Result<Network> widened(const Network& network, double factor);

// "cpu:2 overtakes cpu:1 at a batch size of about 12.": one sentence per crossing, or one if there is none.
std::vector<std::string> sentences(const Crossover& crossover);

}  // namespace tandem
