// Preprocessing as JSON, as it is stored in checkpoints and exported models.
#pragma once

#include <string>
#include <string_view>

#include "core/data/preprocessing.h"

namespace tandem {

std::string toJson(const Preprocessing& preprocessing);
// For untrusted text. Errors name `where`: not JSON, an unknown key, a category without values, factors that are
// not finite or do not fit the field, more than one target or image.
Result<Preprocessing> preprocessingFromJson(std::string_view text, const std::string& where);

}  // namespace tandem
