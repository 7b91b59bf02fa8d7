#include <algorithm>

#include "core/data/npy.h"
#include "core/data/zip.h"

#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

bool readArray(ByteSource& source) {
  const auto array = readNpy(source, "f", {});
  if (!array.ok()) return false;
  std::int64_t elements = 1;
  for (const std::int64_t extent : array->header.shape) elements *= extent;
  TANDEM_CHECK(elements > 0 && elements == array->header.elements &&
                   std::ssize(array->bytes) == elements * array->header.bytes,
               "values do not fill the shape");
  for (std::int64_t i = 0; i < std::min<std::int64_t>(elements, 1000); ++i)
    (void)array->at(static_cast<std::size_t>(i));
  return true;
}

// An archive if it starts like one.
bool run(std::span<const std::uint8_t> bytes) {
  if (bytes.empty() || bytes[0] != 'P') return readArray(*openMemory(bytes));
  const ByteBlock archive = blockOf(bytes);
  const auto members = zipMembers(archive, "f");
  if (!members.ok()) return false;
  bool accepted = false;
  for (const ZipMember& member : *members) {
    const auto source = openMember(archive, member, "f");
    accepted = (source.ok() && readArray(**source)) || accepted;
  }
  return accepted;
}

}  // namespace

extern const FuzzTarget numpy;
const FuzzTarget numpy = {"numpy", run};

}  // namespace tandem::fuzz
