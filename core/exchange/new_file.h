// Text in, a file out that is there whole or not at all: written beside its place under another name, brought to the
// disk, and given its name at the end. Whatever had that name before stays until then. Readable by its owner only.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"

namespace tramontane {

class NewFile {
public:
    // Where `file` is a symbolic link, what it leads to is what is replaced.
    static Result<NewFile> create(const std::filesystem::path& file);
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile(); // without commit(): nothing is left of it

    Result<void> write(std::string_view bytes);
    Result<void> commit();

private:
    NewFile(std::filesystem::path file, std::filesystem::path part, int descriptor);
    Error failed(const char* what, int code) const;

    std::filesystem::path file_, part_;
    int descriptor_ = -1;
};

// All of it at once.
Result<void> writeNewFile(const std::filesystem::path& file, std::string_view bytes);

} // namespace tramontane
