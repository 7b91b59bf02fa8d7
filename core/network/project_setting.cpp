// One training setting at a time, read as if it stood alone in a project file.
#include "core/network/project_fields.h"
#include "core/settings/property_json.h"

namespace tandem {
namespace {

// A number, true, false or a list; otherwise the text itself, which needs no quotes.
Json valueOf(std::string_view text) {
  auto json = parseJson(text);
  return json.ok() ? *std::move(json) : Json(text);
}

}  // namespace

Status setTraining(TrainingConfig& training, std::string_view path, std::string_view value) {
  Json json = valueOf(value);
  // The name of a head may contain dots.
  constexpr std::string_view kHeads = "heads.";
  std::string_view head;
  for (const Head& each : training.heads)
    if (path.starts_with(kHeads) && path.substr(kHeads.size()).starts_with(each.output + ".") &&
        each.output.size() > head.size())
      head = each.output;
  if (!head.empty()) path = path.substr(kHeads.size() + head.size() + 1);
  while (true) {
    const auto dot = path.rfind('.');
    const std::string_view key = dot == path.npos ? path : path.substr(dot + 1);
    json = Json{{std::string(key), std::move(json)}};
    if (dot == path.npos) break;
    path = path.substr(0, dot);
  }
  if (!head.empty()) json = Json{{"heads", {{std::string(head), std::move(json)}}}};
  TrainingConfig changed = training;
  const Path root;
  FieldReader reader(json, root);
  describe(reader, changed);
  TANDEM_TRY(reader.finish());
  training = std::move(changed);
  return success();
}

}  // namespace tandem
