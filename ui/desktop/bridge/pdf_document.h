// HTML in, the bytes of a PDF out: A4, with the number of each page below it. For any thread but the window's.
#pragma once

#include <QByteArray>
#include <QString>

#include <functional>

#include "core/base/result.h"

namespace tramontane::desktop {

// `proceed` is asked before each page; false ends with `cancelled`. invalidInput: too much for one document.
// What the HTML refers to is not fetched, wherever it lies.
Result<QByteArray> pdfOf(const QString& html, const QString& title, const std::function<bool()>& proceed);

} // namespace tramontane::desktop
