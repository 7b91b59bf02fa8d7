// Formats numbers and shapes for users.
#pragma once

#include <QString>

#include "core/data/dataset.h"
#include "core/network/analysis.h"
#include "core/runtime/precisions.h"
#include "core/text/library_names.h"

namespace tandem::ui {

QString toQString(std::string_view text);
// The summary of a layer, a loss, ..., and its names in other libraries in a second line.
QString summaryText(std::string_view summary, const LibraryNames& names);
QString shapeText(const Shape& shape);         // "26 × 26 × 32"
QString outputText(const LayerFacts& facts);   // "26 × 26 × 32 (2 outputs)"
QString tensorText(const DataTensor& tensor);  // "3 classes", "a number", "28 × 28 × 1"
QString countText(std::int64_t count);         // "320", "61.7 k", "1.23 M"
QString flopsText(double flops);               // "460 kFLOPs"
QString bytesText(double bytes);               // "1.70 MB", powers of 1000
QString joulesText(double joules);             // "420 mJ", "4.20 kJ"
QString durationText(double seconds);          // "9.5 s", "3 min 20 s"
QString differenceText(double relative);       // "3.1e-07", "0", "∞"
// "fp16", "bf16 (emulated)": the name, and the part of the text before its colon, if any; "tf32 (unsupported)".
QString precisionText(const PrecisionChoice& choice);
QString precisionTip(const PrecisionChoice& choice);  // "bf16: not on this GPU, use fp16"
QString wholeCountText(std::int64_t count);           // "61,706", in the locale
// "61,706 + 128 non-trainable", "none"
QString parametersText(std::int64_t trained, std::int64_t untrained);
QString parametersTip();  // of a field that shows it
QString trainableTip();   // of a field that freezes layers
// "Message. Hint" as sentences, without the place, which is evident from the widget that shows the text.
QString errorText(const Error& error);

}  // namespace tandem::ui
