// Opens RocksDB objects on a store's folder, and makes in them what a store needs.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/rocksdb/durable_mark.hpp>
#include <varve/eventstore/rocksdb/object.hpp>
#include <varve/eventstore/rocksdb/options.hpp>
#include <varve/eventstore/rocksdb/place.hpp>
#include <varve/eventstore/rocksdb/settings.hpp>
#include <varve/eventstore/rocksdb/survey.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Refers to what the engine is made of; used while it opens.
class rocksdb_opener {
public:
    rocksdb_opener(const rocksdb_engine_options& chosen, const named_spaces& wanted,
                   const rocksdb_place& where, std::shared_ptr<rocksdb::Cache> shared)
        : options_(chosen), spaces_(wanted), place_(where), cache_(std::move(shared)) {}

    /// Sees what the survey lets it see, and tells other processes what it has synced.
    result<std::shared_ptr<rocksdb_object>> for_writing(const rocksdb_survey& survey,
                                                        bool make) const {
        rocksdb_gate::told tell;
        if (place_.real()) {
            auto mark = open_durable_mark(place_.path(), survey.last);
            if (!mark) return pass_on(std::move(mark));
            tell = [to = *mark](const rocksdb_mark& far) { to->publish(pack_mark(far)); };
        }
        auto fresh = std::make_shared<rocksdb_object>(
            place_.files().system(), options_.platform, survey.bounds, std::move(tell),
            options_.durability != rocksdb_durability::full);
        auto with = rocksdb_database_options(fresh->env(), options_.buffer_bytes);
        with.create_if_missing = make;
        with.error_if_exists = make;
        with.listeners.push_back(fresh->watch());
        auto opened = open_database(*fresh, with, make, rocksdb_access::write);
        if (!opened) return pass_on(std::move(opened));
        return fresh;
    }

    /// Checks the options, makes what is missing, and writes one durable transaction.
    result<void> settle(rocksdb_object& fresh, rocksdb_store_file store, bool make) const {
        if (auto fine = check_rocksdb_options(fresh.raw()); !fine) return fine;
        for (const auto& [name, keys] : store.spaces)
            if (fresh.database().family(rocksdb_family(name)) == nullptr)
                return fail(errc::corrupt, "space " + name +
                                               " is missing in the MANIFEST; restore "
                                               "the store from a backup");
        if (!make && fresh.database().family(own_family) == nullptr)
            return fail(errc::corrupt,
                        "the MANIFEST ends too early; restore the store from a "
                        "backup");
        auto changed = store.add(spaces_);
        if (!changed) return pass_on(std::move(changed));
        std::vector<std::string> missing;
        for (const auto& in : spaces_)
            if (fresh.database().family(rocksdb_family(in.name)) == nullptr)
                missing.push_back(rocksdb_family(in.name));
        if (fresh.database().family(own_family) == nullptr) missing.emplace_back(own_family);
        for (const auto& name : missing)
            if (auto done = fresh.database().add_family({name, family_options()}); !done)
                return done;
        if (auto done = fresh.find(spaces_); !done) return done;
        fresh.work();  // or a write could wait for it for ever
        rocksdb::WriteOptions durably;
        durably.sync = true;
        const auto status = fresh.raw().Put(durably, fresh.database().family(own_family), "opened",
                                            "");
        if (!status.ok()) return rocksdb_failure(status, "the first write");
        if (!make && !*changed) return {};
        store.made = true;
        return place_.write(store);
    }

    /// Changes nothing, and does not see what is written later.
    result<std::shared_ptr<rocksdb_object>> for_reading(const rocksdb_bounds& bounds) const {
        auto fresh = std::make_shared<rocksdb_object>(place_.files().system(), options_.platform,
                                                      bounds, rocksdb_gate::told{}, false);
        fresh->gate().shut();
        const auto with = rocksdb_database_options(fresh->env(), options_.buffer_bytes);
        if (auto done = open_database(*fresh, with, false, rocksdb_access::read); !done)
            return pass_on(std::move(done));
        if (auto done = fresh->find(spaces_); !done) return pass_on(std::move(done));
        return fresh;
    }

private:
    static constexpr const char* own_family = "varve";  // no space is called so

    result<void> open_database(rocksdb_object& into, const rocksdb::DBOptions& with, bool make,
                               rocksdb_access access) const {
        std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
        if (!make) {
            const auto status = rocksdb::DB::ListColumnFamilies(with, place_.path(), &names);
            if (!status.ok()) return broken(rocksdb_failure(status, "opening"));
        }
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto& name : names) families.emplace_back(name, family_options());
        auto opened = rocksdb_database::open(place_.path(), with, families, access);
        if (!opened) return broken(pass_on(std::move(opened)));
        into.database() = std::move(*opened);
        return {};
    }

    /// A file that RocksDB misses is damage; whether there is a store was seen before.
    static result<void> broken(result<void> failed) {
        failure& why = failed.error();
        if (why.code == errc::not_found || why.code == errc::invalid_argument)
            why.code = errc::corrupt;
        if (why.code == errc::corrupt)
            why.message += "; run `varve verify`, or restore the store from a backup";
        return failed;
    }

    rocksdb::ColumnFamilyOptions family_options() const {
        return rocksdb_family_options(cache_, options_.buffer_bytes);
    }

    const rocksdb_engine_options& options_;
    const named_spaces& spaces_;
    const rocksdb_place& place_;
    std::shared_ptr<rocksdb::Cache> cache_;
};

}  // namespace varve::inline v0::detail
