#include <iostream>

#include "app/cli/command.h"
#include "core/network/project.h"

namespace tandem::cli {
namespace {

struct Options {};

int run(const Options&) {
  for (const TemplateInfo& info : templates()) std::cout << info.name << "\n    " << info.about << '\n';
  return kDone;
}

}  // namespace

void addTemplates(Command app, Chosen& chosen) {
  addCommand(app, chosen, "templates", "List the built-in networks", std::make_shared<Options>(), run);
}

}  // namespace tandem::cli
