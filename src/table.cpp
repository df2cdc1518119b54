#include "table.hpp"

#include "text.hpp"

#include <algorithm>

namespace varve::tool {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 4;
constexpr std::size_t most_held = 256;

}  // namespace

std::string table::add(std::vector<std::string> row) {
    if (!widths_.empty()) return line(row);
    held_.push_back(std::move(row));
    return held_.size() < most_held ? std::string{} : settle();
}

std::string table::settle() {
    if (!widths_.empty()) return {};
    decide_widths();
    std::vector<std::string> headings;
    for (const auto& each : columns_) headings.emplace_back(each.heading);
    std::string heading = line(headings);
    heading.pop_back();
    std::string lines = std::string{before_} + heading + std::string{after_} + "\n";
    for (const auto& row : held_) lines += line(row);
    held_.clear();
    return lines;
}

/// The widest column of a kind that has anything left to give; the last of several.
std::size_t table::widest_of(cell what) const noexcept {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].what != what || widths_[i] <= least_width) continue;
        if (widest == columns_.size() || widths_[i] >= widths_[widest]) widest = i;
    }
    return widest;
}

/// True for a column whose cells are shown whole, even if they outgrow it.
bool table::keeps(std::size_t column) const noexcept {
    const auto what = columns_[column].what;
    return what == cell::number || (what == cell::time && !times_gave_way_);
}

/// Every column as wide as its widest cell; if that is too much, the widest text gives way first.
void table::decide_widths() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = display_width(columns_[i].heading);
        for (const auto& row : held_) widest = std::max(widest, display_width(row[i]));
        widths_.push_back(std::min(widest, width_));
    }
    std::size_t total = gap * (columns_.size() - 1);
    for (const auto width : widths_) total += width;
    while (total > width_) {
        auto victim = widest_of(cell::text);
        if (victim == columns_.size()) {
            victim = widest_of(cell::time);
            times_gave_way_ = true;
        }
        if (victim == columns_.size()) return;
        --widths_[victim];
        --total;
    }
}

std::string table::line(const std::vector<std::string>& row) const {
    std::string text;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool last = i + 1 == columns_.size();
        // the last column has all that is left; what outgrew its column takes it from that
        const std::size_t room = last ? width_ - std::min(width_, taken) : widths_[i];
        const std::string shown = keeps(i) ? row[i] : cut(row[i], room, mark_);
        const std::size_t used = display_width(shown);
        const bool right = columns_[i].what == cell::number;
        const std::string pad(widths_[i] - std::min(widths_[i], used), ' ');
        if (right) text += pad;
        text += shown;
        if (last) break;
        if (!right) text += pad;
        text += std::string(gap, ' ');
        taken += std::max(widths_[i], used) + gap;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

}  // namespace varve::tool
