#include "core/network/head.h"

#include <fmt/format.h>

#include "core/network/project_fields.h"

namespace tandem {
namespace {

std::string namesOf(const std::vector<Head>& heads) {
  std::string names;
  for (const Head& head : heads) names += (names.empty() ? "" : ", ") + inQuotes(head.output);
  return names;
}

Status readHead(const Json& json, const Path& path, Head& head) {
  TANDEM_TRY(expect(json.is_object(), path, "an object", json));
  FieldReader reader(json, path);
  describe(reader, head);
  return reader.finish();
}

}  // namespace

std::string reportName(const TrainingConfig& training, const Head& head, std::string_view value) {
  return training.heads.size() == 1 ? std::string(value) : fmt::format("{} {}", head.output, value);
}

Result<Source> outputOf(const Head& head, const Network& network) {
  if (!head.output.empty()) {
    if (const auto output = network.findSource(head.output)) return *output;
    const bool port = head.output.find('/') != std::string::npos;
    return invalid(fmt::format("a head is trained on the {} \"{}\", which the network does not have",
                               port ? "output" : "layer", head.output),
                   "training", "Choose another output for the head, or remove it");
  }
  const std::vector<Source> outputs = network.outputs();
  if (outputs.size() == 1) return outputs[0];
  std::string names;
  for (const Source& output : outputs) names += (names.empty() ? "" : ", ") + network.nameOf(output);
  return invalid(
      outputs.empty() ? "the network has no output" : "the network has several outputs: " + names, "training",
      "Add a head for each output in the training settings, join them with an add or concat layer, or "
      "remove those that are not needed");
}

std::vector<Source> outputsOf(const TrainingConfig& training, const Network& network) {
  std::vector<Source> outputs;
  for (const Head& head : training.heads) outputs.push_back(outputOf(head, network).value());
  return outputs;
}

// A list of all heads, or an object that changes some of them, by the names of their outputs.
Status readJson(const Json& json, const Path& path, std::vector<Head>& heads) {
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      const auto head = std::ranges::find(heads, name, &Head::output);
      if (head == heads.end() && heads.size() == 1 && heads[0].output.empty())
        return at(
            path.member(name), "there is one head, which names no output",
            fmt::format(
                "Set loss and metrics without heads.NAME, or list the heads: [{{\"output\": \"{}\"}}, ...]",
                name));
      if (head == heads.end())
        return at(path.member(name), "there is no head for an output of this name",
                  fmt::format("The heads: {}; their settings are heads.{}.loss and so on", namesOf(heads),
                              heads[0].output));
      TANDEM_TRY(readHead(value, path.member(name), *head));
    }
    return success();
  }
  TANDEM_TRY(expect(json.is_array(), path, "a list of heads", json));
  if (json.empty() || json.size() > kMaxHeads)
    return at(path, fmt::format("must have 1 to {} heads", kMaxHeads));
  heads.assign(json.size(), {});
  for (std::size_t i = 0; i < json.size(); ++i) {
    TANDEM_TRY(readHead(json[i], path.item(i), heads[i]));
    if (json.size() > 1 && heads[i].output.empty())
      return at(path.item(i), "has no output", "Each of several heads names the layer that it is trained on");
    if (std::ranges::find(heads.begin(), heads.begin() + static_cast<std::ptrdiff_t>(i), heads[i].output,
                          &Head::output) != heads.begin() + static_cast<std::ptrdiff_t>(i))
      return at(path.item(i).member("output"),
                "there is already a head for the output " + inQuotes(heads[i].output));
  }
  return success();
}

Json writeJson(const std::vector<Head>& heads) {
  Json list = Json::array();
  for (const Head& head : heads) {
    FieldWriter writer(list.emplace_back(Json::object()));
    describe(writer, head);
  }
  return list;
}

}  // namespace tandem
