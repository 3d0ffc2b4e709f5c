// Streams, events and page-locked memory with an owner.
#pragma once

#include <cstddef>
#include <utility>

#include <cuda_runtime_api.h>

#include "gpu/device/device_memory.h"

namespace tramontane::gpu {

class Stream {
public:
    Stream() = default;
    Stream(Stream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
    Stream& operator=(Stream&& other) noexcept {
        std::swap(stream_, other.stream_);
        return *this;
    }
    ~Stream() {
        if (stream_ != nullptr) cudaStreamDestroy(stream_);
    }
    static Result<Stream> create() {
        Stream stream;
        TRY_OK(checkCuda(cudaStreamCreateWithFlags(&stream.stream_, cudaStreamNonBlocking), "a stream"));
        return stream;
    }
    cudaStream_t get() const { return stream_; }

private:
    cudaStream_t stream_ = nullptr;
};

class Event {
public:
    Event() = default;
    Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
    Event& operator=(Event&& other) noexcept {
        std::swap(event_, other.event_);
        return *this;
    }
    ~Event() {
        if (event_ != nullptr) cudaEventDestroy(event_);
    }
    static Result<Event> create() {
        Event event;
        TRY_OK(checkCuda(cudaEventCreateWithFlags(&event.event_, cudaEventDisableTiming), "an event"));
        return event;
    }
    cudaEvent_t get() const { return event_; }

private:
    cudaEvent_t event_ = nullptr;
};

// Host memory that the device copies from and to by itself.
class PinnedMemory {
public:
    PinnedMemory() = default;
    PinnedMemory(PinnedMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), sizeBytes_(std::exchange(other.sizeBytes_, 0)) {}
    PinnedMemory& operator=(PinnedMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(sizeBytes_, other.sizeBytes_);
        return *this;
    }
    ~PinnedMemory() {
        if (data_ != nullptr) cudaFreeHost(data_);
    }
    static Result<PinnedMemory> allocate(std::size_t sizeBytes) {
        PinnedMemory memory;
        TRY_OK(checkCuda(cudaMallocHost(&memory.data_, sizeBytes), "page-locked memory"));
        memory.sizeBytes_ = sizeBytes;
        return memory;
    }
    template <class T>
    T* as() const {
        return static_cast<T*>(data_);
    }
    std::size_t sizeBytes() const { return sizeBytes_; }

private:
    void* data_ = nullptr;
    std::size_t sizeBytes_ = 0;
};

} // namespace tramontane::gpu
