#include "core/hdf5/hdf5.h"

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hdf5_recipe.h"

namespace tandem::fuzz {
namespace {

constexpr int kMaxGroups = 50;  // hard links may make circles

template <class T>
bool readArray(const Hdf5Group& group, const std::string& name) {
  const auto array = group.read<T>(name);
  // Every product of dimensions fits, also beside a zero, so that elements() does not overflow.
  std::int64_t product = 1;
  if (array.ok())
    for (const std::int64_t dim : array->shape.dims())
      TANDEM_CHECK(dim == 0 || !__builtin_mul_overflow(product, dim, &product), "the dimensions overflow");
  TANDEM_CHECK(!array.ok() || array->shape.elements() == std::ssize(array->values),
               "an array does not fill its shape");
  return array.ok();
}

bool walk(const Hdf5Group& group, int& groups) {
  bool accepted = false;
  for (const std::string attribute : {"format", "version", "weight_names", "a", "b"}) {
    const bool text = group.text(attribute).ok(), texts = group.texts(attribute).ok();
    const bool number = group.number(attribute).ok();
    TANDEM_CHECK(!text || texts, "one text is no list of texts");
    TANDEM_CHECK(group.integer(attribute).ok() == number, "a number is not of each type");
    TANDEM_CHECK(!(texts || number) || group.hasAttribute(attribute),
                 "an attribute that is not there was read");
    accepted = accepted || texts || number;
  }
  const auto names = group.names();
  if (!names.ok()) return accepted;
  for (const std::string& name : *names) {
    const bool there = group.has(name), number = readArray<float>(group, name);
    TANDEM_CHECK(there || !number, "what is not a hard link was read");
    TANDEM_CHECK(readArray<double>(group, name) == number && readArray<std::int32_t>(group, name) == number &&
                     readArray<std::int64_t>(group, name) == number,
                 "an array is not of each type");
    accepted = accepted || number;
    std::size_t bytes = 0;
    const auto values = group.valuesOf(name);
    const bool parts = group.readParts(name, [&](std::string_view part) { bytes += part.size(); }).ok();
    TANDEM_CHECK(parts == number, "an array is not read in parts");
    TANDEM_CHECK(!parts || (values.ok() &&
                            bytes == static_cast<std::size_t>(values->shape.elements()) * values->bytes),
                 "the parts do not fill the shape");
    const auto child = group.group(name);
    TANDEM_CHECK(there || !child.ok(), "what is not a hard link was opened");
    if (child.ok() && ++groups < kMaxGroups) accepted = walk(*child, groups) || accepted;
  }
  return accepted;
}

bool run(std::span<const std::uint8_t> bytes) {
  const ScratchFile file(hdf5FromRecipe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  auto opened = Hdf5File::open(file.path());
  TANDEM_CHECK(opened.ok(), opened.ok() ? "" : opened.error().text());
  int groups = 0;
  return walk(opened->root(), groups);
}

}  // namespace

extern const FuzzTarget hdf5;
const FuzzTarget hdf5 = {"hdf5", run};

}  // namespace tandem::fuzz
