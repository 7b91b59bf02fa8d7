#include "core/runs/run_codec.h"

#include <algorithm>

#include "core/ops/confusion_matrix.h"
#include "core/runs/record_fields.h"

namespace tandem {
namespace {

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error damaged(std::string_view what) {
  return invalid("the record of the run's " + std::string(what) + " is damaged");
}

template <class T>
std::string listToJson(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) {
    FieldWriter writer(list.emplace_back(Json::object()));
    describe(writer, item);
  }
  return dump(list);
}

template <class T>
Result<std::vector<T>> listFromJson(std::string_view text, std::size_t most, std::string_view what) {
  const auto list = parseJson(text);
  if (!list.ok() || !list->is_array() || list->size() > most) return damaged(what);
  std::vector<T> items;
  for (const Json& item : *list) {
    if (!item.is_object()) return damaged(what);
    const Path root;
    FieldReader reader(item, root);
    describe(reader, items.emplace_back());
    if (!reader.finish().ok()) return damaged(what);
  }
  return items;
}

}  // namespace

std::string slotsToJson(const std::vector<ReportSlot>& slots) {
  return listToJson(slots);
}

Result<std::vector<ReportSlot>> slotsFromJson(std::string_view text) {
  return listFromJson<ReportSlot>(text, kReportSlots, "metrics");
}

std::string matricesToJson(const std::vector<ReportMatrix>& matrices) {
  return listToJson(matrices);
}

bool isValid(const ReportMatrix& matrix) {
  const auto count = std::ssize(matrix.classes);
  return !matrix.name.empty() && count >= 2 && count <= ops::kMaxMatrixClasses &&
         std::ranges::all_of(matrix.classes,
                             [](const std::string& name) { return name.size() <= kMaxLabel; });
}

Result<std::vector<ReportMatrix>> matricesFromJson(std::string_view text) {
  TANDEM_ASSIGN(auto matrices, listFromJson<ReportMatrix>(text, kReportSlots, "matrices"));
  if (!std::ranges::all_of(matrices, isValid)) return damaged("matrices");
  return matrices;
}

std::string profileToJson(const ProfileRecord& profile) {
  Json object = Json::object();
  FieldWriter writer(object);
  describe(writer, profile);
  return dump(object);
}

Result<ProfileRecord> profileFromJson(std::string_view text) {
  const auto object = parseJson(text);
  if (!object.ok() || !object->is_object()) return damaged("timings");
  const Path root;
  FieldReader reader(*object, root);
  ProfileRecord profile;
  describe(reader, profile);
  if (!reader.finish().ok()) return damaged("timings");
  return profile;
}

std::string pairsToJson(const TextPairs& pairs) {
  Json list = Json::array();
  for (const auto& [label, value] : pairs) list.push_back(Json::array({label, value}));
  return dump(list);
}

Result<TextPairs> pairsFromJson(std::string_view text) {
  const auto list = parseJson(text);
  if (!list.ok() || !list->is_array()) return damaged("environment");
  TextPairs pairs;
  for (const Json& item : *list) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_string())
      return damaged("environment");
    pairs.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
  }
  return pairs;
}

std::string tagsToJson(const std::vector<std::string>& tags) {
  return dump(Json(tags));
}

Result<std::vector<std::string>> tagsFromJson(std::string_view text) {
  if (text == "[]") return std::vector<std::string>();  // the usual case
  const auto list = parseJson(text);
  if (!list.ok() || !list->is_array()) return damaged("tags");
  std::vector<std::string> tags;
  for (const Json& item : *list) {
    if (!item.is_string()) return damaged("tags");
    tags.push_back(item.get<std::string>());
  }
  return tags;
}

}  // namespace tandem
