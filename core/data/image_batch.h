// Decodes many image files on all cores: for image folders and for tables that name images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/data/image.h"
#include "core/data/reader.h"

namespace tandem {

// Files by their index; the functions are called on any thread.
struct ImageBatch {
  std::size_t count = 0;
  std::function<std::filesystem::path(std::size_t)> file;
  std::function<std::uint8_t*(std::size_t)> out;  // where to write imageShape() levels
  // Reads what belongs to an image as stored, such as its mask; the image counts as damaged if that fails.
  std::function<Status(std::size_t, const Image&)> also = {};
};

struct DamagedImage {
  std::size_t file = 0;
  Error error;
};

// An image of 16 bits that is nearly black as read.
struct DarkImage {
  std::size_t file = 0;
  int highest = 0;  // of its levels as stored
};

// In the order of the files.
struct ImageFindings {
  std::vector<DamagedImage> damaged;  // the images that cannot be read
  std::vector<DarkImage> dark;
};

// Errors: an impossible size of the images.
Status checkImageSpec(const DataSpec& spec);
Shape imageShape(const DataSpec& spec);

// Errors: cancelled, or out of memory; damaged images are findings.
Result<ImageFindings> decodeImages(const DataSpec& spec, const ImageBatch& batch,
                                   const LoadProgress& progress);

// Reads an image without keeping it. Returns its highest level as stored if it is nearly black, 0 for any other.
Result<int> examineImage(const DataSpec& spec, const std::filesystem::path& file);

// How the user names a file by its index.
using ImageNames = std::function<std::string(std::size_t)>;

// "a.png, b.png (the file is empty); c.jpg (this is an HTML page; ...)": the images by the reason why they cannot be read.
std::string damageText(std::span<const DamagedImage> damaged, const ImageNames& nameOf);

// The same of the first ones, and how many more there are.
std::string damageList(std::span<const DamagedImage> damaged, const ImageNames& nameOf);

// Removes samples from all tensors and texts; `rows` is sorted.
void leaveOutSamples(const std::vector<std::size_t>& rows, RawData& raw);

// A warning. `read` names the images among which the dark ones were found: "40 images".
std::string darkNote(std::span<const DarkImage> dark, const std::string& read, const ImageNames& nameOf);

// Where damaged images can be left out, at the end of a hint.
constexpr const char* kLeaveOutDamaged =
    "leave them out: \"Damaged\" in the data panel, \"skip_damaged\": true in the project's data, or --skip-damaged";

}  // namespace tandem
