// What can follow on a command line; resources/completion/tandem.bash asks.
#include <algorithm>

#include "app/cli/description.h"
#include "core/network/project.h"
#include "core/runtime/registry.h"

namespace tandem::cli {
namespace {

std::vector<std::string> valuesOf(const CLI::Option& option) {
  const std::string kind = valueName(option);
  std::vector<std::string> values = valueChoices(option);
  if (kind == "TEMPLATE")
    for (const TemplateInfo& info : templates()) values.push_back(info.name);
  else if (kind == "DEVICE" || kind == "SIDE")
    for (const DeviceInfo& device : DeviceRegistry::instance().devices()) values.push_back(device.id);
  else if (kind == "PROJECT")
    values.push_back(":file .tandem");
  else if (kind == "FILE" || kind == "CHECKPOINT")
    values.push_back(":file .");
  else if (kind == "FOLDER")
    values.push_back(":folder");
  return values;
}

// The option that a word like "--epochs" names, and that takes the next word.
const CLI::Option* optionOf(const CLI::App& command, const std::string& word) {
  const CLI::Option* option = word.starts_with("-") ? command.get_option_no_throw(word) : nullptr;
  return option && !valueName(*option).empty() ? option : nullptr;
}

void addOptionNames(const CLI::App& command, const std::vector<std::string>& words,
                    std::vector<std::string>& names) {
  for (const CLI::Option* option : optionsOf(command)) {
    for (const std::string& name : option->get_lnames()) {
      const bool given = std::ranges::find(words, "--" + name) != words.end();
      if (!given || option->get_items_expected_max() > 1) names.push_back("--" + name);
    }
  }
  names.push_back("--help");
}

// The positional argument that comes after `before` others; the last one may take any number of words.
void addPositionals(const CLI::App& command, std::size_t before, std::vector<std::string>& names) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : optionsOf(command)) {
    if (!option->get_positional()) continue;
    last = option;
    if (before-- == 0) break;
    if (option->get_items_expected_max() == 1) last = nullptr;
  }
  if (last)
    for (std::string& value : valuesOf(*last)) names.push_back(std::move(value));
}

}  // namespace

std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const CLI::App* command = &app;
  const CLI::Option* pending = nullptr;
  std::size_t positionals = 0;
  for (std::size_t k = 0; k + 1 < words.size(); ++k) {
    if (pending) {
      pending = nullptr;
    } else if (words[k].starts_with("-")) {
      pending = optionOf(*command, words[k]);
    } else {
      const auto subs = subcommandsOf(*command);
      const auto sub = std::ranges::find(subs, words[k], &CLI::App::get_name);
      if (sub != subs.end())
        command = *sub;
      else
        ++positionals;
    }
  }
  const std::string& word = words.back();
  std::vector<std::string> names;
  if (pending) {
    names = valuesOf(*pending);
  } else if (word.starts_with("-")) {
    addOptionNames(*command, words, names);
  } else {
    for (const CLI::App* sub : subcommandsOf(*command)) names.push_back(sub->get_name());
    addPositionals(*command, positionals, names);
  }
  std::erase_if(names, [&](const std::string& name) { return name[0] != ':' && !name.starts_with(word); });
  return names;
}

}  // namespace tandem::cli
