#include <fmt/format.h>

#include <iostream>

#include "app/cli/command.h"
#include "core/data/builtin.h"

namespace tandem::cli {
namespace {

struct Options {};

int run(const Options&) {
  for (const BuiltinSet& set : builtinSets())
    std::cout << fmt::format("{}\n    {}: {} ({})\n", set.id, set.name, set.about,
                             builtinFolder(set).ok() ? "installed" : "sudo apt install " + set.package);
  return kDone;
}

}  // namespace

void addDatasets(Command app, Chosen& chosen) {
  addCommand(app, chosen, "datasets", "List the built-in datasets, and how to install them",
             std::make_shared<Options>(), run);
}

}  // namespace tandem::cli
