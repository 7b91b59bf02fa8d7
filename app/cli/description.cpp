#include "app/cli/description.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace tandem::cli {
namespace {

// By the option's names, so that the same option is called the same in every command.
const std::map<std::string_view, const char*> kValueNames = {
    {"project", "PROJECT"},       {"file", "FILE"},
    {"source", "CHECKPOINT"},     {"model", "CHECKPOINT"},
    {"inputs", "FILE"},           {"--template", "TEMPLATE"},
    {"--device", "DEVICE"},       {"--side", "SIDE"},
    {"--out", "FOLDER"},          {"--runs", "FOLDER"},
    {"-o,--output", "FILE"},      {"-o,--out", "FILE"},
    {"--record", "FILE"},         {"--report", "FILE"},
    {"--resume", "CHECKPOINT"},   {"--from", "CHECKPOINT"},
    {"--precision", "PRECISION"}, {"--format", "FORMAT"},
    {"--price", "DEVICE=PRICE"},  {"--currency", "CODE"},
    {"--name", "NAME"},           {"--tags", "TAGS"},
    {"--notes", "NOTES"},
};

// What stands between `open` and `close` in the type that CLI11 composes: "TEXT:{a,b}", "INT:INT in [1 - 9]".
std::string between(const std::string& text, char open, char close) {
  const auto from = text.find(open), to = text.rfind(close);
  return from == std::string::npos || to == std::string::npos || to < from
             ? ""
             : text.substr(from + 1, to - from - 1);
}

}  // namespace

void nameValues(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) nameValues(*command);
  for (CLI::Option* option : app.get_options())
    if (const auto name = kValueNames.find(option->get_name(false, true)); name != kValueNames.end())
      option->type_name(name->second);
}

std::vector<const CLI::App*> subcommandsOf(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> optionsOf(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return !option->check_lname("help"); });
}

std::string valueName(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  std::string type = option.get_type_name();
  type.resize(std::min(type.size(), type.find(':')));
  return type == "INT" || type == "UINT" || type == "FLOAT" ? "NUMBER" : type;
}

std::vector<std::string> valueChoices(const CLI::Option& option) {
  return CLI::detail::split(between(option.get_type_name(), '{', '}'), ',');
}

std::string valueRange(const CLI::Option& option) {
  std::string range = between(option.get_type_name(), '[', ']');
  if (const auto at = range.find(" - "); at != std::string::npos) range.replace(at, 3, " to ");
  return range;
}

}  // namespace tandem::cli
