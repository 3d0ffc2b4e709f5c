// Large aligned memory that is either there or an error, and how much of it the machine has left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/base/result.h"

namespace tramontane {

// Zeroed bytes, aligned to 64 or better; large ones ask for huge pages.
class Pages {
public:
    static Result<Pages> allocate(std::size_t sizeBytes);
    Pages() = default;
    Pages(Pages&& other) noexcept { swap(other); }
    Pages& operator=(Pages&& other) noexcept {
        Pages(std::move(other)).swap(*this);
        return *this;
    }
    ~Pages();

    std::size_t sizeBytes() const { return sizeBytes_; }
    template <class T>
    T* as() const {
        return static_cast<T*>(data_);
    }

private:
    void swap(Pages& other) {
        std::swap(data_, other.data_);
        std::swap(sizeBytes_, other.sizeBytes_);
        std::swap(mappedBytes_, other.mappedBytes_);
    }
    void* data_ = nullptr;
    std::size_t sizeBytes_ = 0, mappedBytes_ = 0; // mappedBytes_ 0: from the heap
};

// Bytes that can be taken without swapping: what the system reports, within the limit of the control group.
// The largest number where neither can be told.
std::uint64_t availableMemoryBytes();

} // namespace tramontane
