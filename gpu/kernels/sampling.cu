// The sampler's kernels: sampling_logic.h carried out by blocks of CUDA threads.
#include "gpu/kernels/sampling.h"

#include "gpu/kernels/launch.cuh"
#include "gpu/kernels/sampling_logic.h"

namespace tramontane::gpu {
namespace {

using namespace sampling;

constexpr int kRowThreads = 256;
constexpr int kChooseThreads = kBins; // findBin: a thread for each bin
static_assert(kRowLogits % kRowThreads == 0);

using Atomic64 = unsigned long long;

// Loops, sums and counters of one block. Every function but add, append and increment is called by all threads and
// ends with a barrier: what it wrote to shared or global memory, the whole block sees.
template <int kThreads>
struct ThreadBlock {
    static constexpr int kWarps = kThreads / 32;
    static constexpr int kAhead = 4; // numbers in flight for each thread: 1,024 threads keep 16 KiB on the way
    u64* slots;                      // shared (34)

    __device__ int lane() const { return static_cast<int>(threadIdx.x) % 32; }
    __device__ int warp() const { return static_cast<int>(threadIdx.x) / 32; }

    // process(i, load(i)) for i < count, the loads of several i before the first is processed.
    template <class Load, class Process>
    __device__ void loop(int count, const Load& load, const Process& process) const {
        using Item = decltype(load(0));
        for (int base = static_cast<int>(threadIdx.x); base < count; base += kAhead * kThreads) {
            Item items[kAhead];
#pragma unroll
            for (int ahead = 0; ahead < kAhead; ++ahead)
                if (base + ahead * kThreads < count) items[ahead] = load(base + ahead * kThreads);
#pragma unroll
            for (int ahead = 0; ahead < kAhead; ++ahead)
                if (base + ahead * kThreads < count) process(base + ahead * kThreads, items[ahead]);
        }
    }
    template <class Load, class Process>
    __device__ void each(int count, const Load& load, const Process& process) const {
        loop(count, load, process);
        __syncthreads();
    }

    // Joins one number of each thread; all threads get the result.
    template <class Join>
    __device__ u64 reduce(u64 value, const Join& join) const {
        for (int distance = 16; distance > 0; distance /= 2) value = join(value, __shfl_xor_sync(~0u, value, distance));
        if (lane() == 0) slots[warp()] = value;
        __syncthreads(); // the slots are written before they are read
        value = lane() < kWarps ? slots[lane()] : 0;
        for (int distance = 16; distance > 0; distance /= 2) value = join(value, __shfl_xor_sync(~0u, value, distance));
        __syncthreads(); // and read before they are used again
        return value;
    }
    template <class Load, class Value>
    __device__ u64 sum(int count, const Load& load, const Value& value) const {
        u64 total = 0;
        loop(count, load, [&](int i, const auto& item) { total += value(i, item); });
        return reduce(total, [](u64 a, u64 b) { return a + b; });
    }
    template <class Load, class Value>
    __device__ u64 max(int count, const Load& load, const Value& value) const {
        const auto greater = [](u64 a, u64 b) { return a > b ? a : b; };
        u64 greatest = 0;
        loop(count, load, [&](int i, const auto& item) { greatest = greater(greatest, value(i, item)); });
        return reduce(greatest, greater);
    }

    // By one thread, after everything before it.
    template <class Function>
    __device__ void once(const Function& function) const {
        __syncthreads(); // what the others still read stays until here
        if (threadIdx.x == 0) function();
        __syncthreads();
    }

    __device__ void increment(u32& counter) const { atomicAdd(&counter, 1u); }
    __device__ void joinMax(u64& to, u64 value) const {
        if (threadIdx.x == 0) atomicMax(reinterpret_cast<Atomic64*>(&to), static_cast<Atomic64>(value));
    }

    // A place of its own in a list whose length is `counter`: one atomic for the lanes that come together.
    __device__ u32 append(u32& counter) const {
        const u32 lanes = __activemask();
        const int leader = __ffs(static_cast<int>(lanes)) - 1;
        u32 first = 0;
        if (lane() == leader) first = atomicAdd(&counter, static_cast<u32>(__popc(lanes)));
        first = __shfl_sync(lanes, first, leader);
        return first + static_cast<u32>(__popc(lanes & ((1u << lane()) - 1)));
    }

    // Adds to a 64-bit sum in two halves. Lanes that come together with the same bin, as where many logits tie, add up
    // among themselves first; weights are below 2^52, so that 32 halves of 26 bits fit into 32 bits.
    __device__ void add(ChooseStorage& shared, int bin, u64 weight) const {
        const u32 lanes = __activemask();
        int same = 0;
        __match_all_sync(lanes, bin, &same);
        if (same != 0 && weightsAreSingle(lanes, weight)) {
            const u64 low = __reduce_add_sync(lanes, static_cast<u32>(weight) & 0x3ffffffu);
            const u64 high = __reduce_add_sync(lanes, static_cast<u32>(weight >> 26));
            if (lane() != __ffs(static_cast<int>(lanes)) - 1) return;
            weight = low + (high << 26);
        }
        const u32 low = static_cast<u32>(weight);
        u32 high = static_cast<u32>(weight >> 32);
        if (low != 0 && atomicAdd(&shared.low[bin], low) + low < low) ++high; // carried over
        if (high != 0) atomicAdd(&shared.high[bin], high);
    }
    // orderTies adds sums of weights, which may be larger.
    __device__ static bool weightsAreSingle(u32 lanes, u64 weight) {
        return __all_sync(lanes, weight < (u64{1} << 52)) != 0;
    }

    __device__ void clearBins(ChooseStorage& shared) const {
        for (int bin = static_cast<int>(threadIdx.x); bin < kBins; bin += kThreads)
            shared.low[bin] = shared.high[bin] = 0;
        __syncthreads();
    }

    // The first bin with which the sums reach `target`, and the sum before it; the last bin if the others do not.
    __device__ void findBin(const ChooseStorage& shared, u64 target, int& bin, u64& before) const {
        static_assert(kThreads == kBins && kWarps == 32);
        const int own = static_cast<int>(threadIdx.x);
        const u64 mass = static_cast<u64>(shared.high[own]) << 32 | shared.low[own];
        const u64 upToOwn = scan(mass);
        if (lane() == 31) slots[warp()] = upToOwn;
        __syncthreads(); // the warps' sums are written before they are read
        const u64 ofWarp = slots[lane()];
        const u64 ahead = __shfl_sync(~0u, scan(ofWarp) - ofWarp, warp());
        const u64 beforeOwn = ahead + upToOwn - mass;
        if (beforeOwn < target && (beforeOwn + mass >= target || own == kBins - 1)) {
            slots[32] = static_cast<u64>(own);
            slots[33] = beforeOwn;
        }
        __syncthreads(); // the one thread's find is written before all read it
        bin = static_cast<int>(slots[32]);
        before = slots[33];
    }
    __device__ u64 scan(u64 value) const { // of the lanes up to this one
        for (int distance = 1; distance < 32; distance *= 2) {
            const u64 lower = __shfl_up_sync(~0u, value, distance);
            if (lane() >= distance) value += lower;
        }
        return value;
    }
};

struct Outputs {
    int* token;
    SampledToken* hostSlots;
    int hostSlotCount;
};

// One thread. The slot is one store of 8 bytes: the host never sees half of it.
__device__ void publish(const Outputs& outputs, SampledToken result) {
    if (outputs.token != nullptr && result.token >= 0) *outputs.token = result.token;
    if (outputs.hostSlotCount == 0) return;
    const u64 bytes = static_cast<u64>(result.step) << 32 | static_cast<u32>(result.token);
    *reinterpret_cast<volatile u64*>(&outputs.hostSlots[result.step % static_cast<u32>(outputs.hostSlotCount)]) = bytes;
    __threadfence_system();
}

// Keys and the likeliest of the row; the token too where `greedy`.
// Grid: a block for 1,024 logits; 256 threads. Oracle: core/engine/sampler.h · Test: tests/gpu/sampling_test.cpp
__global__ void __launch_bounds__(kRowThreads) prepareRowKernel(Step step, bool greedy, Outputs outputs) {
    __shared__ PrepareStorage shared;
    __shared__ u64 slots[34];
    launchDependents();
    waitForPredecessor();
    ThreadBlock<kRowThreads> block{slots};
    prepareRow(block, step, static_cast<int>(blockIdx.x), shared);
    if (!greedy || threadIdx.x != 0) return;
    SamplerState& state = *step.state;
    __threadfence(); // this block's likeliest is joined before the block counts as done
    if (atomicAdd(&state.blocksDone, 1u) != gridDim.x - 1) return;
    __threadfence(); // the last block reads after all have joined
    publish(outputs, finish(step, atomicMax(reinterpret_cast<Atomic64*>(&state.best), Atomic64{0})));
}

// Weights of the row. Grid: a block for 1,024 logits; 256 threads.
__global__ void __launch_bounds__(kRowThreads) weighRowKernel(Step step) {
    __shared__ u64 slots[34];
    launchDependents();
    waitForPredecessor();
    ThreadBlock<kRowThreads> block{slots};
    weighRow(block, step, static_cast<int>(blockIdx.x));
}

// Filters, draw and result. Grid: one block; 1,024 threads.
__global__ void __launch_bounds__(kChooseThreads) chooseTokenKernel(Step step, bool rowIsWeighed, Outputs outputs) {
    __shared__ ChooseStorage shared;
    __shared__ u64 slots[34];
    launchDependents();
    waitForPredecessor();
    ThreadBlock<kChooseThreads> block{slots};
    const SampledToken result = chooseToken(block, step, rowIsWeighed, shared);
    if (threadIdx.x == 0) publish(outputs, result);
}

// Grid: a block a row; 1,024 threads.
__global__ void __launch_bounds__(kChooseThreads)
    argmaxRowsKernel(const float* logits, int vocabSize, const u32* producible, int* tokens) {
    __shared__ u64 slots[34];
    launchDependents();
    waitForPredecessor();
    ThreadBlock<kChooseThreads> block{slots};
    const float* row = logits + static_cast<std::size_t>(blockIdx.x) * static_cast<std::size_t>(vocabSize);
    const u64 best = likeliestOfRow(block, row, producible, vocabSize);
    if (threadIdx.x == 0)
        tokens[blockIdx.x] =
            statusOf(best) == SamplerStatus::ok ? static_cast<int>(idOf(best)) : -static_cast<int>(statusOf(best));
}

std::size_t roundedUp(std::size_t count) { return (count + 3) / 4 * 4; }

} // namespace

SamplingPath samplingPath(const SamplingSettings& settings, int vocabSize) {
    if (settings.temperature == 0) return SamplingPath::greedy;
    return settings.topK > 0 && settings.topK < vocabSize ? SamplingPath::shortList : SamplingPath::wholeRow;
}

SamplerState newSamplerState(const SamplingSettings& settings, std::uint64_t seed, int historyLength,
                             std::uint64_t draws) {
    SamplerState state;
    state.numbers = samplerNumbers(settings);
    state.seed = seed;
    state.draws = draws;
    state.historyLength = historyLength;
    return state;
}

std::vector<std::uint32_t> producibleBits(std::span<const TokenId> producible, int vocabSize) {
    std::vector<std::uint32_t> bits((static_cast<std::size_t>(vocabSize) + 31) / 32);
    for (const TokenId id : producible)
        if (id >= 0 && id < vocabSize) bits[static_cast<std::size_t>(id) / 32] |= 1u << (id % 32);
    return bits;
}

// Two arrays of 8 bytes, three of 4, each (V).
std::size_t samplingScratchBytes(int vocabSize) { return roundedUp(static_cast<std::size_t>(vocabSize)) * 28; }

cudaError_t sampleToken(const SamplingBuffers& buffers, SamplingPath path, cudaStream_t stream) {
    if (buffers.vocabSize < 1 || buffers.vocabSize > 1 << 20) return cudaErrorInvalidValue;
    const std::size_t room = roundedUp(static_cast<std::size_t>(buffers.vocabSize));
    Step step;
    step.logits = buffers.logits;
    step.producible = buffers.producible;
    step.vocabSize = buffers.vocabSize;
    step.state = buffers.state;
    step.history = buffers.history;
    step.historyRoom = buffers.historyRoom;
    step.weights = static_cast<u64*>(buffers.scratch);
    step.listWeights = step.weights + room;
    step.keys = reinterpret_cast<u32*>(step.listWeights + room);
    step.listIds = step.keys + room;
    step.listKeys = step.listIds + room;
    const Outputs outputs{buffers.token, buffers.hostSlots, buffers.hostSlots != nullptr ? buffers.hostSlotCount : 0};

    const dim3 grid(static_cast<unsigned>((buffers.vocabSize + kRowLogits - 1) / kRowLogits));
    const bool greedy = path == SamplingPath::greedy, wholeRow = path == SamplingPath::wholeRow;
    cudaError_t error = launchChained(prepareRowKernel, grid, kRowThreads, 0, stream, step, greedy, outputs);
    if (error != cudaSuccess || greedy) return error;
    if (wholeRow) error = launchChained(weighRowKernel, grid, kRowThreads, 0, stream, step);
    if (error != cudaSuccess) return error;
    return launchChained(chooseTokenKernel, 1, kChooseThreads, 0, stream, step, wholeRow, outputs);
}

cudaError_t argmaxRows(const float* logits, int rows, int vocabSize, const std::uint32_t* producible, int* tokens,
                       cudaStream_t stream) {
    if (rows < 1 || vocabSize < 1) return cudaErrorInvalidValue;
    return launchChained(argmaxRowsKernel, static_cast<unsigned>(rows), kChooseThreads, 0, stream, logits, vocabSize,
                         producible, tokens);
}

} // namespace tramontane::gpu
