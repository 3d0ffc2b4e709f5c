// A JSON text in, its values one by one out, strictly by RFC 8259, with nothing copied or allocated but the
// strings asked for. For texts too large or too hostile to be read into a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tramontane {

// The first fault ends the scan: from then on every call returns false and error() says what was wrong where.
class JsonScanner {
public:
    static constexpr int maxDepth = 64;

    // `onProgress` is called about every megabyte with the number of bytes that will not be looked at again.
    explicit JsonScanner(std::string_view text, std::function<void(std::size_t)> onProgress = {});

    // { and [ in; then nextKey or nextElement until they return false, which is at the end or a fault.
    bool beginObject();
    bool nextKey(std::string& key, std::size_t maxBytes);
    bool beginArray();
    bool nextElement();

    bool readString(std::string& value, std::size_t maxBytes);
    bool skipString();
    bool readUnsigned(std::uint64_t& value); // digits only: no sign, fraction or exponent
    bool skipValue();                        // any value, checked like the others
    // The same, and no object in it names a key twice and every number fits a double. `lastKey` is the last
    // name that was read, also after a fault.
    bool checkValue(std::string& lastKey);
    bool atEnd(); // only white space is left

    std::size_t position() const { return position_; } // of the next byte to be looked at

    bool ok() const { return error_.empty(); }
    const std::string& error() const { return error_; } // "expected … at byte 12"
    bool fail(std::string_view what);                   // returns false

private:
    void skipSpace();
    void progress();
    bool expect(char wanted, const char* what);
    bool enter(char bracket);
    bool skipLiteral(std::string_view literal);
    bool skipNumber(bool inRange);
    // What is open is on a stack of its own, for the text may nest as it likes and the program's stack must
    // not.
    struct Strict;
    bool scanValue(Strict* strict);
    // Appends to `value` unless it is null.
    bool scanString(std::string* value, std::size_t maxBytes);
    bool scanEscape(std::string* value);
    bool scanHex4(unsigned& value);
    bool scanUtf8();

    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t reported_ = 0;
    std::function<void(std::size_t)> onProgress_;
    std::string error_;
    int depth_ = 0;
    std::uint64_t first_ = 0; // a bit a level: nothing was read at this level yet
    static_assert(maxDepth <= 64);
};

} // namespace tramontane
