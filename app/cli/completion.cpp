// What can follow on a command line; resources/completion/tandem.bash asks.
#include <algorithm>

#include "app/cli/description.h"
#include "core/layers/layer.h"
#include "core/network/project.h"
#include "core/runtime/registry.h"
#include "core/twin/cards.h"

namespace tandem::cli {
namespace {

std::vector<std::string> valuesOf(const OptionFacts& option) {
  std::vector<std::string> values = option.choices;
  if (option.value == "TEMPLATE")
    for (const TemplateInfo& info : templates()) values.push_back(info.name);
  else if (option.value == "DEVICE" || option.value == "SIDE")
    for (const DeviceInfo& device : DeviceRegistry::instance().devices()) values.push_back(device.id);
  else if (option.value == "CARD") {
    if (const auto list = loadCards(); list.ok())
      for (const Card& card : list->cards) values.push_back(card.name);
  } else if (option.value == "LAYER")
    for (const LayerDef* def : allLayers()) values.emplace_back(def->type);
  else if (option.value == "PROJECT")
    values.push_back(":file .tandem");
  else if (option.value == "FILE" || option.value == "PATH" || option.value == "CHECKPOINT" ||
           option.value == "MODEL")
    values.push_back(":file .");
  else if (option.value == "FOLDER")
    values.push_back(":folder");
  return values;
}

// The option that a word like "--epochs" names, if the next word is its value.
const OptionFacts* optionOf(const CommandFacts& command, const std::string& word) {
  const auto named = [&](const OptionFacts& option) {
    return !option.value.empty() && std::ranges::find(option.names, word) != option.names.end();
  };
  const auto option = std::ranges::find_if(command.options, named);
  return option == command.options.end() ? nullptr : &*option;
}

void addOptionNames(const CommandFacts& command, const std::vector<std::string>& words,
                    std::vector<std::string>& names) {
  for (const OptionFacts& option : command.options)
    for (const std::string& name : option.names)
      if (name.starts_with("--") && (option.repeats || std::ranges::find(words, name) == words.end()))
        names.push_back(name);
  names.push_back("--help");
}

// The positional argument after `before` others; the last one may accept any number of words.
void addPositionals(const CommandFacts& command, std::size_t before, std::vector<std::string>& names) {
  const OptionFacts* last = nullptr;
  for (const OptionFacts& option : command.options) {
    if (!option.positional) continue;
    last = &option;
    if (before-- == 0) break;
    if (!option.repeats) last = nullptr;
  }
  if (last)
    for (std::string& value : valuesOf(*last)) names.push_back(std::move(value));
}

}  // namespace

std::vector<std::string> completions(const CommandFacts& program, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const CommandFacts* command = &program;
  const OptionFacts* pending = nullptr;
  std::size_t positionals = 0;
  for (std::size_t k = 0; k + 1 < words.size(); ++k) {
    if (pending) {
      pending = nullptr;
    } else if (words[k].starts_with("-")) {
      pending = optionOf(*command, words[k]);
    } else {
      const auto sub = std::ranges::find(command->commands, words[k], &CommandFacts::name);
      if (sub != command->commands.end())
        command = &*sub;
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
    for (const CommandFacts& sub : command->commands) names.push_back(sub.name);
    addPositionals(*command, positionals, names);
  }
  std::erase_if(names, [&](const std::string& name) { return name[0] != ':' && !name.starts_with(word); });
  return names;
}

}  // namespace tandem::cli
