#include "core/data/hdf5_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "core/hdf5/hdf5.h"
#include "core/hdf5/isolate.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kMaxList = 4u << 20, kMaxMessage = 1u << 16;  // bytes
constexpr int kMostArrays = 1000, kDeepest = 8;
// What the child sends is fields, each with this at its end. The first one says what follows.
constexpr char kEnd = '\0';
constexpr std::string_view kArray = "array", kRefused = "refused", kFailed = "failed", kWeights = "weights";

std::string field(std::string_view text) {
  std::string whole(text.substr(0, kMaxMessage / 4));
  std::erase(whole, kEnd);
  return whole + kEnd;
}

std::string fieldsOf(const Error& error) {
  return field(error.message) + field(error.where) + field(error.hint);
}

// Takes a field off `bytes`.
std::string takeField(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find(kEnd), bytes.size());
  std::string text(bytes.substr(0, end));
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  return text;
}

Error takeError(std::string_view& bytes) {
  std::string message = takeField(bytes), where = takeField(bytes);
  return invalid(message, where, takeField(bytes));
}

// "f4", as in an .npy file.
std::string typeOf(const Hdf5Values& values) {
  const char kind = values.kind == Hdf5Values::Kind::Float    ? 'f'
                    : values.kind == Hdf5Values::Kind::Signed ? 'i'
                                                              : 'u';
  return fmt::format("{}{}", kind, values.bytes);
}

// An .npy file up to its values. shape: "3,4,"
std::string npyHead(const std::string& type, const std::string& shape) {
  const std::string text =
      fmt::format("{{'descr': '<{}', 'fortran_order': False, 'shape': ({}), }}\n", type, shape);
  std::string head("\x93NUMPY\x02\x00", 8);
  for (int shift = 0; shift < 32; shift += 8) head += static_cast<char>(text.size() >> shift & 0xff);
  return head + text;
}

struct Found {
  std::string head;         // of the .npy file
  std::uint64_t bytes = 0;  // of the values
  std::optional<Error> refused;
};

bool isKerasFile(const Hdf5Group& root) {
  return root.hasAttribute("layer_names") || root.hasAttribute("keras_version") ||
         root.hasAttribute("model_config") || root.has("model_weights") ||
         (root.has("layers") && root.has("vars"));  // of Keras 3
}

// Sends the arrays below a group. Runs in the child.
Status sendList(const Hdf5Group& group, const std::string& prefix, int depth, int& left,
                const SendBytes& send) {
  TANDEM_ASSIGN(const std::vector<std::string> names, group.names());
  for (const std::string& name : names) {
    const bool printable = std::ranges::none_of(name, [](unsigned char c) { return c < ' '; });
    if (!printable || left == 0) continue;
    if (group.isGroup(name)) {
      if (depth == kDeepest) continue;
      TANDEM_ASSIGN(const Hdf5Group inner, group.group(name));
      TANDEM_TRY(sendList(inner, prefix + name + "/", depth + 1, left, send));
      continue;
    }
    --left;
    const Result<Hdf5Values> values =
        group.has(name) ? group.valuesOf(name)
                        : Result<Hdf5Values>(invalid("this is a link, which is not followed", prefix + name,
                                                     "Store the array itself in this file"));
    if (!values.ok()) {
      send(field(kRefused) + field(prefix + name) + fieldsOf(values.error()));
      continue;
    }
    std::string shape;
    for (const std::int64_t extent : values->shape.dims()) shape += fmt::format("{},", extent);
    const std::uint64_t bytes = static_cast<std::uint64_t>(values->shape.elements()) * values->bytes;
    send(field(kArray) + field(prefix + name) + field(typeOf(*values)) + field(shape) +
         field(std::to_string(bytes)));
  }
  return success();
}

void listArrays(const fs::path& file, const SendBytes& send) {
  auto opened = Hdf5File::open(file);
  if (!opened.ok()) return send(field(kFailed) + fieldsOf(opened.error()));
  if (isKerasFile(opened->root())) return send(field(kWeights));
  int left = kMostArrays;
  if (const Status sent = sendList(opened->root(), {}, 0, left, send); !sent.ok())
    send(field(kFailed) + fieldsOf(sent.error()));
}

// Runs in the child.
void sendValues(const fs::path& file, const std::string& name, const SendBytes& send) {
  auto opened = Hdf5File::open(file);
  if (!opened.ok()) return send(field(kFailed) + fieldsOf(opened.error()));
  bool begun = false;
  const auto take = [&](std::string_view bytes) {
    if (!begun) send(field(kArray));
    begun = true;
    send(bytes);
  };
  const Status sent = opened->root().readParts(name, take);
  if (!sent.ok() && !begun) send(field(kFailed) + fieldsOf(sent.error()));
}

// The values are read when they are first needed, because often only the head is.
class ArraySource : public ByteSource {
 public:
  ArraySource(fs::path file, std::string name, const Found& found)
      : file_(std::move(file)), name_(std::move(name)), head_(found.head), bytes_(found.bytes) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    std::size_t done = 0;
    const auto copy = [&](std::string_view from, std::size_t at) {
      const std::size_t count = std::min(into.size() - done, from.size() - at);
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), count,
                  into.begin() + static_cast<std::ptrdiff_t>(done));
      done += count;
      used_ += count;
    };
    if (used_ < head_.size()) copy(head_, used_);
    if (done == into.size() || bytes_ == 0) return done;
    if (received_.empty()) TANDEM_TRY(receive());
    copy(std::string_view(received_).substr(start_), used_ - head_.size());
    return done;
  }
  std::uint64_t remaining() const override { return head_.size() + bytes_ - used_; }

 private:
  Status receive() {
    const std::string where = file_.string() + ": " + name_;
    auto sent = runIsolated([this](const SendBytes& send) { sendValues(file_, name_, send); }, kPatience,
                            bytes_ + kMaxMessage);
    if (!sent.ok()) return Error{sent.error().code, sent.error().message, where, sent.error().hint};
    std::string_view rest = *sent;
    const std::string kind = takeField(rest);
    if (kind == kFailed) return takeError(rest);
    if (kind != kArray || rest.size() != bytes_)
      return Error{ErrorCode::Io, "the values of the array cannot be read", where,
                   "The file is damaged, or was changed meanwhile; save it again"};
    start_ = sent->size() - rest.size();
    received_ = std::move(*sent);
    return success();
  }

  fs::path file_;
  std::string name_, head_;
  std::uint64_t bytes_;
  std::string received_;  // the values, from start_ on
  std::size_t start_ = 0, used_ = 0;
};

}  // namespace

Result<ArrayStore> openHdf5Arrays(const fs::path& file) {
  const std::string where = file.string();
  const auto sent = runIsolated([&](const SendBytes& send) { listArrays(file, send); }, kPatience, kMaxList);
  if (!sent.ok()) return Error{sent.error().code, sent.error().message, where, sent.error().hint};
  ArrayStore store;
  store.where = where;
  std::map<std::string, Found> arrays;
  for (std::string_view rest = *sent; !rest.empty();) {
    const std::string kind = takeField(rest);
    if (kind == kFailed) return takeError(rest);
    if (kind == kWeights)
      return invalid("this is a file of Keras weights, not of data", where,
                     "Open it as a model, or choose a file with arrays of inputs and targets");
    const std::string name = takeField(rest);
    Found found;
    if (kind == kRefused) {
      const Error reason = takeError(rest);
      found.refused = Error{reason.code, reason.message, fmt::format("{}: {}", where, name),
                            "An array must hold integers or floating-point numbers, in the file itself"};
    } else {
      const std::string type = takeField(rest), shape = takeField(rest), bytes = takeField(rest);
      found.head = npyHead(type, shape);
      std::from_chars(bytes.data(), bytes.data() + bytes.size(), found.bytes);
    }
    store.names.push_back(name);
    arrays.emplace(name, std::move(found));
  }
  if (store.names.empty())
    return invalid("the file contains no arrays", where, "Store the inputs and the targets as datasets");
  store.open = [file, arrays](const std::string& name) -> Result<std::unique_ptr<ByteSource>> {
    const auto found = arrays.find(name);
    TANDEM_CHECK(found != arrays.end(), name);
    if (found->second.refused) return *found->second.refused;
    return std::unique_ptr<ByteSource>(std::make_unique<ArraySource>(file, name, found->second));
  };
  return store;
}

}  // namespace tandem
