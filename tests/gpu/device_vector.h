// Host vectors on the device and back, for tests; a test that needs a GPU begins with REQUIRE_GPU().
#pragma once

#include <vector>

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "gpu/device/discovery.h"

#define REQUIRE_GPU()                                                                                                  \
    if (const auto found = ::tramontane::gpu::discoverGpus(); found.devices.empty()) GTEST_SKIP() << found.explanation

namespace tramontane::testing {

// A copy of a vector in device memory; `download` waits for the device and fails the test on any error before
// it.
template <class T>
class DeviceVector {
public:
    explicit DeviceVector(const std::vector<T>& values) : count_(values.size()) {
        EXPECT_EQ(cudaMalloc(reinterpret_cast<void**>(&data_), sizeBytes() + 16), cudaSuccess);
        EXPECT_EQ(cudaMemcpy(data_, values.data(), sizeBytes(), cudaMemcpyHostToDevice), cudaSuccess);
    }
    // `count` elements, every byte `poison`: NaN in f16 and f32 where it is 0xff.
    explicit DeviceVector(std::size_t count, int poison = 0xff) : count_(count) {
        EXPECT_EQ(cudaMalloc(reinterpret_cast<void**>(&data_), sizeBytes() + 16), cudaSuccess);
        EXPECT_EQ(cudaMemset(data_, poison, sizeBytes()), cudaSuccess);
    }
    ~DeviceVector() { cudaFree(data_); }
    DeviceVector(const DeviceVector&) = delete;
    DeviceVector& operator=(const DeviceVector&) = delete;

    T* get() const { return data_; }
    std::size_t count() const { return count_; }
    std::vector<T> download() const {
        std::vector<T> values(count_);
        EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess) << cudaGetErrorString(cudaPeekAtLastError());
        EXPECT_EQ(cudaMemcpy(values.data(), data_, sizeBytes(), cudaMemcpyDeviceToHost), cudaSuccess);
        return values;
    }

private:
    std::size_t sizeBytes() const { return count_ * sizeof(T); }
    T* data_ = nullptr;
    std::size_t count_ = 0;
};

inline std::vector<__half> toHalves(const std::vector<float>& values) {
    std::vector<__half> halves;
    halves.reserve(values.size());
    for (const float value : values) halves.push_back(__float2half(value));
    return halves;
}
inline std::vector<float> toFloats(const std::vector<__half>& values) {
    std::vector<float> floats;
    floats.reserve(values.size());
    for (const __half value : values) floats.push_back(__half2float(value));
    return floats;
}

} // namespace tramontane::testing
