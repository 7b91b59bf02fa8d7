#include "core/runs/run_codec.h"

#include <nlohmann/json.hpp>

namespace tandem {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Error damaged(std::string_view what) {
  return invalid("the record of the run's " + std::string(what) + " is damaged");
}

double number(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<double>() : 0.0;
}

std::size_t bytes(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_unsigned() ? it->get<std::size_t>() : 0;
}

std::string text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool flag(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

}  // namespace

std::string slotsToJson(const std::vector<ReportSlot>& slots) {
  json list = json::array();
  for (const ReportSlot& slot : slots)
    list.push_back({{"name", slot.name},
                    {"slot", slot.slot},
                    {"square_root", slot.squareRoot},
                    {"higher_is_better", slot.higherIsBetter},
                    {"training_only", slot.trainingOnly}});
  return dump(list);
}

Result<std::vector<ReportSlot>> slotsFromJson(std::string_view source) {
  const json list = json::parse(source, nullptr, false);
  if (!list.is_array() || list.size() > kReportSlots) return damaged("metrics");
  std::vector<ReportSlot> slots;
  for (const json& item : list) {
    const double index = item.is_object() ? number(item, "slot") : -1;
    if (!(index >= 0 && index < kReportSlots)) return damaged("metrics");
    const std::string name = text(item, "name");
    // Records from before there was a flag have one value that only training writes.
    const bool trainingOnly =
        item.contains("training_only") ? flag(item, "training_only") : name == "gradient_norm";
    slots.push_back({name, static_cast<int>(index), flag(item, "square_root"), flag(item, "higher_is_better"),
                     trainingOnly});
  }
  return slots;
}

std::string profileToJson(const ProfileRecord& profile) {
  json layers = json::array();
  for (const ProfileRecord::LayerTime& layer : profile.layers)
    layers.push_back({{"layer", layer.layer}, {"forward", layer.forward}, {"backward", layer.backward}});
  const MemoryUse& m = profile.memory;
  return dump({{"step", profile.step},
               {"forward", profile.forward},
               {"backward", profile.backward},
               {"update", profile.update},
               {"layers", layers},
               {"memory",
                {{"weights", m.weights},
                 {"gradients", m.gradients},
                 {"optimizer", m.optimizer},
                 {"states", m.states},
                 {"activations", m.activations},
                 {"workspace", m.workspace},
                 {"inputs", m.inputs},
                 {"context", m.context}}}});
}

Result<ProfileRecord> profileFromJson(std::string_view source) {
  const json object = json::parse(source, nullptr, false);
  if (!object.is_object()) return damaged("timings");
  ProfileRecord profile;
  const double step = number(object, "step");
  if (!(step >= 0 && step < 9e15)) return damaged("timings");
  profile.step = static_cast<std::int64_t>(step);
  profile.forward = number(object, "forward");
  profile.backward = number(object, "backward");
  profile.update = number(object, "update");
  if (const auto layers = object.find("layers"); layers != object.end() && layers->is_array())
    for (const json& layer : *layers)
      if (layer.is_object())
        profile.layers.push_back({text(layer, "layer"), number(layer, "forward"), number(layer, "backward")});
  if (const auto memory = object.find("memory"); memory != object.end() && memory->is_object()) {
    MemoryUse& m = profile.memory;
    m.weights = bytes(*memory, "weights");
    m.gradients = bytes(*memory, "gradients");
    m.optimizer = bytes(*memory, "optimizer");
    m.states = bytes(*memory, "states");
    m.activations = bytes(*memory, "activations");
    m.workspace = bytes(*memory, "workspace");
    m.inputs = bytes(*memory, "inputs");
    m.context = bytes(*memory, "context");
  }
  return profile;
}

std::string pairsToJson(const TextPairs& pairs) {
  json list = json::array();
  for (const auto& [label, value] : pairs) list.push_back(json::array({label, value}));
  return dump(list);
}

Result<TextPairs> pairsFromJson(std::string_view source) {
  const json list = json::parse(source, nullptr, false);
  if (!list.is_array()) return damaged("environment");
  TextPairs pairs;
  for (const json& item : list) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_string())
      return damaged("environment");
    pairs.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
  }
  return pairs;
}

}  // namespace tandem
