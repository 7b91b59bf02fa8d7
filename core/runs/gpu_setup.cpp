#include "core/runs/gpu_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/page/markup.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

constexpr int kDriver = 580;  // the oldest driver for CUDA 13
constexpr const char* kRepositories = "https://developer.download.nvidia.com/compute/cuda/repos/";

std::string firstLine(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Display controllers (class 0x03) of NVIDIA (vendor 0x10de).
int nvidiaGpus(const fs::path& pciDevices) {
  int count = 0;
  std::error_code problem;
  for (fs::directory_iterator it(pciDevices, problem), end; !problem && it != end; it.increment(problem))
    if (firstLine(it->path() / "vendor") == "0x10de" && firstLine(it->path() / "class").starts_with("0x03"))
      ++count;
  return count;
}

// The release in "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue ...": the first word of digits and dots.
std::string loadedDriver(const fs::path& file) {
  std::istringstream words(firstLine(file));
  for (std::string word; words >> word;)
    if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos)
      return word;
  return {};
}

int majorOf(const std::string& version) {
  int number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

// How packages are installed. An empty list: not known for this distribution.
struct Recipe {
  std::vector<std::string> repository, driver, cublasLt, cudnn;
  std::string note;  // on the repository
};

// NVIDIA's folder for a Debian or Ubuntu: "debian12", "ubuntu2404"; empty if it has none that is known.
std::string aptFolder(const Distribution& d) {
  std::string version = d.version;
  if (d.id == "debian") return version.empty() ? "" : "debian" + version;
  if (d.id != "ubuntu")  // derived ones count their versions differently
    version = d.codename == "jammy" ? "22.04" : d.codename == "noble" ? "24.04" : "";
  std::erase(version, '.');
  return version.empty() ? "" : "ubuntu" + version;
}

Recipe recipeFor(const Distribution& d) {
  Recipe r;
  if (const std::string folder = aptFolder(d); !folder.empty()) {
    r.repository = {fmt::format("wget {}{}/x86_64/cuda-keyring_1.1-1_all.deb", kRepositories, folder),
                    "sudo dpkg -i cuda-keyring_1.1-1_all.deb", "sudo apt update"};
    r.driver = {"sudo apt install linux-headers-$(uname -r) nvidia-open"};
    r.cublasLt = {"sudo apt install libcublas-13-0"};
    r.cudnn = {"sudo apt install libcudnn9-cuda-13"};
    if (d.id == "debian")
      r.note =
          " Debian's own package nvidia-driver is older than that. The driver needs the component contrib in your "
          "package sources.";
  } else if (d.id == "fedora" && !d.version.empty()) {
    r.repository = {
        fmt::format("sudo dnf config-manager addrepo --from-repofile={0}fedora{1}/x86_64/cuda-fedora{1}.repo",
                    kRepositories, d.version)};
    r.driver = {"sudo dnf install nvidia-open"};
    r.cublasLt = {"sudo dnf install libcublas-13-0"};
    r.cudnn = {"sudo dnf install libcudnn9-cuda-13"};
    r.note = " If NVIDIA has no repository for your release of Fedora yet, use that of the previous one.";
  } else if (d.id == "opensuse-leap" && !d.version.empty()) {
    const std::string leap = d.version.starts_with("15") ? "opensuse15" : "suse" + d.version.substr(0, 2);
    r.repository = {fmt::format("sudo zypper addrepo {0}{1}/x86_64/cuda-{1}.repo", kRepositories, leap),
                    "sudo zypper refresh"};
    r.driver = {"sudo zypper install nvidia-open"};
    r.cublasLt = {"sudo zypper install libcublas-13-0"};
    r.cudnn = {"sudo zypper install libcudnn9-cuda-13"};
  } else if (d.id == "arch" || (" " + d.like + " ").find(" arch ") != std::string::npos) {
    r.driver = {"sudo pacman -S nvidia-open"};
    r.cublasLt = {"sudo pacman -S cuda"};
    r.cudnn = {"sudo pacman -S cudnn"};
  }
  return r;
}

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

using State = SetupStep::State;

bool usable(const GpuFindings& findings) {
  return findings.backend && findings.problem.empty();
}

SetupStep gpuStep(const GpuFindings& findings) {
  SetupStep step{"NVIDIA GPU", State::Done, {}, {}, {}};
  if (findings.gpus > 0) {
    step.finding = fmt::format("{} on the PCI bus", findings.gpus);
  } else if (usable(findings)) {
    step.finding = "in use";
  } else {
    step.state = State::Missing;
    step.finding = "none on the PCI bus";
    step.advice =
        "Tandem trains on the CPU without one. It uses GPUs of compute capability 7.5 (Turing, 2018) or higher; `tandem "
        "check PROJECT --cards` forecasts a network on common ones. A virtual machine or a container sees a GPU only if it "
        "is passed through to it.";
  }
  return step;
}

SetupStep driverStep(const GpuFindings& findings, const Recipe& recipe) {
  SetupStep step{"Driver", State::Done, findings.driver, {}, {}};
  if (findings.driver.empty()) step.finding = "none is loaded";
  const int major = majorOf(findings.driver);
  if (usable(findings) || major >= kDriver) return step;
  step.state = State::Missing;
  if (major > 0) step.finding += fmt::format("; too old, {} or newer is needed", kDriver);
  step.advice = fmt::format("CUDA 13 needs NVIDIA's driver {} or newer.{}", kDriver, recipe.note);
  if (recipe.driver.empty())
    step.advice +=
        " Install it with the packages of your distribution, or from https://www.nvidia.com/drivers.";
  step.advice += " Restart the machine after the installation; `nvidia-smi` then lists the GPU.";
  step.commands = joined(recipe.repository, recipe.driver);
  return step;
}

SetupStep backendStep(const GpuFindings& findings, const Distribution& distribution) {
  SetupStep step{"GPU backend of Tandem", State::Done, "installed, with the CUDA 13 runtime", {}, {}};
  if (findings.backend) return step;
  step.state = State::Missing;
  step.finding =
      findings.problem.empty() ? "not in this installation" : "could not be loaded: " + findings.problem;
  step.advice =
      "Install the package tandem-cuda that belongs to this version, or build Tandem where the CUDA 13 toolkit (nvcc) and "
      "cuDNN 9 are installed.";
  if (!aptFolder(distribution).empty()) step.commands = {"sudo apt install ./tandem-cuda_*.deb"};
  return step;
}

SetupStep libraryStep(std::string title, bool checked, const std::string& found, const std::string& refused,
                      std::string advice, std::vector<std::string> commands) {
  SetupStep step{std::move(title), State::Done, found, {}, {}};
  if (!found.empty()) return step;
  step.state = checked ? State::Missing : State::Unknown;
  step.finding = checked ? "not found" : "not checked, because the GPU backend is missing";
  if (!refused.empty()) step.finding += "; not suitable: " + refused;
  step.advice = std::move(advice);
  step.commands = std::move(commands);
  return step;
}

SetupStep trialStep(const GpuFindings& findings) {
  if (usable(findings)) return {"Trial", State::Done, "the backend is ready", {}, {}};
  return {"Trial",
          findings.backend ? State::Missing : State::Unknown,
          findings.backend ? findings.problem : "not possible yet",
          "Check the result: this trains a small network on each device.",
          {"tandem doctor"}};
}

}  // namespace

Distribution distributionFrom(std::string_view osRelease) {
  Distribution d;
  std::istringstream lines{std::string(osRelease)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find('=');
    if (at == std::string::npos) continue;
    std::string value = line.substr(at + 1);
    std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
    const std::string key = line.substr(0, at);
    if (key == "ID") d.id = value;
    if (key == "ID_LIKE") d.like = value;
    if (key == "VERSION_ID") d.version = value;
    if (key == "UBUNTU_CODENAME") d.codename = value;
    if (key == "PRETTY_NAME") d.name = value;
  }
  if (d.name.empty()) d.name = d.id.empty() ? "this system" : d.id;
  return d;
}

Distribution thisDistribution() {
  std::ifstream in("/etc/os-release");
  std::ostringstream text;
  text << in.rdbuf();
  return distributionFrom(text.str());
}

GpuFindings gpuFindings(std::span<const BackendSlot> slots, const fs::path& pciDevices,
                        const fs::path& driverVersion) {
  GpuFindings findings;
  findings.gpus = nvidiaGpus(pciDevices);
  findings.driver = loadedDriver(driverVersion);
  for (const BackendSlot& slot : slots) {
    if (!slot.backend) {
      if (slot.file.find("cuda") != std::string::npos) findings.problem = slot.problem;
      continue;
    }
    if (slot.backend->name() != "cuda") continue;
    findings.backend = true;
    findings.problem = slot.backend->unusable();
    // The version is known once the library is in use; before, at most its file.
    const auto note = [](const std::string& label, std::string_view library, const std::string& value,
                         std::string& found, std::string& refused) {
      if (label == library) found = value;
      if (label == std::string(library) + " from" && found.empty() && value.starts_with('/')) found = value;
      if (label == std::string(library) + " not from") refused += (refused.empty() ? "" : "; ") + value;
    };
    for (const auto& [label, value] : slot.backend->facts()) {
      if (label == "Driver" && value != "none found") findings.driver = value;
      note(label, "cuDNN", value, findings.cudnn, findings.refusedCudnn);
      note(label, "cuBLASLt", value, findings.cublasLt, findings.refusedCublasLt);
    }
  }
  return findings;
}

std::vector<SetupStep> gpuSetup(const GpuFindings& findings, const Distribution& distribution) {
  const Recipe recipe = recipeFor(distribution);
  const bool known = !recipe.driver.empty();
  const SetupStep driver = driverStep(findings, recipe);
  // NVIDIA's repository is added once, by the first step that needs it.
  std::vector<std::string> repository = recipe.repository;
  if (driver.state != State::Done) repository.clear();
  const SetupStep blas =
      libraryStep("cuBLASLt", findings.backend, findings.cublasLt, findings.refusedCublasLt,
                  known ? "It must be of CUDA 13."
                        : "It is part of the CUDA 13 toolkit, https://developer.nvidia.com/cuda-downloads.",
                  joined(repository, recipe.cublasLt));
  if (blas.state != State::Done) repository.clear();
  const SetupStep cudnn = libraryStep(
      "cuDNN", findings.backend, findings.cudnn, findings.refusedCudnn,
      known ? "It must be version 9 for CUDA 13."
            : "Install version 9 for CUDA 13 from https://developer.nvidia.com/cudnn-downloads, or with `pip "
              "install nvidia-cudnn-cu13` in the Python environment from which you start Tandem.",
      joined(repository, recipe.cudnn));
  return {gpuStep(findings), driver, backendStep(findings, distribution), blas, cudnn, trialStep(findings)};
}

std::string setupText(std::span<const SetupStep> steps, const Distribution& distribution) {
  std::string text = fmt::format("Setting up a GPU on {}\n", distribution.name);
  for (const SetupStep& step : steps) {
    const char* mark = step.state == SetupStep::State::Done      ? "ok"
                       : step.state == SetupStep::State::Missing ? "--"
                                                                 : "??";
    text += fmt::format("[{}] {:<22} {}\n", mark, step.title, step.finding);
    if (!step.advice.empty()) text += fmt::format("     {}\n", step.advice);
    for (const std::string& command : step.commands) text += fmt::format("       {}\n", command);
  }
  return text;
}

std::string setupHtml(std::span<const SetupStep> steps, const Distribution& distribution) {
  std::string html = fmt::format("<h2>Setting up a GPU</h2><p>On {}.</p>", escaped(distribution.name));
  int number = 0;
  for (const SetupStep& step : steps) {
    const char* mark = step.state == SetupStep::State::Done      ? "&#10003; "
                       : step.state == SetupStep::State::Missing ? "&#10007; "
                                                                 : "";
    html +=
        fmt::format("<h3>{}. {}</h3><p>{}{}</p>", ++number, escaped(step.title), mark, escaped(step.finding));
    if (!step.advice.empty()) html += fmt::format("<p>{}</p>", escaped(step.advice));
    std::string commands;
    for (const std::string& command : step.commands) commands += escaped(command) + "\n";
    if (!commands.empty()) html += fmt::format("<pre>{}</pre>", commands);
  }
  return html;
}

}  // namespace tandem
