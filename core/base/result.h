// A value or the reason there is none. What comes from outside the program fails through this, never by exception.
#pragma once

#include <cassert>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace tramontane {

enum class ErrorKind {
    invalidInput,  // a file, prompt or setting that does not say what it must
    notFound,      // a file or device that is not there
    io,            // the system refused to read or write
    outOfMemory,   // host or device; nothing was lost
    unsupported,   // well formed, but not something this program does
    cancelled,     // the person asked for it
    changedOnDisk, // a model file is no longer what was opened
    numeric,       // NaN or infinity where a number was due
    contextFull,   // more tokens than the context holds
    busy,          // somebody else holds it
    internal,      // a defect of ours, reported instead of hidden
};

// What a person reads: one line that says what was expected, what was found and what to do.
struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;
};

template <class T>
class [[nodiscard]] Result {
public:
    using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    Result() requires std::is_void_v<T> : state_(std::in_place_index<0>) {}
    template <class U = Value>
    requires(!std::is_void_v<T> && std::is_constructible_v<Value, U&&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, Error>)
        Result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    // An error travels upwards through callers whose value is of another type.
    template <class U>
    requires(!std::is_same_v<U, T>) static Result from(Result<U>&& other) { return Result(std::move(other).error()); }

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    Value& value() & {
        assert(ok());
        return std::get<0>(state_);
    }
    const Value& value() const& {
        assert(ok());
        return std::get<0>(state_);
    }
    Value&& value() && {
        assert(ok());
        return std::get<0>(std::move(state_));
    }
    Value& operator*() & { return value(); }
    const Value& operator*() const& { return value(); }
    Value&& operator*() && { return std::move(*this).value(); }
    Value* operator->() { return &value(); }
    const Value* operator->() const { return &value(); }

    const Error& error() const& {
        assert(!ok());
        return std::get<1>(state_);
    }
    Error&& error() && {
        assert(!ok());
        return std::get<1>(std::move(state_));
    }

private:
    std::variant<Value, Error> state_;
};

inline Error makeError(ErrorKind kind, std::string message) { return {kind, std::move(message)}; }

} // namespace tramontane

// Leaves the calling function with the error of `expression`, if it has one.
#define TRY_OK(expression)                                                                                             \
    do {                                                                                                               \
        if (auto&& tryOkResult = (expression); !tryOkResult.ok()) return std::move(tryOkResult).error();               \
    } while (false)
