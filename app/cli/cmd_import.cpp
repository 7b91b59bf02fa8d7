#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "core/compile/compile.h"
#include "core/io/model_formats.h"
#include "core/text/plural.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model, file;
  DataOptions data;
  bool weights = false, json = false, force = false;
};

// What prevents training on the data that the options name; without data, nothing.
Result<std::vector<std::string>> problemsWith(const Project& project, const Options& options) {
  std::vector<std::string> texts;
  if (!options.data.path) return texts;
  TANDEM_ASSIGN(const DatasetInfo info, probeDataset(trainingData(project)));
  for (const Problem& problem : checkAgainstData(project.network, project.training, info))
    texts.push_back("The data does not fit yet: " + problem.error.text());
  return texts;
}

nlohmann::json jsonOf(const ImportedModel& model, const Project& project, const Options& options,
                      const std::vector<std::string>& notes) {
  nlohmann::json layers = nlohmann::json::array();
  for (const ImportedModel::Origin& origin : model.origins)
    layers.push_back(
        {{"name", origin.name}, {"class", origin.type}, {"layers", origin.layers}, {"note", origin.note}});
  nlohmann::json heads = nlohmann::json::array();
  for (const Head& head : project.training.heads)
    heads.push_back({{"output", head.output}, {"loss", head.loss.def().type}});
  return {{"project", options.file.string()},
          {"model", options.model.string()},
          {"summary", summaryOf(model)},
          {"layers", std::move(layers)},
          {"heads", std::move(heads)},
          {"optimizer", project.training.optimizer.def().type},
          {"weights", model.weights.size()},
          {"initial_weights", project.training.initialWeights},
          {"notes", notes}};
}

void print(const ImportedModel& model, const Project& project) {
  std::size_t names = 0, types = 0;
  for (const ImportedModel::Origin& origin : model.origins) {
    names = std::max(names, origin.name.size());
    types = std::max(types, origin.type.size());
  }
  for (const ImportedModel::Origin& origin : model.origins) {
    std::vector<std::string> made;
    for (const std::string& name : origin.layers)
      made.push_back(fmt::format("{} ({})", name, project.network.findByName(name)->type));
    std::string text = fmt::format("{}", fmt::join(made, ", "));
    if (!origin.note.empty()) text += (text.empty() ? "" : "; ") + origin.note;
    std::cout << fmt::format("{:<{}}  {:<{}}  {}\n", origin.name, names, origin.type, types, text);
  }
  std::cout << fmt::format("The model {} and has {}\n", summaryOf(model),
                           counted(model.weights.size(), "weight tensor"));
}

int run(const Options& options) {
  std::error_code ignored;
  if (std::filesystem::equivalent(options.model, options.file, ignored))
    return report(invalid("this is the model itself, which the project would replace", options.file.string(),
                          "Choose another name for the project"));
  if (options.data.path && std::filesystem::equivalent(*options.data.path, options.file, ignored))
    return report(invalid("this is the data itself, which the project would replace", options.file.string(),
                          "Choose another name for the project"));
  if (!options.force)
    if (const Status free = refuseExisting(options.file); !free.ok()) return report(free.error());
  const auto model = importModel(options.model);
  if (!model.ok()) return report(model.error());
  std::vector<std::string> notes = model->notes;
  Project project = projectOf(*model, options.model.stem().string(), notes);
  if (options.weights)
    project.training.initialWeights = std::filesystem::absolute(options.model).lexically_normal().string();
  if (const Status status = options.data.applyTo(project.data); !status.ok()) return report(status.error());
  const auto problems = problemsWith(project, options);
  if (!problems.ok()) return report(problems.error());
  notes.insert(notes.end(), problems->begin(), problems->end());
  if (const Status saved = saveProject(project, options.file); !saved.ok()) return report(saved.error());
  if (options.json) {
    std::cout << jsonLine(jsonOf(*model, project, options, notes)) << '\n';
    return kDone;
  }
  print(*model, project);
  for (const std::string& note : notes) std::cout << "Note: " << note << '\n';
  const std::string file = shellWord(options.file.string());
  std::cout << fmt::format("Wrote {}. Train it with: tandem train {}", options.file.string(), file);
  if (!options.data.path) std::cout << " --data PATH";
  if (!options.weights) std::cout << " --weights " << shellWord(options.model.string());
  std::cout << '\n';
  return kDone;
}

}  // namespace

void addImport(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "import", "Write a project file for a model of another program", options, run);
  command.option("model", options->model, "Keras model (.keras, .h5)").required();
  command.option("-o,--output", options->file, "Output project file").required();
  command.flag("--weights", options->weights,
               "Runs of the project start with the weights of the model, which must stay where it is");
  addDataOptions(command, options->data, "The data to train on; what does not fit the model is listed");
  command.flag("--json", options->json, "Print one line of JSON");
  command.flag("--force", options->force, "Replace the project file if it exists");
}

}  // namespace tandem::cli
