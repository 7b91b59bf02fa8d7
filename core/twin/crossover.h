// Crossover: from which batch size, or width of the network, on one side overtakes another; for the whole
// network and for each of its layers.
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
  double samplesPerSecond = 0, low = 0, high = 0;  // of the quartiles
  ProfileRecord profile;
  std::string error;  // why this side has no figure here
};

struct SweepPoint {
  double x = 0;  // batch, or the factor on units and filters
  std::vector<SweepSide> sides;
};

// Between two points of the sweep the ratio of two sides passes 1.
struct Crossing {
  std::string what;          // "network", or a layer
  std::size_t side = 0;      // against side 0
  double at = 0;             // on a straight line in logarithms between the two points
  bool fasterAbove = false;  // the side is the faster one above `at`
};

struct Crossover {
  SweepAxis axis = SweepAxis::Batch;
  std::vector<std::string> labels;  // of the sides
  std::vector<SweepPoint> points;   // rising x
  std::vector<Crossing> crossings;
};

struct SweepOptions {
  SweepAxis axis = SweepAxis::Batch;
  std::vector<double> values;   // batches or factors; sorted and made unique
  double secondsPerSide = 0.5;  // of each side at each point; at least 5 steps
};

// The sides take turns (A B A B ...), so that a machine that slows down slows all of them. Steps train on
// real batches of the data, repeated. Errors of single points are in the result; an Error only if the
// values make no sense or it is cancelled (progress returns false).
Result<Crossover> findCrossover(const Project& project, const std::shared_ptr<const Dataset>& data,
                                const std::vector<SideSpec>& sides, const SweepOptions& options,
                                const std::function<bool(double)>& progress = {},
                                const BackendLookup& lookup = installedBackends());

// What the points say: `crossings` made anew. Points at which the quartiles of two sides overlap decide
// nothing for the network; a layer's times have no quartiles, so 2% must lie between them. At least one
// point.
void findCrossings(Crossover& result);

// Every hidden layer's units and filters times `factor`, at least 1. Layers whose width the output or a
// group of the input fixes stay: the last one that has units or filters, and depthwise convolutions follow
// their input.
Result<Network> widened(const Network& network, double factor);

// "cpu:2 overtakes cpu:1 at a batch of about 12.", one sentence a crossing or the lack of one.
std::vector<std::string> sentences(const Crossover& crossover);

}  // namespace tandem
