#include "app/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/log.h"

namespace tandem::cli {
namespace {

// The name of a value in help texts, where CLI11 prints only "TEXT". By the option's names, so that the same option is
// called the same in every command.
// clang-format off: one per line
const std::map<std::string_view, const char*> kValueNames = {
    {"project", "PROJECT"},       {"layer", "LAYER"},           {"file", "FILE"},
    {"source", "CHECKPOINT"},     {"model", "MODEL"},           {"inputs", "FILE"},
    {"--template", "TEMPLATE"},   {"--device", "DEVICE"},       {"--side", "SIDE"},
    {"--data", "PATH"},           {"--out", "FOLDER"},          {"--runs", "FOLDER"},
    {"-o,--output", "FILE"},      {"-o,--out", "FILE"},         {"--record", "FILE"},
    {"--report", "FILE"},         {"--samples", "FILE"},        {"--resume", "CHECKPOINT"},
    {"--freeze", "NAME"},         {"--freeze-to", "NAME"},      {"--weights", "MODEL"},
    {"--from", "CHECKPOINT"},     {"--precision", "PRECISION"}, {"--card", "CARD"},
    {"--format", "FORMAT"},       {"--price", "DEVICE=PRICE"},  {"--currency", "CODE"},
    {"--name", "NAME"},           {"--set", "NAME=VALUE"},      {"--augment", "LIST"},
    {"--tags", "TAGS"},           {"--notes", "NOTES"},         {"--target", "COLUMN"},
    {"--delimiter", "CHARACTER"}, {"--decimal", "CHARACTER"},   {"--thousands", "CHARACTER"},
    {"--quote", "CHARACTER"},     {"--comment", "CHARACTER"},   {"--encoding", "ENCODING"},
    {"--missing", "VALUES"},      {"--numbers", "COLUMNS"},     {"--categories", "COLUMNS"},
    {"--ignore", "COLUMNS"},      {"--texts", "COLUMNS"},       {"--text-unit", "UNIT"},
    {"--vocabulary", "TOKENS"},   {"--text-steps", "TOKENS"},   {"--text-stride", "TOKENS"},
    {"--text", "STRING"},         {"--header", "CHOICE"},       {"--sample-weights", "COLUMN"},
    {"--window", "ROWS"},         {"--horizon", "ROWS"},        {"--ahead", "ROWS"},
    {"--stride", "ROWS"},         {"--series-group", "COLUMN"}, {"--series-order", "COLUMN"},
    {"--masks", "FOLDER"},        {"--array", "NAME"},
};
// clang-format on

Option named(CLI::Option* option) {
  if (const auto name = kValueNames.find(option->get_name(false, true)); name != kValueNames.end())
    option->type_name(name->second);
  return Option(option);
}

std::string notFinite(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  return std::isfinite(value) ? std::string() : "must be a finite number, not " + text;
}

// The text between `open` and `close` in the type that CLI11 composes: "TEXT:{a,b}", "INT:INT in [1 - 9]".
std::string between(const std::string& text, char open, char close) {
  const auto from = text.find(open), to = text.rfind(close);
  return from == std::string::npos || to == std::string::npos || to < from
             ? ""
             : text.substr(from + 1, to - from - 1);
}

OptionFacts factsOf(const CLI::Option& option) {
  OptionFacts facts;
  facts.names = CLI::detail::split(option.get_name(false, true), ',');
  facts.about = option.get_description();
  const std::string type = option.get_type_name();
  if (option.get_items_expected_max() > 0) {
    facts.value = type.substr(0, type.find(':'));
    if (facts.value == "INT" || facts.value == "UINT" || facts.value == "FLOAT") facts.value = "NUMBER";
  }
  if (const std::string choices = between(type, '{', '}'); !choices.empty())
    facts.choices = CLI::detail::split(choices, ',');
  facts.range = between(type, '[', ']');
  if (const auto at = facts.range.find(" - "); at != std::string::npos) facts.range.replace(at, 3, " to ");
  facts.required = option.get_required();
  facts.positional = option.get_positional();
  facts.repeats = option.get_items_expected_max() > 1;
  return facts;
}

CommandFacts factsOf(const CLI::App& command) {
  CommandFacts facts{command.get_name(), command.get_description(), {}, {}};
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* one) { return !one->check_lname("help"); }))
    facts.options.push_back(factsOf(*option));
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    facts.commands.push_back(factsOf(*sub));
  return facts;
}

}  // namespace

Option Option::required() const {
  option_->required();
  return *this;
}
Option Option::count(int lowest, int highest) const {
  option_->expected(lowest, highest);
  return *this;
}
Option Option::wholeRange(std::int64_t lowest, std::int64_t highest) const {
  option_->check(CLI::Range(lowest, highest));
  return *this;
}
Option Option::range(double lowest, double highest) const {
  option_->check(CLI::Range(lowest, highest));
  return finite();  // CLI11's range accepts "nan"
}
Option Option::choices(const std::vector<std::string>& names) const {
  option_->check(CLI::IsMember(names));
  return *this;
}
Option Option::check(std::function<std::string(const std::string& value)> problem) const {
  option_->check(std::move(problem));
  return *this;
}
Option Option::finite() const {
  return check(notFinite);
}
Option Option::oneAtATime() const {
  option_->allow_extra_args(false);
  return *this;
}
Option Option::separatedBy(char separator) const {
  option_->delimiter(separator);
  return *this;
}
Option Option::excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}
Option Option::needs(Option other) const {
  option_->needs(other.option_);
  return *this;
}

Command Command::add(const std::string& name, const std::string& about) const {
  return Command(app_->add_subcommand(name, about));
}
void Command::requireSubcommand() const {
  app_->require_subcommand(1);
}
void Command::onChosen(std::function<void()> chosen) const {
  app_->callback(std::move(chosen));
}

template <class T>
Option Command::option(const std::string& names, T& value, const std::string& about) const {
  return named(app_->add_option(names, value, about));
}
#define TANDEM_OPTION_TYPE(T)                                                                       \
  template Option Command::option(const std::string&, T&, const std::string&) const;                \
  template Option Command::option(const std::string&, std::optional<T>&, const std::string&) const; \
  template Option Command::option(const std::string&, std::vector<T>&, const std::string&) const;
TANDEM_OPTION_TYPE(int)
TANDEM_OPTION_TYPE(std::int64_t)
TANDEM_OPTION_TYPE(std::uint64_t)
TANDEM_OPTION_TYPE(double)
TANDEM_OPTION_TYPE(std::string)
TANDEM_OPTION_TYPE(std::filesystem::path)
#undef TANDEM_OPTION_TYPE

Option Command::option(const std::string& names, const std::function<void(const std::string& value)>& set,
                       const std::string& about) const {
  return named(app_->add_option_function<std::string>(names, set, about));
}
Option Command::flag(const std::string& names, bool& value, const std::string& about) const {
  return Option(app_->add_flag(names, value, about));
}
Option Command::find(const std::string& name) const {
  return Option(app_->get_option(name));
}

const std::string& OptionFacts::name() const {
  const auto isLong = [](const std::string& name) { return name.starts_with("--"); };
  const auto name = std::ranges::find_if(names, isLong);
  return name == names.end() ? names.front() : *name;
}

Arguments::Arguments(const std::string& about, const std::string& version)
    : app_(std::make_unique<CLI::App>(about)) {
  app_->set_version_flag("--version", version);
}
Arguments::~Arguments() = default;

Command Arguments::root() const {
  return Command(app_.get());
}
CommandFacts Arguments::facts() const {
  return factsOf(*app_);
}

Arguments::Outcome Arguments::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    return Outcome::Chosen;
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) logWarning(std::string("bad usage: ") + problem.what());
    return app_->exit(problem) == 0 ? Outcome::Printed : Outcome::BadUsage;
  }
}

}  // namespace tandem::cli
