// A page of core/base/html_page.h as a PDF document, for those who do not want to print it from a browser.
#pragma once

#include <QByteArray>
#include <string_view>

namespace tandem::ui {

// A4. Charts stay drawings; columns become one. Any thread.
QByteArray pdfOf(std::string_view page, bool landscape);

}  // namespace tandem::ui
