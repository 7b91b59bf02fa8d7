// A page of core/base/html_page.h as a PDF document, for those who do not want to print it from a browser.
#pragma once

#include <QByteArray>
#include <string_view>

#include "core/base/result.h"

namespace tandem::ui {

// A4. Charts stay drawings; columns become one. Any thread. Errors: the paper stayed blank.
Result<QByteArray> pdfOf(std::string_view page, bool landscape);

}  // namespace tandem::ui
