// Work in, what it took out: time, and memory beyond what was there before. In a process of its own, so that
// the peak is the work's own.
#pragma once

#include <functional>
#include <string>

namespace tramontane::testing {

struct ResourceUse {
    double seconds = 0;        // of the processor: other programs on the machine do not count
    double extraMebibytes = 0; // the peak of resident memory over what it was at the start
    std::string answer;        // what the work returned
    bool died = false;
};
ResourceUse measure(const std::function<std::string()>& work);

// Sanitizers multiply time and memory; bounds are claims about the program, not about them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

} // namespace tramontane::testing
