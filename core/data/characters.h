// Unicode characters of texts: what kind they are, and their lower case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

// Letter: also digits and marks. Ideograph: of Chinese and Japanese, which have no spaces between words. Sign: everything
// else, such as punctuation, symbols and emoji.
enum class CharacterKind : std::uint8_t { Letter, Ideograph, Space, Sign };

// The character at `at`, which moves behind it. `text` is valid UTF-8.
char32_t nextCharacter(std::string_view text, std::size_t& at);
// Of scripts that are not known, characters are letters.
CharacterKind kindOf(char32_t character);
// Of Latin, Greek, Cyrillic and Armenian letters; others are unchanged.
std::string lowerCased(std::string_view text);

}  // namespace tandem
