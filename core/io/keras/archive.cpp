#include "core/io/keras/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <map>

#include "core/base/file.h"
#include "core/data/zip.h"

namespace tandem::keras {
namespace {

constexpr std::string_view kConfig = "config.json", kMetadata = "metadata.json",
                           kWeights = "model.weights.h5";
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;  // as parseJson()
// Weights hardly become smaller when they are packed.
constexpr std::uint64_t kMostUnpacked = std::uint64_t{64} << 20, kMostRatio = 50;

bool isUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool isLower(char c) {
  return c >= 'a' && c <= 'z';
}

// As Keras does: "Conv2DTranspose" becomes "conv2d_transpose", "ReLU" becomes "re_lu".
std::string snakeCase(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size();) {
    words += name[i++];
    if (i + 1 >= name.size() || !isUpper(name[i]) || !isLower(name[i + 1])) continue;
    words += '_';
    words += name[i++];
    while (i < name.size() && isLower(name[i])) words += name[i++];
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && isLower(words[i - 1]) && isUpper(words[i])) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(words[i])));
  }
  return text;
}

const ZipMember* find(const std::vector<ZipMember>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &ZipMember::name);
  return found == members.end() ? nullptr : &*found;
}

Result<const ZipMember*> require(const std::vector<ZipMember>& members, std::string_view name,
                                 const std::filesystem::path& file) {
  const ZipMember* member = find(members, name);
  if (!member)
    return invalid(fmt::format("the archive contains no {}", name), file.string(),
                   "The file is damaged or not a Keras model; save the model again");
  if (std::ranges::count(members, name, &ZipMember::name) > 1)
    return invalid(fmt::format("the archive contains {} twice", name), file.string(),
                   "Programs would read different models; save the model again");
  if (member->size > kMostUnpacked && member->size / kMostRatio > member->packed)
    return invalid(fmt::format("{} in the archive would be implausibly large: {} bytes are unpacked from {}",
                               name, member->size, member->packed),
                   file.string(), "The file is damaged; save the model again");
  return member;
}

Result<std::string> readText(const ByteBlock& block, const ZipMember& member,
                             const std::filesystem::path& file) {
  const std::string where = file.string() + ": " + member.name;
  TANDEM_ASSIGN(const std::unique_ptr<ByteSource> source, openMember(block, member, where));
  return readAll(*source, kMaxTextBytes, where);
}

Status unpack(const ByteBlock& block, const ZipMember& member, const std::filesystem::path& file,
              const std::filesystem::path& target) {
  TANDEM_ASSIGN(const std::unique_ptr<ByteSource> source,
                openMember(block, member, file.string() + ": " + member.name));
  std::ofstream out(target, std::ios::binary);
  std::vector<std::uint8_t> buffer(std::size_t{1} << 20);
  for (;;) {
    TANDEM_ASSIGN(const std::size_t count, source->read(buffer));
    if (count > 0)
      out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(count));
    if (!out)
      return Error{ErrorCode::Io, "the weights of the archive cannot be unpacked", target.string(),
                   "Make space in the folder for temporary files"};
    if (count == 0) break;
  }
  out.close();
  if (out.fail())
    return Error{ErrorCode::Io, "the weights of the archive cannot be unpacked", target.string(),
                 "Make space in the folder for temporary files"};
  return success();
}

// Removed with its content.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path file() const { return path_ / "weights.h5"; }

 private:
  std::filesystem::path path_;
};

}  // namespace

bool isArchive(const std::filesystem::path& file) {
  std::array<char, 4> head{};
  std::ifstream(file, std::ios::binary).read(head.data(), static_cast<std::streamsize>(head.size()));
  const std::string_view begin(head.data(), head.size());
  const bool named = file.extension() == ".keras";
  if (begin != "PK\x03\x04") return named && begin != "\x89HDF";  // refused with a reason
  const auto block = openBlock(file);
  if (!block.ok()) return false;
  const auto members = zipMembers(*block, file.string());
  return members.ok() ? find(*members, kConfig) != nullptr : named;
}

Result<KerasModel> readArchive(const std::filesystem::path& file, const Isolation& isolation) {
  TANDEM_ASSIGN(const ByteBlock block, openBlock(file));
  TANDEM_ASSIGN(const std::vector<ZipMember> members, zipMembers(block, file.string()));
  TANDEM_ASSIGN(const ZipMember* const config, require(members, kConfig, file));
  TANDEM_ASSIGN(const ZipMember* const weights, require(members, kWeights, file));
  ArchiveTexts texts;
  TANDEM_ASSIGN(texts.config, readText(block, *config, file));
  if (const ZipMember* metadata = find(members, kMetadata)) {
    TANDEM_ASSIGN(const std::string text, readText(block, *metadata, file));
    if (const auto json = parseJson(text); json.ok()) texts.version = textAt(*json, "keras_version");
  }
  TANDEM_ASSIGN(std::filesystem::path folder, makeTemporaryFolder("tandem-keras"));
  const ScratchFolder scratch(std::move(folder));
  TANDEM_TRY(unpack(block, *weights, file, scratch.file()));
  auto model = readModel(scratch.file(), isolation, &texts);
  if (model.ok()) return model;
  // The temporary file means nothing to the user.
  Error error = std::move(model).error();
  const std::string name = scratch.file().string();
  if (error.where.starts_with(name))
    error.where = fmt::format("{}: {}{}", file.string(), kWeights, error.where.substr(name.size()));
  return error;
}

std::vector<std::string> archivePaths(const KerasModel& model, const std::string& folder) {
  std::vector<std::string> paths;
  std::map<std::string, int> used;
  for (const KerasLayer& layer : model.layers) {
    std::string name = snakeCase(layer.className);
    if (const int before = used[name]++; before > 0) name += fmt::format("_{}", before);
    paths.push_back(fmt::format("{}/{}", folder, name));
  }
  return paths;
}

const std::vector<std::string>& variableGroups() {
  static const std::vector<std::string> kGroups{
      "",           "cell/",        "forward_layer/cell/", "backward_layer/cell/", "query_dense/",
      "key_dense/", "value_dense/", "output_dense/",
  };
  return kGroups;
}

}  // namespace tandem::keras
