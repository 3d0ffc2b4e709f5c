// Ctrl+C in, a stop request for whatever is under way out.
#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace tramontane::terminal {

// SIGINT and SIGTERM stop the work that is under way; a second one, or one while nothing is, ends the
// program. Made before any other thread, so that all of them leave the signals to this one.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // One piece of work that can be stopped, from its making to its end.
    class Work {
    public:
        explicit Work(Interrupt& interrupt);
        ~Work();
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;
        std::stop_token token() const { return source_.get_token(); }
        void stop() { source_.request_stop(); }

    private:
        Interrupt& interrupt_;
        std::stop_source source_;
    };

private:
    void watch();

    std::mutex mutex_;
    std::stop_source* current_ = nullptr; // guarded by mutex_
    std::atomic<bool> closing_ = false;
    std::thread watcher_;
};

} // namespace tramontane::terminal
