// Quantization settings, from wherever they stand.
#include "core/model/gptq_config.h"

#include <array>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/model/config_fields.h"

namespace tramontane {
namespace {

// What one of the two places says. What it does not say is left open, for the other one to say.
struct Settings {
    std::optional<std::int64_t> bits, groupSize;
    std::optional<bool> descAct, symmetric;
    std::optional<std::string> format;
};

// The name of another method or format, as the reason why this file is not opened.
void refuseOther(ConfigFields& fields, const char* field, const std::string& found, const char* expected) {
    fields.refuse(field, "is \"" + printableText(found, 60) + "\", this program reads " + expected,
                  ErrorKind::unsupported);
}

Result<Settings> readSettings(const nlohmann::json& object, const char* file, const char* path) {
    if (!object.is_object())
        return makeError(ErrorKind::invalidInput, std::string(file) + ": " + path + " is not an object");
    ConfigFields fields(object, file, path);
    Settings settings;
    if (const std::string method = fields.text("quant_method", "gptq"); method != "gptq")
        refuseOther(fields, "quant_method", method, "\"gptq\"");
    if (fields.has("checkpoint_format")) {
        settings.format = fields.text("checkpoint_format", "");
        if (settings.format != "gptq" && settings.format != "gptq_v2")
            refuseOther(fields, "checkpoint_format", *settings.format, "\"gptq\" and \"gptq_v2\"");
    }
    if (fields.boolean("is_marlin_format", false)) refuseOther(fields, "is_marlin_format", "true", "\"gptq\"");
    if (fields.has("bits")) {
        settings.bits = fields.integer("bits", 1, 64);
        if (fields.ok() && settings.bits != 4)
            fields.refuse("bits", "is " + std::to_string(*settings.bits) + ", expected 4", ErrorKind::unsupported);
    }
    if (fields.has("group_size")) {
        settings.groupSize = fields.integer("group_size", INT32_MIN, INT32_MAX);
        const std::int64_t size = *settings.groupSize;
        if (fields.ok() && size != 32 && size != 64 && size != 128 && size != -1)
            fields.refuse("group_size", "is " + std::to_string(size) + ", expected 32, 64, 128 or -1",
                          ErrorKind::unsupported);
    }
    if (fields.has("desc_act")) settings.descAct = fields.boolean("desc_act", false);
    if (fields.has("sym")) settings.symmetric = fields.boolean("sym", true);
    if (fields.boolean("lm_head", false))
        fields.refuse("lm_head", "is true: a quantized head is not read", ErrorKind::unsupported);
    if (const nlohmann::json* dynamic = fields.value("dynamic"); dynamic != nullptr && !dynamic->empty())
        fields.refuse("dynamic", "changes the settings of some layers, which is not read", ErrorKind::unsupported);
    if (const std::string packed = fields.text("pack_dtype", "int32"); packed != "int32")
        refuseOther(fields, "pack_dtype", packed, "\"int32\"");
    if (!fields.ok()) return fields.error();
    return settings;
}

std::string textOf(bool value) { return value ? "true" : "false"; }
std::string textOf(std::int64_t value) { return std::to_string(value); }
std::string textOf(const std::string& value) { return '"' + printableText(value, 60) + '"'; }

// What either says; an error where they say different things.
template <class T>
Result<std::optional<T>> agreed(const char* field, const std::optional<T>& a, const std::optional<T>& b) {
    if (a && b && *a != *b)
        return makeError(ErrorKind::invalidInput, "config.json: quantization_config." + std::string(field) + " is " +
                                                      textOf(*a) + ", but quantize_config.json says " + textOf(*b));
    return a ? a : b;
}

} // namespace

Result<GptqConfig> readGptqConfig(const nlohmann::json* inConfig, const nlohmann::json* inOwnFile) {
    if (inConfig == nullptr && inOwnFile == nullptr)
        return makeError(ErrorKind::unsupported,
                         "config.json: quantization_config is missing, and there is no quantize_config.json: only "
                         "models quantized with GPTQ to 4 bits are opened");
    Settings first, second;
    if (inConfig != nullptr) {
        Result<Settings> read = readSettings(*inConfig, "config.json", "quantization_config.");
        if (!read) return std::move(read).error();
        first = std::move(read).value();
    }
    if (inOwnFile != nullptr) {
        Result<Settings> read = readSettings(*inOwnFile, "quantize_config.json", "");
        if (!read) return std::move(read).error();
        second = std::move(read).value();
    }
    const auto bits = agreed("bits", first.bits, second.bits);
    TRY_OK(bits);
    const auto groupSize = agreed("group_size", first.groupSize, second.groupSize);
    TRY_OK(groupSize);
    const auto descAct = agreed("desc_act", first.descAct, second.descAct);
    TRY_OK(descAct);
    const auto symmetric = agreed("sym", first.symmetric, second.symmetric);
    TRY_OK(symmetric);
    const auto format = agreed("checkpoint_format", first.format, second.format);
    TRY_OK(format);
    const std::string place = inConfig != nullptr ? "config.json: quantization_config." : "quantize_config.json: ";
    if (!bits->has_value()) return makeError(ErrorKind::invalidInput, place + "bits is missing, expected 4");
    if (!groupSize->has_value())
        return makeError(ErrorKind::invalidInput, place + "group_size is missing, expected 32, 64, 128 or -1");

    GptqConfig config;
    config.oneGroup = **groupSize == -1;
    config.groupSize = config.oneGroup ? 0 : int(**groupSize);
    // The defaults of the program that made the format known: no act-order, symmetric, zeros stored less one.
    config.descAct = descAct->value_or(false);
    config.symmetric = symmetric->value_or(true);
    config.zeroOffset = format->value_or("gptq") == "gptq" ? 1 : 0;
    return config;
}

} // namespace tramontane
