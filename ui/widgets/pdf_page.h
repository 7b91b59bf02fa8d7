// Converts a page of core/page/html_page.h to a PDF document.
#pragma once

#include <QByteArray>
#include <string_view>

#include "core/base/result.h"

namespace tandem::ui {

// A4 paper. Charts remain vector graphics; multiple columns become one. Callable from any thread. Fails if
// the pages came out blank.
Result<QByteArray> pdfOf(std::string_view page, bool landscape);

}  // namespace tandem::ui
