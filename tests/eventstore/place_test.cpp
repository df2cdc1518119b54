// Places where no store can be: network file systems, and pipes in the place of files (semantics.md §40).
#include "engines.hpp"

#include <varve/adapters/network_file_system.hpp>

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>

namespace engines {
namespace {

TEST(a_place, S40_on_a_network_file_system_is_refused_by_its_name) {
    const auto refused = detail::refuse_network("/mnt/shared", NFS_SUPER_MAGIC);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::unsupported);
    EXPECT_NE(refused.error().message.find("'/mnt/shared' lies on a network file system (NFS)"),
              std::string::npos)
        << refused.error().message;
    for (const std::int64_t type : std::initializer_list<std::int64_t>{
             NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CODA_SUPER_MAGIC, NCP_SUPER_MAGIC, AFS_SUPER_MAGIC,
             V9FS_MAGIC, OCFS2_SUPER_MAGIC, AFS_FS_MAGIC})
        EXPECT_NE(detail::network_file_system(static_cast<std::uint32_t>(type)), nullptr)
            << std::hex << type;
}

TEST(a_place, on_a_local_file_system_is_taken) {
    for (const std::int64_t type : std::initializer_list<std::int64_t>{
             EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
             BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC})
        EXPECT_EQ(detail::network_file_system(static_cast<std::uint32_t>(type)), nullptr)
            << std::hex << type;
    EXPECT_TRUE(detail::refuse_network(std::filesystem::temp_directory_path().string()));
    const auto nowhere = detail::refuse_network("/no/such/folder");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, errc::not_found);
}

TEST(a_place, S40_where_a_pipe_has_the_name_of_a_side_file_is_refused_and_nobody_waits_for_it) {
    for (const char* suffix : {"-journal", "-wal", "-shm"}) {
        const sqlite_place where;
        must(where.open());
        const std::string pipe = *where.folder / ("engine.db" + std::string{suffix});
        std::filesystem::remove(pipe);
        ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
        const auto refused = where.open();
        ASSERT_FALSE(refused) << suffix;
        EXPECT_EQ(refused.error().code, errc::foreign);
        EXPECT_NE(refused.error().message.find(pipe), std::string::npos);
    }
}

}  // namespace
}  // namespace engines
