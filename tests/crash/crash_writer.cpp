// Appends to a store from several threads until it is killed, and acknowledges each append.
//
//     crash_writer sqlite|rocksdb PATH PIPE
//
// It ends by itself only if something is wrong, with a message and exit code 1.
#include "crash/acknowledgement.hpp"
#include "crash/open_store.hpp"

#include <varve/testing/events.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace varve;

[[noreturn]] void die(const std::string& why) {
    std::fprintf(stderr, "crash_writer: %s\n", why.c_str());
    std::_Exit(1);
}

template <class Store>
class writer {
public:
    writer(Store& store, int pipe) : store_(&store), pipe_(pipe) {}

    void acknowledge(const tests::acknowledgement& line) const {
        if (::write(pipe_, &line, sizeof line) != sizeof line) die("the pipe is closed");
    }

    /// One append after the other, each answered before the next.
    void block() {
        for (;;) {
            const auto id = next_id();
            take(testkit::drawn_from(id).append_to(*store_));
        }
    }

    /// Several appends under way at once.
    void hurry() {
        std::counting_semaphore<> room{8};
        for (;;) {
            room.acquire();
            testkit::drawn_from(next_id()).send([&](const append_request& request) {
                store_->append_async(request, [&](result<receipt> answer) {
                    take(answer);
                    room.release();
                });
            });
        }
    }

private:
    append_id next_id() const { return store_->environment().ids().template next<append_id>(); }

    void take(const result<receipt>& answer) const {
        if (!answer) die(to_string(answer.error()));
        acknowledge({answer->id, answer->first.value, answer->last.value});
    }

    Store* store_;
    int pipe_;
};

template <class Store>
void write(const char* path, int pipe) {
    auto store = tests::open_store<Store>(path);
    if (!store) die(to_string(store.error()));
    writer<Store> work{*store, pipe};
    work.acknowledge({{}, 0, store->head().value});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&] { work.block(); });
    work.hurry();
}

}  // namespace

int main(int count, char** arguments) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // not left behind if the test itself dies
    ::alarm(120);                        // nor if it hangs
    if (count != 4) die("usage: crash_writer sqlite|rocksdb PATH PIPE");
    const int pipe = std::atoi(arguments[3]);
    if (std::string_view{arguments[1]} == "rocksdb")
        write<rocksdb_store>(arguments[2], pipe);
    else
        write<sqlite_store>(arguments[2], pipe);
}
