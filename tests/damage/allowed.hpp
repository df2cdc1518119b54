// What may be less than it was, and why; and the verdict over one damaged store.
#pragma once

#include "damage/damages.hpp"
#include "damage/questions.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace varve::tests {

/// A file that a store can do without: whatever becomes of it, the store opens for writing and answers
/// as before. Every other file may be the reason of a refusal, and of nothing else.
struct dispensable {
    std::string_view engine;
    std::string_view file;
    std::string_view why;
};
inline constexpr dispensable may_be_lost[]{
    {"sqlite", "lock", "names who writes; what counts is that it is locked"},
    {"sqlite", "watermark", "wakes readers; it is a lower bound that they hold against the store"},
    {"sqlite", "index of the log", "SQLite makes it anew from the log when it opens the file"},
    {"rocksdb", "WRITER", "as SQLite's lock"},
    {"rocksdb", "LOCK", "RocksDB's own lock, and empty"},
    {"rocksdb", "HEAD", "as SQLite's watermark"},
    {"rocksdb", "DURABLE",
     "says how far a reader may look; a writer looks for itself. A reader that is told too little "
     "misses "
     "what the anchor knows, and refuses"},
    {"rocksdb", "IDENTITY", "RocksDB's name for the folder; a store has its own, in its log"},
    // Without an anchor nobody misses a lost end. But that takes a second damage, and the next group
    // writes a new one. An anchor of another store is refused, as a folder put together wrongly.
    {"sqlite", "anchor", "it tells what the log lost, not what the log holds"},
    {"rocksdb", "ANCHOR", "likewise"},
    {"memory", "anchor", "likewise"},
};

/// Answers that may be less than those of the undamaged store, and not only refused. Nothing of the log
/// is here, nor what is kept beside it and counted.
struct lesser {
    std::string_view question;  ///< What it begins with.
    std::string_view what;      ///< A word for it.
    std::string_view why;
};
inline constexpr lesser may_be_less[]{
    {"snapshot", "a snapshot",
     "derived data: ignored if it is damaged, missing or old, and folded anew (semantics.md §39, "
     "§50)"},
};

/// Gathers what a damaged store answered.
class findings {
public:
    findings(std::string_view engine, std::string_view kind, harm what, std::string path)
        : engine_(engine), kind_(kind), what_(what), path_(std::move(path)) {}

    template <class Store>
    bool opened(const result<Store>& got, std::string_view how) {
        if (got) return true;
        refused(got.error(), "opening " + std::string{how});
        if (how == "for writing") at_open_ = true;
        if (how == "for writing" && is_dispensable() && what_ != harm::swapped)
            wrong("a store can do without that file: " + to_string(got.error()));
        return false;
    }

    void refused(const failure& failed, const std::string& where) {
        ++refused_;
        const auto fault = fault_of(failed, where);
        if (!fault.empty()) wrong(where + ": " + fault);
        said_.insert(where.substr(0, where.find(" ")) + ": " + std::string{to_string(failed.code)} +
                     ": " + shortened(failed.message));
    }

    void head(position is, position must) {
        wrong("the head is " + to_string(is) + ", not " + to_string(must));
    }

    void compare(const answers& got, const answers& truth, std::string_view how) {
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const auto& is = got[i];
            const auto& must = truth[i];
            const auto where = "asking " + std::string{how} + ": " + is.question;
            if (is.failed) {
                refused(*is.failed, where);
                if (!must.text.starts_with(is.text)) differ(where, is.text, must.text);
            } else if (is.text != must.text && !less(is.question, is.text, must.text)) {
                differ(where, is.text, must.text);
            }
        }
    }

    std::string text() const {
        if (!wrong_.empty()) return "wrong: " + wrong_;
        std::string text = at_open_         ? "refused at open"
                           : refused_ > 0   ? "refused at read"
                           : !less_.empty() ? "less"
                                            : "equal";
        for (const auto& each : less_) text += "\nless: " + each;
        for (const auto& each : said_) text += "\n" + each;
        return text;
    }

private:
    bool is_dispensable() const {
        return std::ranges::any_of(may_be_lost, [this](const dispensable& each) {
            return each.engine == engine_ && each.file == kind_;
        });
    }

    /// Whether a failure is one that a person can act on: a code for damage, and a place.
    std::string fault_of(const failure& failed, std::string_view where) const {
        const auto code = failed.code;
        const bool fits = code == errc::corrupt || code == errc::foreign || code == errc::io ||
                          (where == "appending" &&
                           (code == errc::unknown || code == errc::poisoned)) ||
                          (what_ == harm::missing && code == errc::not_found);
        if (!fits) return "not a code for damage: " + to_string(failed);
        if (!failed.message.contains(path_) && !failed.message.contains("position "))
            return "names neither file nor position: " + to_string(failed);
        return {};
    }

    /// Each line of what is there must be one of the truth.
    bool less(std::string_view question, std::string_view is, const std::string& must) {
        for (const auto& each : may_be_less) {
            if (!question.starts_with(each.question)) continue;
            for (std::size_t at = 0; at < is.size();) {
                const auto end = std::min(is.find('\n', at), is.size());
                if (must.find(is.substr(at, end - at)) == std::string::npos) return false;
                at = end + 1;
            }
            less_.insert(std::string{each.what});
            return true;
        }
        return false;
    }

    void differ(const std::string& where, const std::string& is, const std::string& must) {
        const auto first = std::ranges::mismatch(is, must).in1 - is.begin();
        const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, first - 60));
        wrong(where + ": from byte " + std::to_string(first) + " it is\n    " + shown(is, from) +
              "\n  and must be\n    " + shown(must, from));
    }
    static std::string shown(const std::string& text, std::size_t from) {
        std::string out;
        testkit::internal::add_quoted(out, text.substr(std::min(text.size(), from), 160));
        return out;
    }

    void wrong(const std::string& what) {
        if (++wrongs_ <= 6) wrong_ += what + "\n";
    }

    /// Without what differs from run to run.
    std::string shortened(std::string text) const {
        for (auto at = text.find(path_); at != std::string::npos; at = text.find(path_))
            text.replace(at, path_.size(), "STORE");
        std::string kept;
        for (const char c : text)
            if (c < '0' || c > '9')
                kept += c;
            else if (kept.empty() || kept.back() != '#')
                kept += '#';
        return kept.substr(0, 160);
    }

    std::string_view engine_, kind_;
    harm what_;
    std::string path_;
    bool at_open_ = false;
    int refused_ = 0;
    int wrongs_ = 0;
    std::string wrong_;
    std::set<std::string> less_, said_;
};

}  // namespace varve::tests
