// Bytes of mapped files in, the same bytes in device memory out, through pinned buffers that several threads
// fill.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include <cuda_runtime_api.h>

#include "core/base/result.h"

namespace tramontane::gpu {

// Host bytes that go to `offset` of a transfer; segments lie in rising order and do not overlap.
struct Segment {
    std::size_t offset = 0;
    std::span<const std::byte> bytes;
};

struct Transfer {
    std::byte* to = nullptr;   // device
    std::size_t sizeBytes = 0; // between segments the device gets bytes of no meaning
    std::vector<Segment> segments;
    std::function<cudaError_t(cudaStream_t)> then; // enqueued behind the bytes, before the next transfer's; or empty
    std::function<void()> wasRead;                 // the segments were read for the last time; or empty
    std::vector<std::byte> table;                  // for whoever needs bytes of its own to live as long
};

class StagedUpload {
public:
    // Takes a stream and pinned buffers for transfers of up to `largestBytes`. Error: outOfMemory.
    static Result<std::unique_ptr<StagedUpload>> make(std::size_t largestBytes);
    ~StagedUpload(); // what was enqueued is over then
    StagedUpload(const StagedUpload&) = delete;
    StagedUpload& operator=(const StagedUpload&) = delete;

    // All transfers, one after the other on one stream, and waits for the last. `progress` hears the share of
    // bytes done, on the calling thread. Errors: cancelled, internal.
    Result<void> run(std::span<const Transfer> transfers, const std::function<void(double)>& progress,
                     const std::stop_token& stop);

private:
    StagedUpload() = default;

    cudaStream_t stream_ = nullptr;
    std::vector<cudaEvent_t> slotCopied_; // (slots): the slot's bytes have left for the device
    std::byte* pinned_ = nullptr;         // (slots, windowBytes_)
    std::size_t windowBytes_ = 0;
    int threads_ = 0;
};

} // namespace tramontane::gpu
