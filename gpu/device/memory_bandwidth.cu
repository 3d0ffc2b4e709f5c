// A kernel that reads a buffer of many times the cache, timed by events.
#include "gpu/device/memory_bandwidth.h"

#include <algorithm>
#include <vector>

#include <cuda_runtime.h>

#include "gpu/device/device_memory.h"

namespace tramontane::gpu {
namespace {

constexpr int kThreads = 256;
constexpr int kLoads = 8; // 16 bytes each, in flight at once
constexpr int kWarmUps = 2, kReadings = 9;
constexpr std::uint64_t kBytesRead = std::uint64_t{4} << 30; // a reading

// Adds up `count` pieces of 16 bytes, `passes` times over.
// Grid: as many blocks as run at once; 256 threads. A block reads runs of 32 KiB, each warp 512 bytes at once.
__global__ void __launch_bounds__(kThreads)
    readKernel(const uint4* __restrict__ from, std::size_t count, int passes, unsigned* sink) {
    constexpr std::size_t run = static_cast<std::size_t>(kThreads) * kLoads;
    unsigned sum = 0;
    for (int pass = 0; pass < passes; ++pass)
        for (std::size_t first = blockIdx.x * run; first < count; first += gridDim.x * run) { // count is whole runs
            uint4 values[kLoads];
#pragma unroll
            for (int i = 0; i < kLoads; ++i) values[i] = __ldcs(from + first + i * kThreads + threadIdx.x);
#pragma unroll
            for (int i = 0; i < kLoads; ++i) sum += values[i].x ^ values[i].y ^ values[i].z ^ values[i].w;
        }
    if (sum == 0x9e3779b9u) *sink = sum; // never, but the compiler does not know
}

class Timer {
public:
    Timer() { valid_ = cudaEventCreate(&start_) == cudaSuccess && cudaEventCreate(&end_) == cudaSuccess; }
    ~Timer() {
        if (start_ != nullptr) cudaEventDestroy(start_);
        if (end_ != nullptr) cudaEventDestroy(end_);
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Seconds of what `work` enqueues on the default stream; 0 where anything failed.
    template <class Work>
    double seconds(Work work) {
        if (!valid_ || cudaEventRecord(start_) != cudaSuccess) return 0;
        work();
        float milliseconds = 0;
        if (cudaGetLastError() != cudaSuccess || cudaEventRecord(end_) != cudaSuccess ||
            cudaEventSynchronize(end_) != cudaSuccess ||
            cudaEventElapsedTime(&milliseconds, start_, end_) != cudaSuccess)
            return 0;
        return static_cast<double>(milliseconds) / 1000;
    }

private:
    cudaEvent_t start_ = nullptr, end_ = nullptr;
    bool valid_ = false;
};

} // namespace

std::optional<GpuBandwidth> measureGpuBandwidth() {
    GpuBandwidth result;
    int device = 0, multiprocessors = 0, cacheBytes = 0, blocks = 0; // blocks of a multiprocessor
    std::size_t free = 0, total = 0;
    if (cudaGetDevice(&device) != cudaSuccess || cudaMemGetInfo(&free, &total) != cudaSuccess ||
        cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&cacheBytes, cudaDevAttrL2CacheSize, device) != cudaSuccess ||
        cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, readKernel, kThreads, 0) != cudaSuccess) {
        cudaGetLastError();
        return std::nullopt;
    }
    result.cacheBytes = static_cast<std::uint64_t>(cacheBytes);
    // Half of what is free at most, a power of two of runs; memory answers only beyond several times the cache.
    std::uint64_t bytes = kBytesRead;
    while (bytes > free / 2) bytes /= 2;
    if (bytes < 4 * result.cacheBytes || bytes < kThreads * kLoads * sizeof(uint4)) return std::nullopt;
    Result<DeviceMemory> buffer = DeviceMemory::allocate(bytes + sizeof(unsigned));
    if (!buffer) return std::nullopt;
    if (cudaMemset(buffer->as<void>(), 1, bytes) != cudaSuccess) return std::nullopt;
    const int passes = static_cast<int>(kBytesRead / bytes);
    result.bufferBytes = bytes;

    Timer timer;
    std::vector<double> seconds;
    for (int i = 0; i < kWarmUps + kReadings; ++i) {
        const double taken = timer.seconds([&] {
            readKernel<<<static_cast<unsigned>(multiprocessors * blocks), kThreads>>>(
                buffer->as<uint4>(), bytes / sizeof(uint4), passes, buffer->as<unsigned>(bytes));
        });
        if (taken <= 0) return std::nullopt;
        if (i >= kWarmUps) seconds.push_back(taken);
    }
    std::nth_element(seconds.begin(), seconds.begin() + kReadings / 2, seconds.end());
    result.bytesPerSecond = static_cast<double>(kBytesRead) / seconds[kReadings / 2];
    return result;
}

} // namespace tramontane::gpu
