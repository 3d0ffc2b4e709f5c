// The engine's list of sampling parameters in Qt's terms: names, ranges and defaults for the preferences, and the values
// that an answer was made with.
#pragma once

#include <QString>

#include <optional>
#include <vector>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

struct SamplingRange {
    QString name; // "top-p"
    double minimum = 0, maximum = 0, step = 0, standard = 0;
    std::optional<double> off; // the value that switches it off
    bool integer = false;
};

std::vector<SamplingRange> samplingRanges();

// AnswerFigures::samplingJson, its seed included; none where that says nothing that can be used.
std::optional<SamplingChoice> samplingChoiceFrom(const QString& json);

} // namespace tramontane::desktop
