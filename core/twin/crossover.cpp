#include "core/twin/crossover.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

#include "core/compile/compile.h"
#include "core/network/analysis.h"
#include "core/train/batch_tensors.h"
#include "core/train/blocks.h"
#include "core/train/profile.h"
#include "core/train/step_values.h"

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

// One side at one point of the sweep: a session that trains on one batch of the data.
class Bench {
 public:
  Status open(const Project& project, const Dataset& data, Backend& backend) {
    training_ = project.training;
    TANDEM_ASSIGN(plan_,
                  compile(project.network, project.training, data.info, backend, {.checkpoints = false}));
    TANDEM_TRY(checkFits(*plan_, backend));
    TANDEM_ASSIGN(session_, backend.open(plan_));
    TANDEM_TRY(writeInitialBlocks(*plan_, *session_));
    const auto& part = data.part(SplitPart::Train);
    std::vector<std::int64_t> rows(static_cast<std::size_t>(project.training.batch));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = part[i % part.size()];
    const std::vector<BatchTensor> wanted = batchTensors(*plan_);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      Tensor& tensor = batch_.emplace_back(plan_->inputType(i));
      if (wanted[i].bytes)
        data.gatherBytes(wanted[i].index, rows, tensor.as<std::uint8_t>().data());
      else
        data.gather(wanted[i].index, rows, tensor.bytes().data());
    }
    for (const Tensor& tensor : batch_) tensors_.push_back(tensor.bytes().data());
    return success();
  }

  // Submits as many passes as the session accepts, so that a device can overlap them.
  Status run(int steps) {
    int open = 0;
    std::vector<Ticket> tickets;
    for (int i = 0; i < steps; ++i) {
      if (open == session_->depth()) {
        TANDEM_TRY(session_->wait(tickets[tickets.size() - static_cast<std::size_t>(open)]));
        --open;
      }
      StepInputs inputs;
      inputs.tensors = tensors_;
      inputs.step = stepValues(training_, {step_, step_, kEndless}, training_.optimizer.number(kLearningRate),
                               plan_->batch);
      ++step_;
      TANDEM_ASSIGN(const Ticket ticket, session_->submit(Phase::Train, inputs));
      tickets.push_back(ticket);
      ++open;
    }
    for (; open > 0; --open)
      TANDEM_TRY(session_->wait(tickets[tickets.size() - static_cast<std::size_t>(open)]));
    return success();
  }

  Result<double> secondsPerStep(int steps) {
    const auto before = Clock::now();
    TANDEM_TRY(run(steps));
    return std::chrono::duration<double>(Clock::now() - before).count() / steps;
  }

  Result<ProfileRecord> profile() {
    std::vector<ProfileRecord> records;
    session_->setProfiling(true);
    for (int i = 0; i < 4; ++i) {
      TANDEM_TRY(run(1));
      records.push_back(
          aggregateProfile(plan_->train.program, session_->profile(), session_->memory(), step_));
    }
    session_->setProfiling(false);
    return medianProfile(records);
  }

 private:
  static constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();  // one epoch
  TrainingConfig training_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  std::vector<Tensor> batch_;
  std::vector<const void*> tensors_;
  std::int64_t step_ = 0;
};

constexpr double kEqual = 0.03;  // sides whose times differ by less count as equally fast
constexpr int kRounds = 9;       // turns of each side at a point

SweepPoint measure(double x, std::vector<Bench>& benches, std::vector<std::string> errors, std::int64_t batch,
                   double seconds) {
  SweepPoint point;
  point.x = x;
  point.sides.resize(benches.size());
  std::vector<int> steps(benches.size(), 0);
  std::vector<std::vector<double>> times(benches.size());
  const auto attempt = [&](std::size_t k, const auto& action) {
    if (!errors[k].empty()) return;
    if (const Status status = action(); !status.ok()) errors[k] = status.error().text();
  };
  for (std::size_t k = 0; k < benches.size(); ++k)
    attempt(k, [&]() -> Status {
      TANDEM_TRY(benches[k].run(2));
      TANDEM_ASSIGN(const double once, benches[k].secondsPerStep(1));
      steps[k] = static_cast<int>(std::clamp(seconds / kRounds / std::max(once, 1e-7), 1.0, 20000.0));
      return success();
    });
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t k = 0; k < benches.size(); ++k)
      attempt(k, [&]() -> Status {
        TANDEM_ASSIGN(const double each, benches[k].secondsPerStep(steps[k]));
        times[k].push_back(each);
        return success();
      });
  for (std::size_t k = 0; k < benches.size(); ++k) {
    SweepSide& side = point.sides[k];
    attempt(k, [&]() -> Status {
      TANDEM_ASSIGN(side.profile, benches[k].profile());
      side.timing = timingOf(std::span(times[k]).subspan(0));
      const auto rate = [&](double each) { return static_cast<double>(batch) / each; };
      side.samplesPerSecond = rate(side.timing.median);
      side.low = rate(side.timing.high);
      side.high = rate(side.timing.low);
      return success();
    });
    side.error = errors[k];
  }
  return point;
}

// Where a ratio given at two points passes 1, interpolated linearly in logarithms.
double crossingAt(double x0, double ratio0, double x1, double ratio1) {
  const double a = std::log(ratio0), b = std::log(ratio1);
  return x0 * std::pow(x1 / x0, a / (a - b));
}

double layerSeconds(const SweepSide& side, const std::string& layer) {
  for (const auto& each : side.profile.layers)
    if (each.layer == layer) return each.forward + each.backward;
  return 0;
}

// Which of two sides is faster at a point: 1 the second, -1 the first, 0 if their quartiles overlap or
// either has no result.
int fasterSide(const SweepSide& first, const SweepSide& second) {
  const StepTiming &a = first.timing, &b = second.timing;
  if (a.steps == 0 || b.steps == 0 || (a.low <= b.high && b.low <= a.high)) return 0;
  return b.median < a.median ? 1 : -1;
}

void addCrossings(Crossover& result, const std::string& what, bool wholeSteps,
                  const std::function<double(const SweepSide&)>& seconds) {
  for (std::size_t k = 1; k < result.labels.size(); ++k) {
    const SweepPoint* before = nullptr;
    double ratioBefore = 0;
    for (const SweepPoint& point : result.points) {
      const double a = seconds(point.sides[0]), b = seconds(point.sides[k]);
      if (a <= 0 || b <= 0) continue;
      if (wholeSteps && fasterSide(point.sides[0], point.sides[k]) == 0) continue;
      const double ratio = a / b;                        // above 1: the side is faster
      if (std::abs(std::log(ratio)) < kEqual) continue;  // no significant difference
      if (before && (ratio > 1) != (ratioBefore > 1) && ratio != ratioBefore)
        result.crossings.push_back({what, k, crossingAt(before->x, ratioBefore, point.x, ratio), ratio > 1});
      before = &point;
      ratioBefore = ratio;
    }
  }
}

constexpr std::int64_t kMostMultiple = 65536;  // more than any width

// The property that sets the width of a layer's output; empty if its inputs decide.
std::string_view widthKeyOf(const Layer& layer) {
  for (const std::string_view key : {"units", "filters"})
    if (findProperty(findLayer(layer.type)->properties, key)) return key;
  return {};
}

std::int64_t widthOf(const Analysis& analysis, const Source& source) {
  const LayerFacts& facts = analysis.layers.at(source.layer);
  return (source.port == 0 ? *facts.output
                           : facts.moreOutputs.at(static_cast<std::size_t>(source.port) - 1))[-1];
}

// What divides the features that a layer reads: groups, or the heads of attention, in pairs for rotary positions.
std::int64_t groupsOf(const Layer& layer) {
  const std::vector<Property>& properties = findLayer(layer.type)->properties;
  if (findProperty(properties, "groups")) return integerOf(properties, layer.properties, "groups");
  if (!findProperty(properties, "heads") || integerOf(properties, layer.properties, "head_size") != 0)
    return 1;
  const bool pairs = textOf(properties, layer.properties, "positions") == "rotary";
  return integerOf(properties, layer.properties, "heads") * (pairs ? 2 : 1);
}

// Whether its properties state the size of its input, be it by a list with a number for each channel.
bool fixesSize(const Layer& layer) {
  const LayerDef& def = *findLayer(layer.type);
  const auto isList = [&](const Property& property) {
    return property.kind == PropertyKind::Numbers &&
           numbersOf(def.properties, layer.properties, property.key).size() > 1;
  };
  return def.fixesSize || std::ranges::any_of(def.properties, isList);
}

// What must hold for the widths of a network: which layers have the same, such as the branches of a sum, and of what it
// must be a multiple.
class WidthRules {
 public:
  WidthRules(const Network& network, const std::vector<LayerId>& order, const Analysis& analysis)
      : network_(network), analysis_(analysis) {
    for (const LayerId id : order)
      if (keepsWidth(*network.find(id)))
        for (const Source& input : network.find(id)->inputs) join(id, input.layer);
    for (const Group& group : network.groups())
      if (group.repeat > 1) joinBorders(group);
    for (const LayerId id : network.inputs()) require(id, 0);
    for (const Source& output : network.outputs()) require(output.layer, 0);
    const auto last = std::find_if(order.rbegin(), order.rend(),
                                   [&](LayerId id) { return !widthKeyOf(*network.find(id)).empty(); });
    if (last != order.rend()) require(*last, 0);  // its width is the output's
    for (changed_ = true; changed_;) {
      changed_ = false;
      for (auto id = order.rbegin(); id != order.rend(); ++id) requireOfInputs(*network.find(*id));
    }
  }

  // 0: it must not change.
  std::int64_t multipleOf(LayerId id) { return multiples_.try_emplace(of(id), 1).first->second; }
  // One filter per input channel.
  bool isDepthwise(const Layer& layer) const {
    const std::int64_t groups = groupsOf(layer);
    return groups > 1 && !widthKeyOf(layer).empty() && !layer.inputs.empty() &&
           groups == widthOf(analysis_, {layer.id}) && groups == widthOf(analysis_, layer.inputs[0]);
  }

 private:
  bool keepsWidth(const Layer& layer) const {
    if (!widthKeyOf(layer).empty()) return isDepthwise(layer);
    const LayerDef& def = *findLayer(layer.type);
    if (def.outputs || fixesSize(layer)) return false;
    return std::ranges::all_of(layer.inputs, [&](const Source& input) {
      return widthOf(analysis_, input) == widthOf(analysis_, {layer.id});
    });
  }
  // Each repetition reads the one before.
  void joinBorders(const Group& group) {
    std::set<LayerId> entries, exits;
    for (const Layer& layer : network_.layers())
      for (const Source& input : sourcesOf(layer)) {
        const bool reads = group.contains(layer.id), isRead = group.contains(input.layer);
        if (reads && !isRead) entries.insert(input.layer);
        if (!reads && isRead) exits.insert(input.layer);
      }
    if (entries.size() == 1 && exits.size() == 1) join(*entries.begin(), *exits.begin());
  }
  void requireOfInputs(const Layer& layer) {
    const LayerDef& def = *findLayer(layer.type);
    const std::int64_t groups = isDepthwise(layer) ? 1 : groupsOf(layer);
    std::int64_t needed = groups;
    if (widthKeyOf(layer).empty()) {
      const std::int64_t own = multipleOf(layer.id);
      needed = std::lcm(own, groups);
      if (def.outputs) needed = own * std::ssize(outputPorts(layer));
      if (fixesSize(layer)) {
        needed = 0;
        require(layer.id, 0);
      }
    } else {
      require(layer.id, groups);
    }
    for (const Source& input : layer.inputs) require(input.layer, needed);
  }

  LayerId of(LayerId id) {
    while (true) {
      const LayerId next = same_.try_emplace(id, id).first->second;
      if (next == id) return id;
      id = next;
    }
  }
  void join(LayerId a, LayerId b) {
    const LayerId first = of(a), second = of(b);
    same_[first] = second;
  }
  void require(LayerId id, std::int64_t multiple) {
    std::int64_t& known = multiples_.try_emplace(of(id), 1).first->second;
    const std::int64_t both = std::min(std::lcm(known, multiple), kMostMultiple);
    changed_ = changed_ || both != known;
    known = both;
  }

  const Network& network_;
  const Analysis& analysis_;
  std::map<LayerId, LayerId> same_;
  std::map<LayerId, std::int64_t> multiples_;  // by of()
  bool changed_ = false;
};

}  // namespace

Result<Network> widened(const Network& network, double factor) {
  TANDEM_ASSIGN(const auto order, network.order());
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems.front().error;
  WidthRules rules(network, order, analysis);
  Network result = network;
  for (const LayerId id : order) {
    const Layer& layer = *network.find(id);
    const std::string_view key = widthKeyOf(layer);
    const std::int64_t multiple = rules.multipleOf(id);
    if (key.empty() || multiple == 0) continue;
    const std::int64_t width = integerOf(findLayer(layer.type)->properties, layer.properties, key);
    if (width == 1) continue;                             // a mask, or another value for all channels
    const std::int64_t step = std::gcd(multiple, width);  // a width that fits remains if factor is 1
    const auto wanted = static_cast<std::int64_t>(std::llround(static_cast<double>(width) * factor));
    const std::int64_t wider = std::max(step, wanted / step * step);
    if (rules.isDepthwise(layer)) TANDEM_TRY(result.setProperty(id, "groups", wider));
    TANDEM_TRY(result.setProperty(id, key, wider));
  }
  return result;
}

Result<Crossover> findCrossover(const Project& project, const std::shared_ptr<const Dataset>& data,
                                const std::vector<SideSpec>& sides, const SweepOptions& options,
                                const std::function<bool(double)>& progress, const BackendLookup& lookup) {
  Crossover result;
  result.axis = options.axis;
  for (const SideSpec& side : sides) result.labels.push_back(side.label);
  std::vector<double> values = options.values;
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() < 2) return invalid("a sweep needs at least two values", {}, "For example 1,4,16,64,256");
  if (data->part(SplitPart::Train).empty())
    return invalid("no samples are left for training", data->info.name,
                   "Reduce the validation and test fractions");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i];
    if (progress && !progress(static_cast<double>(i) / static_cast<double>(values.size())))
      return Error{ErrorCode::Cancelled, "the sweep was stopped", {}, {}};
    const bool batches = options.axis == SweepAxis::Batch;
    const std::int64_t batch = batches ? static_cast<std::int64_t>(x) : project.training.batch;
    std::vector<Bench> benches(sides.size());
    std::vector<std::string> errors(sides.size());
    for (std::size_t k = 0; k < sides.size(); ++k) {
      const auto opened = [&]() -> Status {
        TANDEM_ASSIGN(Backend * backend, lookup(sides[k].device.device));
        TANDEM_ASSIGN(Project own, projectOf(project, sides[k]));
        own.training.batch = batch;
        if (!batches) {
          TANDEM_ASSIGN(own.network, widened(own.network, x));
        }
        return benches[k].open(own, *data, *backend);
      }();
      if (!opened.ok()) errors[k] = opened.error().text();
    }
    result.points.push_back(measure(x, benches, std::move(errors), batch, options.secondsPerSide));
  }
  findCrossings(result);
  return result;
}

void findCrossings(Crossover& result) {
  result.crossings.clear();
  addCrossings(result, "network", true, [](const SweepSide& side) { return side.timing.median; });
  for (const auto& layer : result.points[0].sides[0].profile.layers)
    addCrossings(result, layer.layer, false,
                 [&](const SweepSide& side) { return layerSeconds(side, layer.layer); });
}

namespace {

// The sentence for two sides that never overtake each other.
std::string throughout(const Crossover& c, std::size_t side) {
  int faster = 0;
  for (const SweepPoint& point : c.points)
    if (const int here = fasterSide(point.sides[0], point.sides[side]); here != 0) faster = here;
  const std::string range =
      fmt::format("for {} from {:g} to {:g}", c.axis == SweepAxis::Batch ? "batch sizes" : "width factors",
                  c.points.front().x, c.points.back().x);
  if (faster == 0)
    return fmt::format("{} and {} are equally fast within the spread of their steps {}.", c.labels[side],
                       c.labels[0], range);
  return fmt::format("{} is never slower {}.", c.labels[faster > 0 ? side : 0], range);
}

}  // namespace

std::vector<std::string> sentences(const Crossover& c) {
  std::vector<std::string> list;
  const char* axis = c.axis == SweepAxis::Batch ? "a batch size" : "a width factor";
  for (std::size_t k = 1; k < c.labels.size(); ++k) {
    bool any = false;
    for (const Crossing& crossing : c.crossings) {
      if (crossing.side != k) continue;
      const std::string who = crossing.fasterAbove ? c.labels[k] : c.labels[0];
      const std::string whom = crossing.fasterAbove ? c.labels[0] : c.labels[k];
      any = any || crossing.what == "network";
      list.push_back(crossing.what == "network"
                         ? fmt::format("{} overtakes {} at {} of about {:.3g}.", who, whom, axis, crossing.at)
                         : fmt::format("In layer {}, {} overtakes {} at {} of about {:.3g}.", crossing.what,
                                       who, whom, axis, crossing.at));
    }
    if (any) continue;
    const auto known = std::ranges::find_if(c.points, [&](const SweepPoint& point) {
      return point.sides[0].timing.steps > 0 && point.sides[k].timing.steps > 0;
    });
    if (known == c.points.end())
      list.push_back(fmt::format(
          "{} could not be compared with {}: {}", c.labels[k], c.labels[0],
          c.points[0].sides[k].error.empty() ? c.points[0].sides[0].error : c.points[0].sides[k].error));
    else
      list.insert(list.begin(), throughout(c, k));
  }
  return list;
}

}  // namespace tandem
