#include <iostream>

#include "app/cli/command.h"
#include "core/network/project.h"

namespace tandem::cli {
namespace {

struct Options {
  std::string from;
  std::filesystem::path file;
  bool force = false;
};

int run(const Options& options) {
  auto project = projectFromTemplate(options.from);
  if (!project.ok()) return report(project.error());
  std::error_code ignored;
  if (!options.force && std::filesystem::exists(options.file, ignored))
    return report(invalid("the file already exists", options.file.string(),
                          "Choose another name, or add --force to replace it"));
  if (const Status saved = saveProject(*project, options.file); !saved.ok()) return report(saved.error());
  std::cout << "Wrote " << options.file.string() << " (" << project->name << "). Train it with: tandem train "
            << options.file.string() << '\n';
  return kDone;
}

}  // namespace

void addNew(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "new", "Write a project file from a template", options, run);
  command.option("--template", options->from, "Template name; see `tandem templates`").required();
  command.option("-o,--output", options->file, "Output project file").required();
  command.flag("--force", options->force, "Replace the file if it exists");
}

}  // namespace tandem::cli
