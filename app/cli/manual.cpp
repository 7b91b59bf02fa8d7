// The section COMMANDS of tandem(1), in roff: a heading, its purpose and its options for every command.
#include <fmt/format.h>

#include "app/cli/description.h"

namespace tandem::cli {
namespace {

// Text as roff shows it: hyphens that can be copied, `commands` in bold, no line that looks like a request.
std::string roff(const std::string& text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    if (c == '`')
      out += (bold = !bold) ? "\\fB" : "\\fR";
    else if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with(".") || out.starts_with("'") ? "\\&" + out : out;
}

std::string sentence(std::string text) {
  if (!text.empty() && !text.ends_with(".")) text += '.';
  return text;
}

bool repeats(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

// "\fB--epochs\fR \fINUMBER\fR"
std::string usageOf(const CLI::Option& option, const std::string& names) {
  std::string value = valueName(option);
  if (!value.empty()) value = "\\fI" + roff(value) + "\\fR";
  if (option.get_positional()) return value;
  return "\\fB" + roff(names) + "\\fR" + (value.empty() ? "" : " " + value);
}

std::string headingOf(const CLI::App& command, const std::string& path) {
  std::string text = "\\fB" + roff(path) + "\\fR";
  bool others = false;
  for (const CLI::Option* option : optionsOf(command)) {
    if (option->get_required() || option->get_positional())
      text += ' ' + usageOf(*option, option->get_name()) + (repeats(*option) ? "..." : "");
    else
      others = true;
  }
  return text + (others ? " [\\fIoptions\\fR]" : "");
}

std::string optionText(const CLI::Option& option) {
  std::string text = sentence(option.get_description());
  const auto choices = valueChoices(option);
  if (choices.size() > 1 && text.find(choices.front()) == std::string::npos)
    text += fmt::format(" One of {}.", fmt::join(choices, ", "));
  if (const std::string range = valueRange(option); !range.empty()) text += " Range: " + range + ".";
  if (repeats(option) && !option.get_positional()) text += " Can be repeated.";
  const std::string names =
      fmt::format("{}", fmt::join(CLI::detail::split(option.get_name(false, true), ','), ", "));
  return fmt::format(".TP\n{}\n{}\n", usageOf(option, names), roff(text));
}

std::string commandText(const CLI::App& command, const std::string& path) {
  std::string text;
  const auto subcommands = subcommandsOf(command);
  if (subcommands.empty()) {
    text = fmt::format(".SS {}\n{}\n", headingOf(command, path), roff(sentence(command.get_description())));
    for (const CLI::Option* option : optionsOf(command)) text += optionText(*option);
  }
  for (const CLI::App* sub : subcommands) text += commandText(*sub, path + ' ' + sub->get_name());
  return text;
}

}  // namespace

std::string manualCommands(const CLI::App& app) {
  return commandText(app, "tandem");
}

}  // namespace tandem::cli
