// One thread waits for the signals; a handler could not ask anything to stop.
#include "ui/terminal/interrupt.h"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace tramontane::terminal {
namespace {

sigset_t watchedSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

constexpr int endedBySignal = 128;

} // namespace

Interrupt::Interrupt() {
    const sigset_t signals = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // a reader that left is an error of the write
    watcher_ = std::thread([this] { watch(); });
}

Interrupt::~Interrupt() {
    closing_ = true;
    pthread_kill(watcher_.native_handle(), SIGTERM);
    watcher_.join();
}

void Interrupt::watch() {
    const sigset_t signals = watchedSignals();
    for (int signal = 0; sigwait(&signals, &signal) == 0 && !closing_;) {
        const std::lock_guard lock(mutex_);
        if (!current_ || current_->stop_requested()) ::_exit(endedBySignal + signal);
        current_->request_stop();
    }
}

Interrupt::Work::Work(Interrupt& interrupt) : interrupt_(interrupt) {
    const std::lock_guard lock(interrupt_.mutex_);
    interrupt_.current_ = &source_;
}

Interrupt::Work::~Work() {
    const std::lock_guard lock(interrupt_.mutex_);
    interrupt_.current_ = nullptr;
}

} // namespace tramontane::terminal
