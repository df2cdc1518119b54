#include "event_file.hpp"

#include "text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace varve::tool {
namespace {

constexpr std::string_view line_begins = "{\"position\":\"";

std::unexpected<problem> system_problem(const std::string& path) {
    const int error = errno;
    if (error == EEXIST)
        return refuse(exit_code::usage, "exists", "there is already a file '" + path + "'",
                      "name a new one, or add --continue to go on with it");
    return refuse(error == ENOENT ? exit_code::not_found : exit_code::fault,
                  error == ENOENT ? "not_found" : "io",
                  "'" + path + "': " + std::generic_category().message(error),
                  error == ENOENT ? "make its folder, or name another file with --into (--continue "
                                    "needs one that is there)"
                                  : "name another file with --into");
}

}  // namespace

event_file::~event_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

answer<std::unique_ptr<event_file>> event_file::create(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            0600);
    if (file < 0) return system_problem(path);
    return std::unique_ptr<event_file>{new event_file{file, path}};
}

answer<std::unique_ptr<event_file>> event_file::go_on(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return system_problem(path);
    std::unique_ptr<event_file> opened{new event_file{file, path}};
    if (auto found = opened->find_end(); !found) return std::unexpected(std::move(found).error());
    return opened;
}

answer<void> event_file::find_end() {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return system_problem(path_);
    auto begin = static_cast<std::size_t>(status.st_size);
    std::string end_of_file;
    std::size_t last_end = std::string::npos;   // of the last whole line
    std::size_t before_it = std::string::npos;  // the end of the line before
    while (begin != 0 && before_it == std::string::npos) {
        const std::size_t step = std::min<std::size_t>(begin, 1u << 20);
        begin -= step;
        std::string piece(step, '\0');
        if (::pread(descriptor_, piece.data(), step, static_cast<off_t>(begin)) !=
            static_cast<ssize_t>(step))
            return system_problem(path_);
        end_of_file.insert(0, piece);
        last_end = end_of_file.rfind('\n');
        if (last_end != std::string::npos && last_end != 0)
            before_it = end_of_file.rfind('\n', last_end - 1);
    }
    const std::size_t keep = last_end == std::string::npos ? 0 : begin + last_end + 1;
    if (keep != 0) {
        const std::size_t first = before_it == std::string::npos ? 0 : before_it + 1;
        const auto line = std::string_view{end_of_file}.substr(first, last_end - first);
        const auto digits = line.starts_with(line_begins)
                                ? line.substr(
                                      line_begins.size(),
                                      line.find('"', line_begins.size()) - line_begins.size())
                                : std::string_view{};
        const auto number = parse_number(digits);
        if (!number)
            return refuse(exit_code::usage, "usage",
                          "the last line of '" + path_ + "' is no event of `varve replay`",
                          "name a new file");
        last_ = position{*number};
    }
    if (::ftruncate(descriptor_, static_cast<off_t>(keep)) != 0 ||
        ::lseek(descriptor_, 0, SEEK_END) < 0)
        return system_problem(path_);
    return {};
}

result<void> event_file::close() {
    sink_.flush();
    if (auto written = sink_.outcome("'" + path_ + "'"); !written) return written;
    if (::fsync(descriptor_) != 0)
        return fail(errc::io, "'" + path_ + "': " + std::generic_category().message(errno));
    return {};
}

}  // namespace varve::tool
