// Bytes in as they come, valid UTF-8 out as soon as it is certain.
#pragma once

#include <string>
#include <string_view>

namespace tramontane {

class Utf8Stream {
public:
    // Returns what is complete now; an unfinished character waits for its rest. Bytes that can never become a
    // character are left out, and finish() says so.
    std::string push(std::string_view bytes);
    // Ends the stream: one U+FFFD if anything was left out or is unfinished, otherwise nothing.
    std::string finish();

private:
    std::string pending_; // at most 3 bytes of an unfinished character
    bool lost_ = false;
};

// The same for text that is there whole: one U+FFFD for each maximal invalid part, where it stands.
std::string toValidUtf8(std::string_view bytes);

} // namespace tramontane
