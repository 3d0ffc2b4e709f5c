// Threads copy windows of the transfers from the page cache into pinned slots; the caller sends them off in order.
#include "gpu/device/staged_upload.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "core/base/processor_cores.h"
#include "gpu/device/device_memory.h"

namespace tramontane::gpu {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{8} << 20;
constexpr std::size_t kStopBytes = std::size_t{1} << 20; // a thread looks for a stop this often
constexpr int kMostThreads = 8;                          // more do not copy faster, and each holds a pinned window

// Bytes first.. of a transfer, at most a slot's.
struct Window {
    std::size_t transfer = 0, first = 0, sizeBytes = 0;
};

std::vector<Window> windowsOf(std::span<const Transfer> transfers, std::size_t windowBytes) {
    std::vector<Window> windows;
    for (std::size_t t = 0; t < transfers.size(); ++t)
        for (std::size_t first = 0; first == 0 || first < transfers[t].sizeBytes; first += windowBytes)
            windows.push_back({t, first, std::min(windowBytes, transfers[t].sizeBytes - first)});
    return windows;
}

void fill(std::byte* slot, const Transfer& transfer, const Window& window, const std::atomic<bool>& abandoned) {
    for (const Segment& segment : transfer.segments) {
        std::size_t at = std::max(segment.offset, window.first);
        const std::size_t end = std::min(segment.offset + segment.bytes.size(), window.first + window.sizeBytes);
        for (; at < end && !abandoned.load(std::memory_order_relaxed); at += kStopBytes)
            std::memcpy(slot + (at - window.first), segment.bytes.data() + (at - segment.offset),
                        std::min(kStopBytes, end - at));
    }
}

// The threads that fill slots. Window w goes to slot w % slots once window w - slots has left it.
class Fillers {
public:
    Fillers(std::span<const Transfer> transfers, std::span<const Window> windows, std::byte* pinned,
            std::size_t windowBytes, std::size_t slots)
        : transfers_(transfers), windows_(windows), pinned_(pinned), windowBytes_(windowBytes), slots_(slots),
          filled_(windows.size(), false) {}
    ~Fillers() {
        abandoned_ = true;
        {
            const std::lock_guard lock(mutex_); // a thread between its test and its sleep would miss the call
        }
        slotFreed_.notify_all();
    }

    Result<void> start(int threads) {
        try {
            for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            if (threads_.empty())
                return makeError(ErrorKind::outOfMemory, "the system gives no more threads: close other programs");
        }
        return {};
    }

    void setFreed(std::size_t windows) {
        {
            const std::lock_guard lock(mutex_);
            freed_ = windows;
        }
        slotFreed_.notify_all();
    }

    // False where the stop came first.
    bool waitFor(std::size_t window, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        return slotFilled_.wait(lock, stop, [&] { return filled_[window]; });
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        while (next_ < windows_.size()) {
            const std::size_t w = next_++;
            slotFreed_.wait(lock, [&] { return abandoned_ || w < freed_ + slots_; });
            if (abandoned_) return;
            lock.unlock();
            fill(pinned_ + w % slots_ * windowBytes_, transfers_[windows_[w].transfer], windows_[w], abandoned_);
            lock.lock();
            filled_[w] = true;
            slotFilled_.notify_all();
        }
    }

    std::span<const Transfer> transfers_;
    std::span<const Window> windows_;
    std::byte* pinned_;
    std::size_t windowBytes_, slots_;
    std::mutex mutex_;
    std::condition_variable slotFreed_;
    std::condition_variable_any slotFilled_;
    std::vector<bool> filled_;
    std::size_t next_ = 0, freed_ = 0; // windows that a thread took; that left their slots
    std::atomic<bool> abandoned_{false};
    std::vector<std::jthread> threads_; // last: they end before what they use
};

} // namespace

Result<std::unique_ptr<StagedUpload>> StagedUpload::make(std::size_t largestBytes) {
    std::unique_ptr<StagedUpload> upload(new StagedUpload);
    upload->threads_ = std::clamp(usableCoreCount(), 2, kMostThreads);
    upload->windowBytes_ = std::min(kWindowBytes, (largestBytes + 4095) & ~std::size_t{4095});
    // A slot for each thread, one on its way to the device, and one between.
    const auto slots = static_cast<std::size_t>(upload->threads_ + 2);
    TRY_OK(checkCuda(cudaStreamCreateWithFlags(&upload->stream_, cudaStreamNonBlocking), "starting a stream"));
    for (std::size_t i = 0; i < slots; ++i) {
        cudaEvent_t event = nullptr;
        TRY_OK(checkCuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event"));
        upload->slotCopied_.push_back(event);
    }
    void* pinned = nullptr;
    if (cudaHostAlloc(&pinned, slots * upload->windowBytes_, cudaHostAllocDefault) != cudaSuccess) {
        cudaGetLastError();
        return makeError(ErrorKind::outOfMemory, "the system has no " +
                                                     std::to_string(slots * upload->windowBytes_ >> 20) +
                                                     " MB of memory for the way to the GPU: close other programs");
    }
    upload->pinned_ = static_cast<std::byte*>(pinned);
    return upload;
}

StagedUpload::~StagedUpload() {
    if (stream_ != nullptr) cudaStreamSynchronize(stream_);
    for (const cudaEvent_t event : slotCopied_) cudaEventDestroy(event);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
    if (pinned_ != nullptr) cudaFreeHost(pinned_);
}

Result<void> StagedUpload::run(std::span<const Transfer> transfers, const std::function<void(double)>& progress,
                               const std::stop_token& stop) {
    const std::vector<Window> windows = windowsOf(transfers, windowBytes_);
    const std::size_t slots = slotCopied_.size();
    double total = 0, done = 0;
    for (const Transfer& transfer : transfers) total += static_cast<double>(transfer.sizeBytes);
    const auto cancelled = [] { return makeError(ErrorKind::cancelled, "loading was cancelled"); };

    Fillers fillers(transfers, windows, pinned_, windowBytes_, slots);
    TRY_OK(fillers.start(threads_));
    std::size_t freed = 0;
    for (std::size_t w = 0; w < windows.size(); ++w) {
        progress(total > 0 ? done / total : 0);
        if (stop.stop_requested()) return cancelled();
        // Slots that have left are free again; the one that this window's thread may wait for is waited for.
        const std::size_t freedBefore = freed;
        for (; freed < w; ++freed) {
            const cudaEvent_t copied = slotCopied_[freed % slots];
            const cudaError_t state = w - freed >= slots ? cudaEventSynchronize(copied) : cudaEventQuery(copied);
            if (state == cudaErrorNotReady) {
                cudaGetLastError(); // no error, but the next launch would report it
                break;
            }
            TRY_OK(checkCuda(state, "copying weights"));
        }
        if (freed != freedBefore) fillers.setFreed(freed);
        if (!fillers.waitFor(w, stop)) return cancelled();

        const Window& window = windows[w];
        const Transfer& transfer = transfers[window.transfer];
        if (window.sizeBytes > 0)
            TRY_OK(checkCuda(cudaMemcpyAsync(transfer.to + window.first, pinned_ + w % slots * windowBytes_,
                                             window.sizeBytes, cudaMemcpyHostToDevice, stream_),
                             "copying weights"));
        TRY_OK(checkCuda(cudaEventRecord(slotCopied_[w % slots], stream_), "copying weights"));
        done += static_cast<double>(window.sizeBytes);
        if (window.first + window.sizeBytes < transfer.sizeBytes) continue;
        if (transfer.then) TRY_OK(checkCuda(transfer.then(stream_), "repacking weights"));
        if (transfer.wasRead) transfer.wasRead();
    }
    TRY_OK(checkCuda(cudaStreamSynchronize(stream_), "loading weights"));
    return {};
}

} // namespace tramontane::gpu
