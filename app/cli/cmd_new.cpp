#include <algorithm>
#include <iostream>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "core/data/csv_number.h"
#include "core/network/propose.h"

namespace tandem::cli {
namespace {

struct Options {
  std::optional<std::string> from;
  DataOptions data;
  std::filesystem::path file;
  bool force = false;
};

// Proposes a project and prints what the data is and what the project does with it.
Result<Project> projectFromData(const Options& options) {
  DataSpec spec;
  TANDEM_TRY(options.data.applyTo(spec));
  TANDEM_ASSIGN(Proposal proposal, proposeProject(std::move(spec)));
  const DatasetInfo& data = proposal.data;
  printNotes(data);
  const bool table = proposal.project.data.kind == DataKind::Csv;
  std::cout << summaryOf(proposal);
  if (data.targets.size() == 1) {
    const DataTensor& target = data.targets[0];
    const bool numbers = table && std::ranges::all_of(target.classNames, [](const std::string& each) {
                           return shapeOf(each) != kText;
                         });
    if (target.classes == 0) std::cout << "; --categories makes the target a class";
    if (target.classes > 0 && numbers) std::cout << "; --numbers makes the target a number";
  }
  std::cout << '\n';
  return std::move(proposal.project);
}

int run(const Options& options) {
  if (options.from.has_value() == options.data.path.has_value())
    return report(invalid(
        "either --template or --data is needed", {},
        "`tandem templates` lists the templates; --data expects a table, a text, a folder or a name that "
        "`tandem datasets` lists"));
  std::error_code ignored;
  if (options.data.path && std::filesystem::equivalent(*options.data.path, options.file, ignored))
    return report(invalid("this is the data itself, which the project would replace", options.file.string(),
                          "Choose another name for the project"));
  if (!options.force)
    if (const Status free = refuseExisting(options.file); !free.ok()) return report(free.error());
  const auto project = options.data.path ? projectFromData(options) : projectFromTemplate(*options.from);
  if (!project.ok()) return report(project.error());
  if (const Status saved = saveProject(*project, options.file); !saved.ok()) return report(saved.error());
  std::cout << "Wrote " << options.file.string() << " (" << project->name << "). Train it with: tandem train "
            << shellWord(options.file.string()) << '\n';
  return kDone;
}

}  // namespace

void addNew(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "new", "Write a project file from a template, or for your data", options, run);
  command.option("--template", options->from, "Template name; see `tandem templates`");
  addDataOptions(
      command, options->data,
      "A table (CSV or ARFF), a text (.txt), arrays (.npz, .npy, HDF5), a folder with one subfolder of images or texts per "
      "class or of images with masks, a folder of IDX files or of CIFAR-10 or CIFAR-100, or the name of a built-in "
      "dataset, such as iris (`tandem datasets` lists them)");
  command.option("-o,--output", options->file, "Output project file").required();
  command.flag("--force", options->force, "Replace the file if it exists");
}

}  // namespace tandem::cli
