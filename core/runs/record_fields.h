// The fields of all records, listed once for JSON readers and writers (core/json/fields.h): database
// columns, run files and twin run files.
#pragma once

#include <cmath>
#include <type_traits>

#include "core/json/fields.h"
#include "core/runs/run_store.h"

namespace tandem {

inline constexpr std::int64_t kLargestCount = 1'000'000'000'000;
inline constexpr std::size_t kMaxLabel = 1000, kMaxSentence = 10'000, kMaxDocument = 64u << 20;  // bytes

template <class C, class T>
concept Is = std::same_as<std::remove_const_t<C>, T>;  // const for writing, non-const for reading

// A name and a value as an object, because the fields of a JSON object have no guaranteed order.
struct Fact {
  std::string label, value;
};

template <class Fields, Is<Fact> C>
void describe(Fields& f, C& c) {
  f.text("label", c.label, kMaxLabel);
  f.text("value", c.value, kMaxSentence);
}

// Labels and values as a list of facts.
template <class Fields, class Pairs>
void describeFacts(Fields& f, std::string_view key, Pairs& pairs) {
  std::vector<Fact> facts;
  for (const auto& [label, value] : pairs) facts.push_back({label, value});
  f.objects(key, facts, 1000);
  if constexpr (!std::is_const_v<Pairs>) {
    pairs.clear();
    for (Fact& fact : facts) pairs.emplace_back(std::move(fact.label), std::move(fact.value));
  }
}

template <class Fields, Is<ReportSlot> C>
void describe(Fields& f, C& c) {
  f.text("name", c.name, kMaxLabel);
  f.template integer<int>("slot", c.slot, 0, kReportSlots - 1);
  // Older records have it, with values that are final all the same.
  if constexpr (!std::is_const_v<C>) {
    bool squareRoot = false;
    f.boolean("square_root", squareRoot);
  }
  f.measure("unit", c.unit);
  f.boolean("higher_is_better", c.higherIsBetter);
  // Older records lack the flag and have one value that only training reports.
  if constexpr (!std::is_const_v<C>) c.trainingOnly = c.name == "gradient_norm";
  f.boolean("training_only", c.trainingOnly);
  f.boolean("evaluation_only", c.evaluationOnly);
}

template <class Fields, Is<ReportMatrix> C>
void describe(Fields& f, C& c) {
  f.text("name", c.name, kMaxLabel);
  f.texts("classes", c.classes);
}

template <class Fields, Is<ProfileRecord::LayerTime> C>
void describe(Fields& f, C& c) {
  f.text("layer", c.layer, kMaxLabel);
  f.measure("forward", c.forward);
  f.measure("backward", c.backward);
}

template <class Fields, Is<MemoryUse> C>
void describe(Fields& f, C& c) {
  const auto bytes = [&](const char* key, auto& value) {
    f.template integer<std::size_t>(key, value, 0, std::size_t{1} << 60);
  };
  bytes("weights", c.weights);
  bytes("gradients", c.gradients);
  bytes("optimizer", c.optimizer);
  bytes("states", c.states);
  bytes("activations", c.activations);
  bytes("workspace", c.workspace);
  bytes("inputs", c.inputs);
  bytes("context", c.context);
  bytes("checkpoint", c.checkpoint);
}

template <class Fields, Is<ProfileRecord> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int64_t>("step", c.step, 0, kLargestCount);
  f.measure("forward", c.forward);
  f.measure("backward", c.backward);
  f.measure("update", c.update);
  f.measure("transfer", c.transfer);
  f.measure("telemetry", c.telemetry);
  f.objects("layers", c.layers, 100'000);
  f.object("memory", c.memory);
}

template <class Fields, Is<RunEvent> C>
void describe(Fields& f, C& c) {
  f.template integer<std::int64_t>("step", c.step, 0, kLargestCount);
  f.measure("seconds", c.seconds);
  f.choice("kind", c.kind, kRunEventKinds);
  f.text("text", c.text, kMaxSentence);
  f.measure("value", c.value);
}

// A number that may be absent, which is stored as `absent` (NaN: null).
template <class Fields, class Value>
void describeOptional(Fields& f, std::string_view key, Value& value,
                      double absent = std::numeric_limits<double>::quiet_NaN()) {
  double number = value ? static_cast<double>(*value) : absent;
  f.measure(key, number);
  if constexpr (!std::is_const_v<Value>) {
    value.reset();
    using Number = typename Value::value_type;
    if constexpr (std::is_integral_v<Number>) {  // bytes: non-negative
      if (number >= 0 && number < 1e18) value = static_cast<Number>(number);
    } else if (std::isfinite(number) && number != absent) {
      value = number;
    }
  }
}

template <class Fields, Is<ReadingRecord> C>
void describe(Fields& f, C& c) {
  f.measure("seconds", c.wallSeconds);
  describeOptional(f, "utilization", c.device.utilization);
  describeOptional(f, "watts", c.device.watts);
  describeOptional(f, "celsius", c.device.celsius);
  describeOptional(f, "clock", c.device.clockHz);
  describeOptional(f, "memory", c.device.memoryBytes);
  describeOptional(f, "joules", c.joules);
}

}  // namespace tandem
