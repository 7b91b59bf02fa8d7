// The page "Setting up a GPU": what is found, and which commands which distribution gets.
#include "core/runs/gpu_setup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/file.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using State = SetupStep::State;

const char* const kDebian =
    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";
const char* const kUbuntu =
    "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n";
const char* const kMint =
    "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\nPRETTY_NAME=\"Linux Mint 22\"\n"
    "UBUNTU_CODENAME=noble\n";
const char* const kFedora = "ID=fedora\nVERSION_ID=42\nPRETTY_NAME=\"Fedora Linux 42\"\n";
const char* const kArch = "ID=arch\nPRETTY_NAME=\"Arch Linux\"\n";
const char* const kManjaro = "ID=manjaro\nID_LIKE=arch\nPRETTY_NAME=\"Manjaro Linux\"\n";
const char* const kLeap = "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.6\"\n";
const char* const kLeap16 = "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"16.0\"\n";
const char* const kAlpine = "ID=alpine\nVERSION_ID=3.20\nPRETTY_NAME=\"Alpine Linux v3.20\"\n";

SetupStep stepOf(const std::vector<SetupStep>& steps, std::string_view title) {
  const auto step = std::ranges::find(steps, title, &SetupStep::title);
  EXPECT_NE(step, steps.end()) << title;
  return step == steps.end() ? SetupStep{} : *step;
}

std::vector<std::string> commandsOf(const char* osRelease, std::string_view title,
                                    const GpuFindings& findings = {}) {
  return stepOf(gpuSetup(findings, distributionFrom(osRelease)), title).commands;
}

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// The CUDA backend as the doctor sees it.
class CudaFacts : public FakeBackend {
 public:
  std::vector<std::pair<std::string, std::string>> list;
  std::string why;
  std::string_view name() const override { return "cuda"; }
  std::vector<std::pair<std::string, std::string>> facts() override { return list; }
  std::string unusable() override { return why; }
};

TEST(GpuSetup, ReadsTheDistribution) {
  const Distribution debian = distributionFrom(kDebian);
  EXPECT_EQ(debian.id, "debian");
  EXPECT_EQ(debian.version, "12");
  EXPECT_EQ(debian.name, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(distributionFrom(kMint).codename, "noble");
  EXPECT_EQ(distributionFrom(kLeap).id, "opensuse-leap");
  EXPECT_EQ(distributionFrom("").name, "this system");
  EXPECT_EQ(distributionFrom("nonsense\n=\nID=x").id, "x");
}

TEST(GpuSetup, EveryDistributionGetsItsOwnCommands) {
  const std::string repos = "https://developer.download.nvidia.com/compute/cuda/repos/";
  const auto debian = commandsOf(kDebian, "Driver");
  ASSERT_EQ(debian.size(), 4u);
  EXPECT_EQ(debian[0], "wget " + repos + "debian12/x86_64/cuda-keyring_1.1-1_all.deb");
  EXPECT_EQ(debian[3], "sudo apt install linux-headers-$(uname -r) nvidia-open");
  EXPECT_EQ(commandsOf(kUbuntu, "Driver")[0],
            "wget " + repos + "ubuntu2404/x86_64/cuda-keyring_1.1-1_all.deb");
  EXPECT_EQ(commandsOf(kMint, "Driver"), commandsOf(kUbuntu, "Driver"));
  const auto fedora = commandsOf(kFedora, "Driver");
  EXPECT_EQ(fedora[0], "sudo dnf config-manager addrepo --from-repofile=" + repos +
                           "fedora42/x86_64/cuda-fedora42.repo");
  EXPECT_TRUE(has(fedora, "sudo dnf install nvidia-open"));
  EXPECT_EQ(commandsOf(kArch, "Driver"), std::vector<std::string>{"sudo pacman -S nvidia-open"});
  EXPECT_EQ(commandsOf(kManjaro, "cuDNN"), std::vector<std::string>{"sudo pacman -S cudnn"});
  EXPECT_EQ(commandsOf(kLeap, "Driver")[0],
            "sudo zypper addrepo " + repos + "opensuse15/x86_64/cuda-opensuse15.repo");
  EXPECT_EQ(commandsOf(kLeap16, "Driver")[0],
            "sudo zypper addrepo " + repos + "suse16/x86_64/cuda-suse16.repo");
  for (const char* apt : {kDebian, kUbuntu, kMint}) {
    EXPECT_TRUE(has(commandsOf(apt, "cuBLASLt"), "sudo apt install libcublas-13-0"));
    EXPECT_TRUE(has(commandsOf(apt, "cuDNN"), "sudo apt install libcudnn9-cuda-13"));
    EXPECT_TRUE(has(commandsOf(apt, "GPU backend of Tandem"), "sudo apt install ./tandem-cuda_*.deb"));
  }
  // Elsewhere there is a general text, and no command that may be wrong.
  const auto other = gpuSetup({}, distributionFrom(kAlpine));
  EXPECT_TRUE(stepOf(other, "Driver").commands.empty());
  EXPECT_NE(stepOf(other, "Driver").advice.find("nvidia.com/drivers"), std::string::npos);
  EXPECT_TRUE(stepOf(other, "cuDNN").commands.empty());
  EXPECT_NE(stepOf(other, "cuDNN").advice.find("developer.nvidia.com"), std::string::npos);
}

TEST(GpuSetup, NothingIsDoneOnAMachineWithoutAGpu) {
  const auto steps = gpuSetup({}, distributionFrom(kDebian));
  ASSERT_EQ(steps.size(), 6u);
  EXPECT_EQ(steps[0].title, "NVIDIA GPU");
  EXPECT_EQ(steps[0].state, State::Missing);
  EXPECT_EQ(stepOf(steps, "Driver").finding, "none is loaded");
  EXPECT_EQ(stepOf(steps, "GPU backend of Tandem").state, State::Missing);
  EXPECT_EQ(stepOf(steps, "cuDNN").state, State::Unknown);
  EXPECT_EQ(stepOf(steps, "Trial").state, State::Unknown);
}

TEST(GpuSetup, AUsableGpuNeedsNothing) {
  GpuFindings findings;
  findings.backend = true;
  findings.driver = "580.95.05, CUDA 13.0";
  findings.cublasLt = "13.1.0";
  findings.cudnn = "9.19.0";
  for (const int gpus : {1, 0}) {  // a container need not show the bus
    findings.gpus = gpus;
    for (const SetupStep& step : gpuSetup(findings, distributionFrom(kDebian))) {
      EXPECT_EQ(step.state, State::Done) << step.title;
      EXPECT_TRUE(step.commands.empty() && step.advice.empty()) << step.title;
      EXPECT_FALSE(step.finding.empty()) << step.title;
    }
  }
}

TEST(GpuSetup, TheRepositoryIsAddedByTheFirstStepThatNeedsIt) {
  GpuFindings findings;
  findings.gpus = 1;
  findings.backend = true;
  findings.problem = "no cuBLASLt";
  const auto adds = [&](std::string_view title) {
    return has(commandsOf(kDebian, title, findings), "sudo dpkg -i cuda-keyring_1.1-1_all.deb");
  };
  EXPECT_TRUE(adds("Driver"));
  EXPECT_FALSE(adds("cuBLASLt"));
  EXPECT_FALSE(adds("cuDNN"));
  findings.driver = "580.65.06";
  EXPECT_FALSE(adds("Driver"));
  EXPECT_TRUE(adds("cuBLASLt"));
  EXPECT_FALSE(adds("cuDNN"));
  findings.cublasLt = "/usr/lib/libcublasLt.so.13";
  EXPECT_TRUE(adds("cuDNN"));
}

TEST(GpuSetup, AnOldDriverIsMissing) {
  GpuFindings findings;
  findings.gpus = 1;
  findings.driver = "550.54.14";
  const SetupStep driver = stepOf(gpuSetup(findings, distributionFrom(kDebian)), "Driver");
  EXPECT_EQ(driver.state, State::Missing);
  EXPECT_EQ(driver.finding, "550.54.14; too old, 580 or newer is needed");
  EXPECT_NE(driver.advice.find("Debian's own package"), std::string::npos) << driver.advice;
}

TEST(GpuSetup, FindsGpusAndTheDriverOfTheKernel) {
  const TemporaryFolder folder;
  const auto device = [&](const char* name, const char* vendor, const char* kind) {
    std::filesystem::create_directories(folder / "pci" / name);
    ASSERT_TRUE(writeFileAtomically(folder / "pci" / name / "vendor", vendor).ok());
    ASSERT_TRUE(writeFileAtomically(folder / "pci" / name / "class", kind).ok());
  };
  device("0000:01:00.0", "0x10de\n", "0x030000\n");
  device("0000:01:00.1", "0x10de\n", "0x040300\n");  // its sound
  device("0000:02:00.0", "0x10de\n", "0x030200\n");
  device("0000:00:02.0", "0x8086\n", "0x030000\n");
  ASSERT_TRUE(
      writeFileAtomically(
          folder / "version",
          "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version: 12.2.0\n")
          .ok());
  const GpuFindings found = gpuFindings({}, folder / "pci", folder / "version");
  EXPECT_EQ(found.gpus, 2);
  EXPECT_EQ(found.driver, "580.65.06");
  EXPECT_FALSE(found.backend);
  const GpuFindings none = gpuFindings({}, folder / "absent", folder / "absent");
  EXPECT_EQ(none.gpus, 0);
  EXPECT_EQ(none.driver, "");
}

TEST(GpuSetup, ReadsTheFactsOfTheBackend) {
  CudaFacts cuda;
  cuda.list = {{"Driver", "580.95.05, CUDA 13.0"},
               {"cuDNN", "9.19.0"},
               {"cuBLASLt", "13.1.0"},
               {"cuDNN from", "/usr/lib/libcudnn.so.9"},
               {"cuDNN not from", "/opt/x: it is for CUDA 12.4"},
               {"cuDNN not from", "/opt/y: it is not cuDNN"}};
  const BackendSlot slots[] = {{"libtandem_cuda.so", &cuda, {}}};
  const GpuFindings ready = gpuFindings(slots, "/absent", "/absent");
  EXPECT_TRUE(ready.backend);
  EXPECT_EQ(ready.problem, "");
  EXPECT_EQ(ready.driver, "580.95.05, CUDA 13.0");
  EXPECT_EQ(ready.cudnn, "9.19.0");
  EXPECT_EQ(ready.cublasLt, "13.1.0");
  EXPECT_EQ(ready.refusedCudnn, "/opt/x: it is for CUDA 12.4; /opt/y: it is not cuDNN");
  // Before the kernels are loaded, only the places of the libraries are known.
  cuda.why = "no NVIDIA driver is installed";
  cuda.list = {{"Problem", "x"},
               {"cuDNN from", "the search path of the dynamic linker"},
               {"cuDNN not from", "/opt/x: it is for CUDA 12.4"},
               {"cuBLASLt from", "/usr/lib/libcublasLt.so.13"}};
  const GpuFindings unusable = gpuFindings(slots, "/absent", "/absent");
  EXPECT_EQ(unusable.problem, "no NVIDIA driver is installed");
  EXPECT_EQ(unusable.cudnn, "");
  EXPECT_EQ(unusable.cublasLt, "/usr/lib/libcublasLt.so.13");
  const auto steps = gpuSetup(unusable, distributionFrom(kDebian));
  EXPECT_EQ(stepOf(steps, "cuDNN").finding, "not found; not suitable: /opt/x: it is for CUDA 12.4");
  EXPECT_EQ(stepOf(steps, "Trial").finding, "no NVIDIA driver is installed");
  const BackendSlot broken[] = {{"libtandem_cuda.so", nullptr, "wrong version"}};
  EXPECT_EQ(stepOf(gpuSetup(gpuFindings(broken, "/absent", "/absent"), {}), "GPU backend of Tandem").finding,
            "could not be loaded: wrong version");
}

TEST(GpuSetup, ThePageIsTextOrHtml) {
  Distribution distribution = distributionFrom(kDebian);
  distribution.name = "A <system>";
  const auto steps = gpuSetup({}, distribution);
  const std::string text = setupText(steps, distribution);
  EXPECT_TRUE(text.starts_with("Setting up a GPU on A <system>\n[--] NVIDIA GPU ")) << text;
  EXPECT_NE(text.find("\n       sudo apt install libcudnn9-cuda-13\n"), std::string::npos) << text;
  const std::string html = setupHtml(steps, distribution);
  EXPECT_NE(html.find("A &lt;system&gt;"), std::string::npos) << html;
  EXPECT_NE(html.find("<pre>"), std::string::npos);
  EXPECT_NE(html.find("<h3>2. Driver</h3>"), std::string::npos);
}

}  // namespace
}  // namespace tandem
