// os/file.cpp: opening, whole transfers whatever the kernel does with them, and what each refusal is called.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <csignal>
#include <random>
#include <vector>

#include "os/file.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;
using test::TestDirectory;

File created(const std::string &path) {
  Result<File> file = File::open(path, O_RDWR | O_CREAT);
  EXPECT_TRUE(file.ok()) << file.error().message;
  return std::move(file).value();
}

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::byte> content(bytes);
  for (std::byte &byte : content) byte = static_cast<std::byte>(random());
  return content;
}

TEST(File, KeepsWhatWasWritten) {
  const File file = test::file_of(0);
  const std::vector<std::byte> content = pattern(10'000);
  ASSERT_TRUE(file.write(content, 123).ok());
  std::vector<std::byte> back(content.size());
  ASSERT_TRUE(file.read(back, 123).ok());
  EXPECT_EQ(back, content);
}

TEST(File, ClosesItsDescriptorAcrossExecution) {
  const File file = test::file_of(0);
  EXPECT_NE(::fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(File, MovesItsDescriptorAndClosesItOnce) {
  File first = test::file_of(0);
  const int fd = first.fd();
  File second(std::move(first));
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.fd(), fd);
  File third;
  third = std::move(second);
  EXPECT_EQ(third.fd(), fd);
  third.close();
  EXPECT_FALSE(third.valid());
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

TEST(File, SaysNotFoundForAMissingName) {
  const TestDirectory directory;
  EXPECT_EQ(File::open(directory.path("none"), O_RDONLY).code(), Code::not_found);
  EXPECT_EQ(File::open(directory.path("none/deeper"), O_RDONLY).code(), Code::not_found);
}

TEST(File, SaysExistsForATakenName) {
  const TestDirectory directory;
  created(directory.path("taken"));
  EXPECT_EQ(File::open(directory.path("taken"), O_RDWR | O_CREAT | O_EXCL).code(), Code::exists);
}

TEST(File, RefusesAPathWithAZeroByte) { EXPECT_EQ(File::open(std::string("a\0b", 3), O_RDONLY).code(), Code::invalid); }

TEST(File, NamesTheFileInMessages) {
  const Result<File> file = File::open("no/such/thing", O_RDONLY);
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message.find("no/such/thing"), std::string::npos);
  EXPECT_EQ(file.error().os_errno, ENOENT);
}

TEST(File, ADirectoryIsNotRegularOrRefused) {
  const TestDirectory directory;
  const Result<File> reading = File::open(directory.path(), O_RDONLY);
  ASSERT_TRUE(reading.ok());
  EXPECT_FALSE(reading->info()->regular);
  EXPECT_EQ(File::open(directory.path(), O_RDWR).code(), Code::invalid);
}

TEST(File, AFifoIsOpenedWithoutWaiting) {
  const TestDirectory directory;
  ASSERT_EQ(::mkfifo(directory.path("fifo").c_str(), 0600), 0);
  const Result<File> reading = File::open(directory.path("fifo"), O_RDONLY);
  ASSERT_TRUE(reading.ok());
  EXPECT_FALSE(reading->info()->regular);
  const Result<File> unread = File::open(directory.path("fifo"), O_RDWR);
  ASSERT_TRUE(unread.ok());
  EXPECT_FALSE(unread->info()->regular);
}

TEST(File, AFifoNobodyReadsIsRefusedForWriting) {
  const TestDirectory directory;
  ASSERT_EQ(::mkfifo(directory.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(File::open(directory.path("fifo"), O_WRONLY).code(), Code::invalid);
}

TEST(File, FollowsSymbolicLinks) {
  const TestDirectory directory;
  const File file = created(directory.path("file"));
  ASSERT_EQ(::symlink(directory.path("file").c_str(), directory.path("link").c_str()), 0);
  const Result<File> linked = File::open(directory.path("link"), O_RDONLY);
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->info()->inode, file.info()->inode);
}

TEST(File, RefusesALinkToItself) {
  const TestDirectory directory;
  ASSERT_EQ(::symlink(directory.path("loop").c_str(), directory.path("loop").c_str()), 0);
  EXPECT_EQ(File::open(directory.path("loop"), O_RDONLY).code(), Code::invalid);
}

TEST(File, NamesEachRefusalToOpen) {
  struct Refusal {
    int os_errno;
    Code code;
  };
  for (const Refusal refusal : {Refusal{EACCES, Code::io},
                                {EPERM, Code::io},
                                {EMFILE, Code::io},
                                {ENFILE, Code::io},
                                {EROFS, Code::readonly},
                                {ENOSPC, Code::no_space},
                                {EDQUOT, Code::no_space},
                                {ENOMEM, Code::no_memory},
                                {EIO, Code::io},
                                {ETXTBSY, Code::busy},
                                {ENAMETOOLONG, Code::invalid},
                                {ELOOP, Code::invalid}}) {
    FaultyIo faulty;
    faulty.fail(Call::open, refusal.os_errno);
    const Result<File> file = File::open("name", O_RDWR);
    EXPECT_EQ(file.code(), refusal.code) << refusal.os_errno;
    EXPECT_EQ(file.error().os_errno, refusal.os_errno);
  }
}

TEST(File, InfoIsOneQuestion) {
  const File file = test::file_of(12'288);
  FaultyIo faulty;
  const Result<FileInfo> info = file.info();
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(faulty.calls(Call::fstat), 1);
  EXPECT_EQ(info->bytes, 12'288u);
  EXPECT_GE(info->allocated_bytes, 12'288u);
  EXPECT_EQ(info->links, 0u);
  EXPECT_TRUE(info->regular);
}

TEST(File, InfoReportsFailure) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.fail(Call::fstat, EIO);
  EXPECT_EQ(file.info().code(), Code::io);
}

TEST(File, AMemoryFileCannotShrinkButGrows) {
  const Result<File> file = File::open_memory("memory");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->label(), "memory");
  ASSERT_TRUE(file->grow(0, 65'536).ok());
  EXPECT_EQ(file->resize(4096).code(), Code::unsupported);
  EXPECT_EQ(file->info()->bytes, 65'536u);
  EXPECT_EQ(::fcntl(file->fd(), F_GET_SEALS), F_SEAL_SHRINK);
}

TEST(File, AMemoryFileTakesALongLabel) {
  const std::string label(1000, 'x');
  const Result<File> file = File::open_memory(label.c_str());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->label(), label);
}

TEST(File, AMemoryFileThatCannotBeSealedIsRefused) {
  FaultyIo faulty;
  faulty.fail(Call::fcntl, EPERM);
  EXPECT_EQ(File::open_memory("memory").code(), Code::unsupported);
  faulty.fail(Call::memfd, ENOSYS);
  EXPECT_EQ(File::open_memory("memory").code(), Code::unsupported);
  faulty.fail(Call::memfd, ENOMEM);
  EXPECT_EQ(File::open_memory("memory").code(), Code::no_memory);
}

TEST(File, AnUnnamedFileHasNoName) {
  const TestDirectory directory;
  const Result<File> file = File::open_unnamed(directory.path());
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->info()->links, 0u);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(File, AnUnnamedFileIsUnsupportedWhereTheFileSystemSaysSo) {
  for (const int os_errno : {EOPNOTSUPP, EISDIR, EINVAL, ENOSYS}) {
    FaultyIo faulty;
    faulty.fail(Call::open, os_errno);
    EXPECT_EQ(File::open_unnamed(".").code(), Code::unsupported);
  }
  EXPECT_EQ(File::open_unnamed("no/such/directory").code(), Code::not_found);
  FaultyIo faulty;
  faulty.fail(Call::open, EACCES);
  EXPECT_EQ(File::open_unnamed(".").code(), Code::io);
}

TEST(File, ReopensAFileWithoutAName) {
  const File unlinked = test::file_of(4096);
  const Result<File> memory = File::open_memory("memory");
  for (const File *file : {&unlinked, &*memory}) {
    ASSERT_TRUE(file->write(bytes_of("content"), 0).ok());
    const Result<File> again = file->reopen(O_RDWR);
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->label(), file->label());
    EXPECT_EQ(again->info()->inode, file->info()->inode);
    std::array<std::byte, 7> back;
    ASSERT_TRUE(again->read(back, 0).ok());
    EXPECT_EQ(text_of(back), "content");
  }
}

TEST(File, SaysWhenItCannotReopen) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.fail(Call::open, ENOENT, 1);
  EXPECT_EQ(file.reopen(O_RDWR).code(), Code::io);
  faulty.fail(Call::open, EMFILE, 1);
  const Result<File> again = file.reopen(O_RDWR);
  EXPECT_EQ(again.code(), Code::io);
  EXPECT_NE(again.error().message.find(file.label()), std::string::npos);
}

TEST(File, AShortFileIsCorruptToARead) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.write(bytes_of("short"), 0).ok());
  std::array<std::byte, 8> back;
  const Status status = file.read(back, 0);
  ASSERT_EQ(status.code(), Code::corrupt);
  EXPECT_NE(status.error().message.find("3 bytes"), std::string::npos) << status.error().message;
}

TEST(File, ReadSomeStopsAtTheEnd) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.write(bytes_of("short"), 0).ok());
  std::array<std::byte, 8> back;
  EXPECT_EQ(*file.read_some(back, 2), 3u);
  EXPECT_EQ(*file.read_some(back, 100), 0u);
  EXPECT_EQ(*file.read_some({}, 0), 0u);
}

TEST(File, TransfersAreWholeHoweverTheyAreCutAndInterrupted) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  std::mt19937 random(7);
  std::vector<std::byte> model;
  for (int step = 0; step < 300; ++step) {
    faulty.interruptions = static_cast<int>(random() % 4);
    faulty.most_transferred = 1 + random() % 97;
    const std::size_t offset = random() % 5000;
    const std::vector<std::byte> content = pattern(random() % 700, random());
    ASSERT_TRUE(file.write(content, offset).ok());
    if (!content.empty() && model.size() < offset + content.size()) model.resize(offset + content.size());
    std::copy(content.begin(), content.end(),
              model.begin() + static_cast<std::ptrdiff_t>(content.empty() ? 0 : offset));
    std::vector<std::byte> back(model.size());
    ASSERT_TRUE(file.read(back, 0).ok());
    ASSERT_EQ(back, model) << "step " << step;
  }
}

TEST(File, ATransferEndsAtTheFirstError) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.most_transferred = 10;
  faulty.fail(Call::pwrite, EIO, 1, 3);
  const std::vector<std::byte> content = pattern(100);
  EXPECT_EQ(file.write(content, 0).code(), Code::io);
  EXPECT_EQ(file.info()->bytes, 30u);
  ASSERT_TRUE(file.write(content, 0).ok());
  faulty.fail(Call::pread, EIO, 1, 3);
  std::vector<std::byte> back(100);
  EXPECT_EQ(file.read(back, 0).code(), Code::io);
  ASSERT_TRUE(file.read(back, 0).ok());
}

TEST(File, AFullDiskNamesWhatIsMissing) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.fail(Call::pwrite, ENOSPC, 1);
  const Status status = file.write(pattern(100), 0);
  ASSERT_EQ(status.code(), Code::no_space);
  EXPECT_NE(status.error().message.find("100 more bytes"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("missing"), std::string::npos);
}

TEST(File, AWriteThatMakesNoProgressFails) {
  class Stuck : public Io {
   public:
    Stuck() { replace_io(this); }
    ~Stuck() override { replace_io(nullptr); }
    std::int64_t pwrite(int, const void *, std::size_t, std::uint64_t) override { return 0; }
  };
  const File file = test::file_of(0);
  const Stuck stuck;
  EXPECT_EQ(file.write(pattern(1), 0).code(), Code::io);
}

TEST(File, AWriteBehindTheSizeLimitIsAnErrorAndNoSignal) {
  const File file = test::file_of(0);
  const int status = test::in_child([&] {
    ::signal(SIGXFSZ, SIG_DFL);
    const struct rlimit limit = {8192, 8192};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!file.write(pattern(8192), 0).ok()) return 1;
    if (file.write(pattern(1), 8192).code() != Code::no_space) return 2;
    if (file.grow(8192, 1 << 20).code() != Code::no_space) return 3;
    if (file.resize(1 << 20).code() != Code::no_space) return 4;
    if (file.allocate(0, 1 << 20).code() != Code::no_space) return 5;
    return file.info()->bytes == 8192 ? 0 : 6;
  });
  EXPECT_TRUE(test::exited_with(status, 0)) << status;
}

TEST(File, SyncReportsFailureAndOutlastsInterruptions) {
  const File file = test::file_of(4096);
  FaultyIo faulty;
  faulty.interruptions = 5;
  EXPECT_TRUE(file.sync_data().ok());
  EXPECT_TRUE(file.sync_all().ok());
  faulty.fail(Call::fdatasync, EIO, 1);
  faulty.fail(Call::fsync, ENOSPC, 1);
  EXPECT_EQ(file.sync_data().code(), Code::io);
  EXPECT_EQ(file.sync_all().code(), Code::no_space);
}

TEST(File, HintsChangeNothing) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.write(bytes_of("content"), 0).ok());
  file.write_behind(0, 7);
  file.drop_cache(0, 0);
  std::array<std::byte, 7> back;
  ASSERT_TRUE(file.read(back, 0).ok());
  EXPECT_EQ(text_of(back), "content");
}

}  // namespace
}  // namespace deltos::os
