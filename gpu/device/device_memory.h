// Device memory with an owner, and CUDA's errors as ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <cuda_runtime_api.h>

#include "core/base/result.h"

namespace tramontane::gpu {

// outOfMemory where the device has no more, internal for everything else; `what` says what was being done.
Error deviceError(cudaError_t error, const char* what);

inline Result<void> checkCuda(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return {};
    return deviceError(error, what);
}

// Of the current device, counted as one of `limitBytes` (memory_limit.h); 0: as it is.
Result<std::uint64_t> freeDeviceBytes(std::uint64_t limitBytes);

class DeviceMemory {
public:
    DeviceMemory() = default;
    DeviceMemory(DeviceMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), sizeBytes_(std::exchange(other.sizeBytes_, 0)) {}
    DeviceMemory& operator=(DeviceMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(sizeBytes_, other.sizeBytes_);
        return *this;
    }
    ~DeviceMemory() {
        if (data_ != nullptr) cudaFree(data_);
    }

    // Aligned to 256 bytes; not initialized. Error: outOfMemory, nothing taken.
    static Result<DeviceMemory> allocate(std::size_t sizeBytes);

    template <class T>
    T* as(std::size_t offsetBytes = 0) const {
        return reinterpret_cast<T*>(static_cast<std::byte*>(data_) + offsetBytes);
    }
    std::size_t sizeBytes() const { return sizeBytes_; }

private:
    void* data_ = nullptr;
    std::size_t sizeBytes_ = 0;
};

} // namespace tramontane::gpu

// Leaves a function that returns cudaError_t with the error of `expression`, if it has one.
#define TRY_CUDA(expression)                                                                                           \
    do {                                                                                                               \
        if (const cudaError_t tryCudaError = (expression); tryCudaError != cudaSuccess) return tryCudaError;           \
    } while (false)
