#include "core/page/html_page.h"

#include <fmt/format.h>

#include "core/page/markup.h"

namespace tandem::html {
namespace {

// Classes: n number, l label, m muted, bad (red background), d (different, highlighted), bar, notes, wide
// (scrolls on its own), columns (of unbroken blocks).
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1f2937;--back:#fff;--muted:#6b7280;--line:#e5e7eb;--bad:#fee2e2;--mark:#fef3c7}
@media screen and (prefers-color-scheme:dark){:root{--text:#e5e7eb;--back:#15181d;--muted:#9ca3af;--line:#374151;--bad:#5b1d1d;--mark:#453a16}}
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:32px auto;padding:0 16px;color:var(--text);background:var(--back)}
h1{font-size:24px;margin-bottom:0}h2{font-size:18px;margin-top:32px}h3{font-size:15px;margin:16px 0 6px}
h1,h2,h3,p,.columns td{overflow-wrap:anywhere}td{overflow-wrap:break-word}.l{white-space:nowrap}.m{color:var(--muted)}
table{border-collapse:collapse;font-size:13px}th,td{padding:4px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.bad td{background:var(--bad)}.d>*{background:var(--mark)}
.bar{height:10px;border-radius:2px}.wide{overflow-x:auto}.columns{columns:2 420px}.columns>div{break-inside:avoid;padding-bottom:14px}.columns h3{margin-top:0}.notes{white-space:pre-wrap}
svg{width:49%;min-width:420px;max-width:100%;height:auto}
@media print{@page{margin:14mm}body{max-width:none;margin:0;font-size:12px}table{font-size:10.5px}.wide{overflow:visible}
h2,h3,thead{break-after:avoid}svg,tr{break-inside:avoid}svg{width:85%}.columns{columns:2 280px}.d>*,.bad td,.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

}  // namespace

std::string cell(std::string_view text, bool number) {
  return fmt::format("<td{}>{}</td>", number ? " class=n" : "", escaped(text));
}

std::string headerRow(std::initializer_list<std::string_view> names) {
  std::string row = "<tr>";
  for (const std::string_view name : names) row += fmt::format("<th>{}</th>", escaped(name));
  return row + "</tr>\n";
}

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport "
      "content='width=device-width'>\n<title>{0}</title><style>{1}</style>\n<h1>{0}</h1>\n{2}</html>\n",
      escaped(title), kStyle, body);
}

}  // namespace tandem::html
