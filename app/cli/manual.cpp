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

// "\fB--epochs\fR \fINUMBER\fR"
std::string usageOf(const OptionFacts& option, const std::string& names) {
  std::string value = option.value.empty() ? "" : "\\fI" + roff(option.value) + "\\fR";
  if (option.positional) return value;
  return "\\fB" + roff(names) + "\\fR" + (value.empty() ? "" : " " + value);
}

std::string headingOf(const CommandFacts& command, const std::string& path) {
  std::string text = "\\fB" + roff(path) + "\\fR";
  bool others = false;
  for (const OptionFacts& option : command.options) {
    if (option.required || option.positional)
      text += ' ' + usageOf(option, option.name()) + (option.repeats ? "..." : "");
    else
      others = true;
  }
  return text + (others ? " [\\fIoptions\\fR]" : "");
}

std::string optionText(const OptionFacts& option) {
  std::string text = sentence(option.about);
  if (option.choices.size() > 1 && text.find(option.choices.front()) == std::string::npos)
    text += fmt::format(" One of {}.", fmt::join(option.choices, ", "));
  if (!option.range.empty()) text += " Range: " + option.range + ".";
  if (option.repeats && !option.positional) text += " Can be repeated.";
  const std::string names = fmt::format("{}", fmt::join(option.names, ", "));
  return fmt::format(".TP\n{}\n{}\n", usageOf(option, names), roff(text));
}

std::string commandText(const CommandFacts& command, const std::string& path) {
  std::string text;
  if (command.commands.empty()) {
    text = fmt::format(".SS {}\n{}\n", headingOf(command, path), roff(sentence(command.about)));
    for (const OptionFacts& option : command.options) text += optionText(option);
  }
  for (const CommandFacts& sub : command.commands) text += commandText(sub, path + ' ' + sub.name);
  return text;
}

}  // namespace

std::string manualCommands(const CommandFacts& program) {
  return commandText(program, "tandem");
}

}  // namespace tandem::cli
