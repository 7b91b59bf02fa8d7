#include "core/ops/formula_tokens.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/format.h>

namespace tandem {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
// Of a UTF-8 sequence, all bytes but the first.
bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

}  // namespace

Result<std::vector<FormulaToken>> formulaTokens(std::string_view text) {
  using Kind = FormulaToken::Kind;
  std::vector<FormulaToken> tokens;
  std::size_t at = 0;
  const auto column = [&] {
    return 1 + static_cast<std::size_t>(
                   std::ranges::count_if(text.substr(0, at), [](char c) { return !continues(c); }));
  };
  while (at < text.size()) {
    const char c = text[at], next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    FormulaToken token{.column = column()};
    std::size_t length = 1;
    if (isDigit(c) || (c == '.' && isDigit(next))) {
      token.kind = Kind::Number;
      const char* const begin = text.data() + at;
      const auto [end, error] = std::from_chars(begin, text.data() + text.size(), token.number);
      length = static_cast<std::size_t>(end - begin);
      token.text = std::string(text.substr(at, length));
      if (error != std::errc{})
        return invalid(
            fmt::format("the number {} at column {} is too large or too small", token.text, token.column));
    } else if (isLetter(c)) {
      token.kind = Kind::Name;
      while (at + length < text.size() && (isLetter(text[at + length]) || isDigit(text[at + length])))
        ++length;
      token.text = std::string(text.substr(at, length));
    } else if (constexpr std::string_view kSymbols = "+-*/^(),;=<>!";
               kSymbols.find(c) != std::string_view::npos && (c != '!' || next == '=')) {
      token.kind = Kind::Symbol;
      if (next == '=' && (c == '<' || c == '>' || c == '=' || c == '!')) length = 2;
      token.text = std::string(text.substr(at, length));
      if (c == '*' && next == '*')
        return invalid(fmt::format("unexpected '**' at column {}", token.column), {}, "Write a power as x^2");
    } else {
      while (at + length < text.size() && continues(text[at + length])) ++length;
      return invalid(fmt::format("unexpected character '{}' at column {}",
                                 static_cast<unsigned char>(c) < 32 ? "?" : text.substr(at, length),
                                 token.column));
    }
    at += length;
    tokens.push_back(std::move(token));
  }
  tokens.push_back({.column = column()});
  return tokens;
}

}  // namespace tandem
