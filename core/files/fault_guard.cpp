// SIGBUS in a registered range in, zero pages and a raised flag out. Only async-signal-safe work in the
// handler: atomics, mmap, sigaction.
#include "core/files/fault_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <utility>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tramontane {
namespace {

// A signal handler has no argument of ours, so what it needs is process-wide by nature.
// `sequence` is odd while begin and end are being written; the handler skips such a slot, because the range
// that faulted is in use and so is not being written.
struct Slot {
    std::atomic<std::uint32_t> sequence{0};
    std::atomic<std::uintptr_t> begin{0}, end{0}; // both 0: free
    std::atomic<bool> faulted{false};
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

std::array<Slot, 256> slots;
std::mutex slotsMutex; // between registrations; the handler never takes it
struct sigaction previousAction;
std::atomic<std::uintptr_t> pageSize{4096};

void writeSlot(Slot& slot, std::uintptr_t begin, std::uintptr_t end) {
    slot.sequence.fetch_add(1, std::memory_order_acq_rel);
    slot.begin.store(begin, std::memory_order_relaxed);
    slot.end.store(end, std::memory_order_relaxed);
    slot.faulted.store(false, std::memory_order_relaxed);
    slot.sequence.fetch_add(1, std::memory_order_release);
}

bool coverWithZeros(std::uintptr_t address) {
    for (Slot& slot : slots) {
        const std::uint32_t before = slot.sequence.load(std::memory_order_acquire);
        const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
        const std::uintptr_t end = slot.end.load(std::memory_order_acquire);
        if ((before & 1) != 0 || slot.sequence.load(std::memory_order_relaxed) != before) continue;
        if (address < begin || address >= end) continue;
        // To the end of the range at once: a cut file loses everything behind the first missing page, and a
        // fault for each of a million pages would stop the program as surely as the signal.
        const std::uintptr_t page = address & ~(pageSize.load(std::memory_order_relaxed) - 1);
        // The system call itself: the library's function may be one that is not fit for a signal handler.
        const long zeros = syscall(SYS_mmap, page, end - page, PROT_READ,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0L);
        if (zeros == -1) return false;
        slot.faulted.store(true, std::memory_order_release);
        return true;
    }
    return false;
}

void passOn(int signal, siginfo_t* info, void* context) {
    if ((previousAction.sa_flags & SA_SIGINFO) != 0) {
        previousAction.sa_sigaction(signal, info, context);
    } else if (previousAction.sa_handler == SIG_DFL || previousAction.sa_handler == SIG_IGN) {
        // The instruction faults again as soon as this returns, and then the process ends as it would have.
        struct sigaction fallback {};
        fallback.sa_handler = SIG_DFL;
        sigaction(SIGBUS, &fallback, nullptr);
        if (info->si_code <= 0) raise(signal); // sent by a process: there is no instruction to fault again
    } else {
        previousAction.sa_handler(signal);
    }
}

void onBusError(int signal, siginfo_t* info, void* context) {
    const int savedErrno = errno;
    // si_code > 0: the kernel raised it, and si_addr is an address.
    if (info->si_code <= 0 || !coverWithZeros(reinterpret_cast<std::uintptr_t>(info->si_addr)))
        passOn(signal, info, context);
    errno = savedErrno;
}

void installOnce() {
    static const bool installed = [] {
        pageSize.store(std::uintptr_t(sysconf(_SC_PAGESIZE)), std::memory_order_relaxed);
        struct sigaction action {};
        action.sa_sigaction = onBusError;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        return sigaction(SIGBUS, &action, &previousAction) == 0;
    }();
    (void)installed;
}

} // namespace

FaultGuard::FaultGuard(void* base, std::size_t length) {
    const std::lock_guard lock(slotsMutex);
    installOnce();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].end.load(std::memory_order_relaxed) != 0) continue;
        const auto begin = reinterpret_cast<std::uintptr_t>(base);
        writeSlot(slots[i], begin, begin + length);
        slot_ = int(i);
        return;
    }
}

FaultGuard::FaultGuard(FaultGuard&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

FaultGuard& FaultGuard::operator=(FaultGuard&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
}

FaultGuard::~FaultGuard() {
    if (slot_ < 0) return;
    const std::lock_guard lock(slotsMutex);
    writeSlot(slots[std::size_t(slot_)], 0, 0);
}

bool FaultGuard::faulted() const {
    return slot_ >= 0 && slots[std::size_t(slot_)].faulted.load(std::memory_order_acquire);
}

} // namespace tramontane
