// Runs the real tool in a process of its own, and writes stores for it to look into.
//
// Nothing here sleeps: whoever waits, waits for output, for an end, or for a deadline that fails the
// test.
#pragma once

#include <varve/append.hpp>
#include <varve/event.hpp>
#include <varve/time.hpp>

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tool_test {

/// How a run ended.
struct outcome {
    int code = -1;  ///< 128 + the signal, if one ended it.
    std::string out;
    std::string err;  ///< On a terminal both come as `out`.
};

/// What a run is given besides its arguments.
struct given {
    std::vector<std::pair<std::string, std::string>> environment{};  ///< Added to a bare one.
    std::string input{};
    std::filesystem::path folder{};  ///< To run in.
    unsigned short terminal = 0;     ///< Columns of a terminal to run on; 0: on pipes.
    bool as_nobody = false;          ///< Without the rights of root, if this process has them.
    bool devour = false;             ///< Standard output is /dev/full.
    std::size_t largest_file = 0;    ///< Bytes that a file may have; 0: any.
};

/// The tool, running.
class running {
public:
    running(std::vector<std::string> arguments, const given& with = {});
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running();  ///< Kills what still runs.

    /// Returns once `text` was printed. Throws if the process ends or the deadline passes before.
    void until_printed(std::string_view text);
    void until_complained(std::string_view text);
    /// So far.
    const std::string& out() const noexcept { return out_; }
    const std::string& err() const noexcept { return err_; }

    void signal(int number);
    /// Nobody reads its standard output any more.
    void stop_reading();
    /// True once it has ended, without waiting for that.
    bool ended() const;
    /// Waits for its end.
    outcome wait();
    pid_t pid() const noexcept { return pid_; }

private:
    void until(const std::string& where, std::string_view text);
    bool read_some();

    pid_t pid_ = -1;
    int out_end_ = -1;
    int err_end_ = -1;
    std::string out_;
    std::string err_;
};

/// Runs the tool to its end.
outcome run(std::vector<std::string> arguments, const given& with = {});

/// A folder of its own, gone with the object.
class temporary_folder {
public:
    temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder();
    const std::filesystem::path& path() const noexcept { return path_; }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// A store that this process holds open for writing. Its clock begins at 2026-01-02T03:04:05Z and stands
/// still until it is moved.
class writer {
public:
    explicit writer(const std::string& path);
    ~writer();

    /// Appends one event. Throws if it is refused.
    varve::receipt append(const varve::new_event& event,
                          const varve::type_description* type = nullptr);
    /// A JSON event.
    varve::receipt json(std::string_view stream, std::string_view type, std::string_view payload);
    /// Ends a stream.
    varve::receipt end(std::string_view stream, varve::ending how);
    /// Promises an append of one JSON event that believes its stream was never written.
    varve::append_id promise(std::string_view stream, std::string_view type,
                             std::string_view payload);
    /// Flips the last bit of the record that holds `where`, in a store that nobody has open.
    static void flip_bit(const std::string& path, varve::position where);
    void advance(std::chrono::nanoseconds by);

private:
    struct inner;
    std::unique_ptr<inner> inner_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view text);
std::vector<std::string> lines_of(std::string_view text);

}  // namespace tool_test
