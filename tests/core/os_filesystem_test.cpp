// os/filesystem.cpp: which file systems carry a storage, and the life of a name.
#include <fcntl.h>

#include "os/file.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;
using test::TestDirectory;

File named(const std::string &path) {
  Result<File> file = File::open(path, O_RDWR | O_CREAT);
  EXPECT_TRUE(file.ok());
  return std::move(file).value();
}

TEST(Filesystem, TakesALocalOne) {
  EXPECT_TRUE(check_filesystem(test::file_of(0)).ok());
  const Result<File> memory = File::open_memory("memory");
  EXPECT_TRUE(check_filesystem(*memory).ok());
}

TEST(Filesystem, RefusesOnesSharedOverANetworkByName) {
  struct Shared {
    std::uint32_t type;
    const char *name;
  };
  const File file = test::file_of(0);
  FaultyIo faulty;
  for (const Shared shared : {Shared{0x6969, "NFS"},
                              {0xff534d42, "CIFS"},
                              {0xfe534d42, "SMB"},
                              {0x01021997, "9p"},
                              {0x0bd00bd0, "Lustre"},
                              {0x5346414f, "AFS"},
                              {0x00c36400, "Ceph"}}) {
    faulty.filesystem_type = shared.type;
    const Status status = check_filesystem(file);
    ASSERT_EQ(status.code(), Code::filesystem);
    EXPECT_NE(status.error().message.find(shared.name), std::string::npos) << status.error().message;
  }
}

TEST(Filesystem, TakesFuseOnlyWithLocks) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.filesystem_type = 0x65735546;
  EXPECT_TRUE(check_filesystem(file).ok());
  faulty.fail(Call::lock, ENOSYS);
  EXPECT_EQ(check_filesystem(file).code(), Code::filesystem);
}

TEST(Filesystem, SaysWhenNothingCanBeLearnt) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.fail(Call::fstatfs, EIO);
  EXPECT_EQ(check_filesystem(file).code(), Code::io);
  disable_copy_on_write(file);
}

TEST(Filesystem, KnowsAnOverlay) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  bool overlay = true;
  EXPECT_TRUE(check_filesystem(file, &overlay).ok());
  EXPECT_FALSE(overlay);
  faulty.filesystem_type = 0x794c7630;
  EXPECT_TRUE(check_filesystem(file, &overlay).ok());
  EXPECT_TRUE(overlay);
}

TEST(Filesystem, AsksOnlyBtrfsToDoWithoutCopyOnWrite) {
  class Btrfs : public FaultyIo {
   public:
    int ioctl(int, unsigned long, void *) override { return asked++, 0; }
    int asked = 0;
  };
  const File file = test::file_of(0);
  Btrfs faulty;
  disable_copy_on_write(file);
  EXPECT_EQ(faulty.asked, 0);
  faulty.filesystem_type = 0x9123683e;
  disable_copy_on_write(file);
  EXPECT_EQ(faulty.asked, 2);
}

TEST(Name, IsGivenToAnUnnamedFileOnce) {
  const TestDirectory directory;
  const Result<File> file = File::open_unnamed(directory.path());
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(give_name(*file, directory.path("name")).ok());
  EXPECT_EQ(file->info()->links, 1u);
  EXPECT_TRUE(*names_file(directory.path("name"), *file->info()));
  EXPECT_EQ(give_name(*file, directory.path("name")).code(), Code::exists);
  EXPECT_EQ(give_name(*file, directory.path("none/name")).code(), Code::not_found);
}

TEST(Name, LeadsToAnotherFileAfterARename) {
  const TestDirectory directory;
  const File old_file = named(directory.path("name"));
  const File new_file = named(directory.path("new"));
  ASSERT_TRUE(rename_over(directory.path("new"), directory.path("name")).ok());
  EXPECT_FALSE(*names_file(directory.path("name"), *old_file.info()));
  EXPECT_TRUE(*names_file(directory.path("name"), *new_file.info()));
  EXPECT_FALSE(*names_file(directory.path("new"), *new_file.info()));
  EXPECT_EQ(rename_over(directory.path("new"), directory.path("name")).code(), Code::not_found);
}

TEST(Name, IsRemoved) {
  const TestDirectory directory;
  const File file = named(directory.path("name"));
  ASSERT_TRUE(remove_file(directory.path("name")).ok());
  EXPECT_FALSE(*names_file(directory.path("name"), *file.info()));
  EXPECT_EQ(remove_file(directory.path("name")).code(), Code::not_found);
}

TEST(Name, IsMadeDurableThroughItsDirectory) {
  const TestDirectory directory;
  EXPECT_TRUE(sync_directory(directory.path("name")).ok());
  EXPECT_TRUE(sync_directory("/name").ok());
  EXPECT_TRUE(sync_directory("name").ok());
  EXPECT_EQ(sync_directory(directory.path("none/name")).code(), Code::not_found);
  FaultyIo faulty;
  faulty.fail(Call::fsync, EIO, 1);
  EXPECT_EQ(sync_directory(directory.path("name")).code(), Code::io);
  faulty.fail(Call::fsync, EINVAL, 1);
  EXPECT_TRUE(sync_directory(directory.path("name")).ok());
}

TEST(Name, OperationsReportFailureAndOutlastInterruptions) {
  const TestDirectory directory;
  const Result<File> file = File::open_unnamed(directory.path());
  FaultyIo faulty;
  for (const int os_errno : {EIO, EROFS, ENOSPC, EXDEV}) {
    faulty.fail(Call::rename, os_errno, 1);
    faulty.fail(Call::unlink, os_errno, 1);
    faulty.fail(Call::link_fd, os_errno, 1);
    EXPECT_EQ(rename_over("a", "b").error().os_errno, os_errno);
    EXPECT_EQ(remove_file("a").error().os_errno, os_errno);
    EXPECT_EQ(give_name(*file, "a").error().os_errno, os_errno);
  }
  faulty.fail(Call::stat, EIO, 1);
  EXPECT_EQ(names_file("a", *file->info()).code(), Code::io);
  faulty.interruptions = 3;
  EXPECT_TRUE(give_name(*file, directory.path("a")).ok());
  EXPECT_TRUE(rename_over(directory.path("a"), directory.path("b")).ok());
  EXPECT_TRUE(*names_file(directory.path("b"), *file->info()));
  EXPECT_TRUE(remove_file(directory.path("b")).ok());
}

}  // namespace
}  // namespace deltos::os
