// core's samplingParameters() in, the same in Qt's types out.
#include "sampling_table.h"

#include <cmath>

#include "core/engine/sampling_settings.h"
#include "ui/desktop/bridge/conversions.h"

namespace tramontane::desktop {

std::vector<SamplingRange> samplingRanges() {
    std::vector<SamplingRange> ranges;
    const SamplingSettings standard;
    for (const auto& parameter : samplingParameters()) {
        SamplingRange range{QString::fromLatin1(parameter.name),
                            parameter.minimum,
                            parameter.maximum,
                            parameter.step,
                            parameter.get(standard),
                            std::nullopt,
                            parameter.integer};
        if (!std::isnan(parameter.off)) range.off = parameter.off;
        ranges.push_back(range);
    }
    return ranges;
}

std::optional<SamplingChoice> samplingChoiceFrom(const QString& json) {
    if (json.isEmpty()) return std::nullopt;
    const auto settings = samplingSettingsFromJson(toCore(json));
    if (!settings) return std::nullopt;
    SamplingChoice choice;
    for (const auto& parameter : samplingParameters())
        choice.values.insert(QString::fromLatin1(parameter.name), parameter.get(*settings));
    choice.seed = settings->seed;
    for (const auto& stop : settings->stop) choice.stop << fromCore(stop);
    return choice;
}

} // namespace tramontane::desktop
