// The damage battery: lives of stores, damages to each of their files, and what must come of it.
#pragma once

#include "damage/allowed.hpp"
#include "damage/damages.hpp"
#include "damage/engines.hpp"
#include "damage/in_child.hpp"
#include "damage/life.hpp"
#include "damage/questions.hpp"
#include "damage/table.hpp"

#include <varve/testing/audit.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace varve::tests {

/// The files of a store at the end of a stage of its life, and what it answers then.
struct state {
    std::string name;
    std::size_t before;  ///< How many stages of its life there are images of from before.
    image files;
    known_names known;
    answers truth;
};

template <class Engine>
class damage_battery : public ::testing::Test {
protected:
    using store = typename Engine::store;

    damage_battery() {
        // what is asked here is not whether the disk is synced, and nine tenths of the time would be
        const char* memory = "/dev/shm";
        if (::access(memory, R_OK | W_OK | X_OK) == 0) ::setenv("TMPDIR", memory, 1);
    }

    /// Five processes: three end well or not, before the states that are damaged.
    void live() {
        other_ = grow(seed_ + 1).states;
        auto mine = grow(seed_);
        earlier_ = std::move(mine.earlier);
        states_ = std::move(mine.states);
        ASSERT_FALSE(states_.empty());
    }

    /// Every kind of damage to every kind of file, `factor` times as many as there must be.
    void damage_everything(std::uint64_t factor) {
        for (std::size_t i = 0; i < states_.size() && failures_ < most_failures; ++i)
            damage_state(i, factor);
        std::printf("%s", table_.text(Engine::name, seed_).c_str());
        const auto untouched = table_.untouched();
        EXPECT_EQ(untouched, "") << "these damages were never done";
    }

private:
    static constexpr int most_failures = 10;

    struct grown {
        std::vector<image> earlier;
        std::vector<state> states;
    };

    // ---- lives ---------------------------------------------------------------------------------

    grown grow(std::uint64_t seed) {
        grown made;
        Engine place;
        known_names known;
        life_stage::put_names(known);
        for (std::uint64_t number = 0; number < 5; ++number) {
            const life_stage stage{seed, number};
            known.appends.insert(known.appends.end(), stage.ids().begin(), stage.ids().end());
            const bool killed = number == 1 || number == 4;
            pass(place, stage, killed);
            if (::testing::Test::HasFailure()) return {};
            if (number >= 3)
                made.states.push_back(
                    state_of(killed ? "killed" : "closed", made.earlier.size(), place, known));
            if (number < 4) made.earlier.push_back(place.files());
            if (number == 3 && Engine::readers) {
                look(place);
                made.states.push_back(state_of("looked at", made.earlier.size(), place, known));
            }
        }
        return made;
    }

    /// One process of the life.
    void pass(Engine& place, const life_stage& stage, bool killed) {
        const auto end = in_child([&]() -> std::string {
            {
                auto opened = place.open(false);
                if (!opened) return to_string(opened.error());
                stage.live(*opened);
                if (killed && Engine::readers) std::raise(SIGKILL);
            }
            if constexpr (!Engine::readers) place.keep();
            return {};
        });
        EXPECT_EQ(end.said, "");
        EXPECT_TRUE(end.died.empty() || (killed && end.died == "it died of Killed")) << end.died;
    }

    void look(Engine& place) {
        const auto end = in_child([&]() -> std::string {
            auto opened = place.open(true);
            return opened ? "" : to_string(opened.error());
        });
        EXPECT_EQ(end.said + end.died, "");
    }

    /// The files as they are, and what a copy of them answers.
    state state_of(std::string name, std::size_t before, Engine& place, known_names known) {
        state now{.name = std::move(name),
                  .before = before,
                  .files = place.files(),
                  .known = std::move(known),
                  .truth = {}};
        const auto end = in_child([&]() -> std::string {
            Engine copy;
            copy.put(now.files);
            auto opened = copy.open(false);
            if (!opened) return to_string(opened.error());
            now.known.head = opened->head();
            const auto wrong = compare_with_what_was_written(*opened, now.known.appends);
            const auto audited = testkit::audit(*opened);
            if (!wrong.empty() || !audited.sound()) return wrong + audited.text();
            return packed(now.known.head, ask_everything(*opened, now.known));
        });
        EXPECT_EQ(end.died, "");
        unpack(end.said, now);
        EXPECT_FALSE(now.truth.empty()) << end.said.substr(0, 1000);
        return now;
    }

    /// Through the pipe, each text behind its length.
    static std::string packed(position head, const answers& all) {
        std::string text = "truth";
        const auto put = [&text](std::string_view one) {
            const std::uint64_t size = one.size();
            text.append(reinterpret_cast<const char*>(&size), sizeof size) += one;
        };
        put(std::to_string(head.value));
        for (const auto& each : all) {
            if (each.failed) return each.question + ": " + to_string(*each.failed);
            put(each.question);
            put(each.text);
        }
        return text;
    }
    static void unpack(std::string_view text, state& into) {
        if (!text.starts_with("truth")) return;
        text.remove_prefix(5);
        const auto next = [&text] {
            std::uint64_t size = 0;
            std::memcpy(&size, text.data(), sizeof size);
            const std::string one{text.substr(sizeof size, size)};
            text.remove_prefix(sizeof size + one.size());
            return one;
        };
        into.known.head = position{std::strtoull(next().c_str(), nullptr, 10)};
        while (!text.empty()) {
            answer each{next()};
            each.text = next();
            into.truth.push_back(std::move(each));
        }
    }

    // ---- damages -------------------------------------------------------------------------------

    void damage_state(std::size_t index, std::uint64_t factor) {
        const state& now = states_[index];
        std::map<std::string_view, std::vector<std::string>> kinds;
        for (const auto& [file, content] : now.files) {
            const auto kind = Engine::kind_of(file);
            EXPECT_FALSE(kind.empty()) << "nobody knows what " << file << " is";
            if (!same_in_earlier_state(index, file, content)) kinds[kind].push_back(file);
        }
        for (const auto& [kind, files] : kinds)
            for (const harm what : harms)
                for (std::uint64_t i = 0, n = factor * repetitions(what, now, files); i < n; ++i) {
                    if (failures_ >= most_failures) return;
                    damage_one(index, kind, files, what, i, n);
                }
    }

    bool same_in_earlier_state(std::size_t index, const std::string& file,
                               const std::string& content) const {
        for (std::size_t i = 0; i < index; ++i) {
            const auto found = states_[i].files.find(file);
            if (found != states_[i].files.end() && found->second == content && !content.empty())
                return true;
        }
        return false;
    }

    /// The larger the files, the more places there are.
    static std::uint64_t repetitions(harm what, const state& now,
                                     const std::vector<std::string>& files) {
        std::uint64_t size = 0;
        for (const auto& file : files) size += now.files.at(file).size();
        const std::uint64_t more = size > 20'000 ? 4 : size > 2'000 ? 2 : 1;
        if (what == harm::flipped_bit) return 2 * more;
        if (what == harm::zeroed_sector || what == harm::zeroed_page || what == harm::cut)
            return more;
        return what == harm::stale || what == harm::swapped ? (more + 1) / 2 : 1;
    }

    void damage_one(std::size_t index, std::string_view kind, const std::vector<std::string>& files,
                    harm what, std::uint64_t part, std::uint64_t parts) {
        const state& now = states_[index];
        const auto& file = files[chance_.below(files.size())];
        const auto& content = now.files.at(file);
        auto made = damage_source{chance_}.draw(file, content, what,
                                                instead_of(file, kind, what, index), part, parts);
        auto& row = table_.row(std::string{kind}, what);
        if (!made) return void(row.possible = row.possible || false);
        row.possible = true;
        const bool look_first = Engine::readers && chance_.chance(50);
        Engine place;
        image damaged = now.files;
        made->apply(damaged);
        place.put(damaged);
        const auto end = in_child([&] { return trial(place, now, *made, kind, look_first); });
        judge(end, now, *made, kind, look_first, row, damaged);
        if (!end.said.starts_with("refused at open")) return;
        const auto mended = in_child([&] { return put_back(place, now, *made, kind); });
        row.put_back += mended.said == "equal";
        if (mended.said != "equal")
            table_.note("\nput back after the refusal: " + mended.died + mended.said.substr(0, 200),
                        std::string{kind}, what);
    }

    /// What the file may be replaced by: what bore its name, or else what was of its kind.
    std::vector<std::string> instead_of(const std::string& file, std::string_view kind, harm what,
                                        std::size_t index) const {
        std::vector<const image*> from;
        if (what == harm::swapped)
            from.push_back(&other_[index].files);
        else
            for (std::size_t i = 0; i < states_[index].before; ++i) from.push_back(&earlier_[i]);
        std::vector<std::string> same_name, same_kind;
        for (const auto* files : from)
            for (const auto& [name, content] : *files) {
                if (content == states_[index].files.at(file)) continue;
                if (name == file) same_name.push_back(content);
                if (Engine::kind_of(name) == kind) same_kind.push_back(content);
            }
        if (what == harm::stale)
            for (auto& content : Engine::once(file)) same_name.push_back(std::move(content));
        return same_name.empty() ? same_kind : same_name;
    }

    // ---- one damaged store, in a child ---------------------------------------------------------

    /// `refused at open`, `refused at read`, `equal`, or `wrong: ...`; behind that, in lines of their
    /// own, what was lost as is allowed, and what the refusals said.
    static std::string trial(Engine& place, const state& now, const damage& done,
                             std::string_view kind, bool look_first) {
        findings found{Engine::name, kind, done.what, place.path()};
        if (look_first) {
            auto reader = place.open(true);
            found.opened(reader, "for reading");
            if (reader) found.compare(ask_everything(*reader, now.known), now.truth, "for reading");
        }
        bool grew = false;
        {
            auto writer = place.open(false);
            if (!found.opened(writer, "for writing")) return found.text();
            if (writer->head() != now.known.head) found.head(writer->head(), now.known.head);
            found.compare(ask_everything(*writer, now.known), now.truth, "for writing");
            grew = append_one(*writer, now, found);
        }
        if constexpr (!Engine::readers) place.keep();
        auto again = place.open(Engine::readers);
        found.opened(again, "again");
        if (!again) return found.text();
        if (grew && again->head() != now.known.head.next())
            found.head(again->head(), now.known.head.next());
        found.compare(ask_everything(*again, now.known), now.truth, "again");
        return found.text();
    }

    /// The file as it was, from a backup say, in the place of the damaged one: the refusal cost nothing.
    static std::string put_back(Engine& place, const state& now, const damage& done,
                                std::string_view kind) {
        auto files = place.files();
        files[done.file] = now.files.at(done.file);
        place.put(files);
        findings found{Engine::name, kind, done.what, place.path()};
        auto mended = place.open(false);
        if (found.opened(mended, "again"))
            found.compare(ask_everything(*mended, now.known), now.truth, "put back");
        return found.text();
    }

    /// The store goes on where it was, or says why not.
    static bool append_one(store& writer, const state& now, findings& found) {
        append_id id;
        id.raw[0] = std::byte{0xee};
        const auto added = testkit::draft{id}.event("after-1").append_to(writer);
        if (!added) return found.refused(added.error(), "appending"), false;
        if (added->first != now.known.head.next()) found.head(added->first, now.known.head.next());
        return true;
    }

    // ---- what came of it -----------------------------------------------------------------------

    void judge(const child_end& end, const state& now, const damage& done, std::string_view kind,
               bool look_first, damage_row& row, const image& damaged) {
        const auto outcome = end.said.substr(0, end.said.find('\n'));
        ++row.damages;
        row.refused_at_open += outcome == "refused at open";
        row.refused_at_read += outcome == "refused at read";
        row.equal += outcome == "equal";
        row.less += outcome == "less";
        if (end.died.empty() && !outcome.starts_with("wrong")) {
            table_.note(end.said, std::string{kind}, done.what);
            return;
        }
        ++failures_;
        const auto where = "/tmp/varve-damaged-" + std::to_string(::getpid()) + "-" +
                           std::to_string(failures_);
        write_image(where, damaged);
        ADD_FAILURE() << Engine::name << ", " << now.name << ": " << done.file << ", "
                      << to_string(done.what) << " " << done.words
                      << (look_first ? ", read first" : "") << "\n"
                      << (end.died.empty() ? end.said : end.died) << "\nthe damaged files are in "
                      << where << "; VARVE_SEED=" << seed_;
    }

    std::uint64_t seed_ = testkit::chosen_seed(1);
    testkit::seeded_random chance_{seed_};
    std::vector<state> states_, other_;
    std::vector<image> earlier_;
    damage_table table_;
    int failures_ = 0;
};

}  // namespace varve::tests
