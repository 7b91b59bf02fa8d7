#include "core/json/parse.h"

#include <algorithm>
#include <new>
#include <set>
#include <vector>

#include "core/text/units.h"

namespace tandem {
namespace {

constexpr int kMaxDepth = 16;  // a project nests 5 deep

// Thrown only by the parser's callback and caught in parseJson().
struct Refused {
  std::string message;
};

// Guards against files crafted to exhaust memory or to be ambiguous: limits depth and count, refuses
// duplicate keys.
class ParseGuard {
 public:
  explicit ParseGuard(std::size_t values) : most_(values) {}

  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    if (++values_ > most_) throw Refused{"contains more than " + std::to_string(most_) + " values"};
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (open_.size() >= kMaxDepth)
          throw Refused{"is nested deeper than " + std::to_string(kMaxDepth) + " levels"};
        open_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        open_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (const auto& key = parsed.get_ref<const std::string&>(); !open_.back().insert(key).second)
          throw Refused{"has a duplicate key " + inQuotes(key)};
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  const std::size_t most_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> open_;
};

// The position of a byte as "line 3, column 5".
std::string placeOf(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1);
}

}  // namespace

Result<Json> parseJson(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes)
    return invalid("is larger than " + bytesText(static_cast<double>(limits.bytes)));
  ParseGuard guard(limits.values);
  try {
    return Json::parse(text, [&guard](int depth, Json::parse_event_t event, Json& parsed) {
      return guard(depth, event, parsed);
    });
  } catch (const Refused& refused) {
    return invalid(refused.message);
  } catch (const Json::parse_error& error) {
    return invalid("is not valid JSON: syntax error at " + placeOf(text, error.byte), {},
                   "The file may be truncated or corrupt");
  } catch (const Json::out_of_range&) {
    return invalid("contains a number that is out of range");
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "does not fit in memory", {}, {}};
  }
}

// Text from a file made safe to display: short and on one line.
std::string inQuotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 40)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (text.size() > 40 ? "...'" : "'");
}

}  // namespace tandem
