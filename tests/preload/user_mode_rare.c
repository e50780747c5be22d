/* SPDX-License-Identifier: MIT */
/*
 * user_mode_rare.c FILE - hands missing pages to calls that are made less often
 *
 * As user_mode_calls.c does; here every call is tried, and those that fail are
 * told, one a line. FILE may get attributes.
 */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "tests/preload/user_mode_fresh.h"

/* What fortified programs call, and old ones. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *time,
		const sigset_t *mask, size_t room);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room,
		       int flags, struct sockaddr *from, socklen_t *length);
ssize_t __readlink_chk(const char *path, char *buffer, size_t size,
		       size_t room);
ssize_t __readlinkat_chk(int folder, const char *path, char *buffer,
			 size_t size, size_t room);
char *__getcwd_chk(char *path, size_t size, size_t room);
int __getgroups_chk(int count, gid_t *list, size_t room);
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);
int __fxstatat(int version, int folder, const char *path, struct stat *st,
	       int flags);
int __fxstatat64(int version, int folder, const char *path, struct stat64 *st,
		 int flags);

#define N 20000

static int failures;

#define EXPECT(condition)                                                      \
	do {                                                                   \
		errno = 0;                                                     \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d: %s (%m)\n", __LINE__,        \
				#condition);                                   \
			failures++;                                            \
		}                                                              \
	} while (0)
/* Whatever else it may be refused for: not for the memory. */
#define REACHED(call) EXPECT((long)(call) != -1 || errno != EFAULT)
/* A path, of missing pages, that leads nowhere: empty. */
#define NOWHERE(call) EXPECT((call) == -1 && errno == ENOENT)
#define FRESH(type) ((type *)fresh(sizeof(type)))

static void fortified(void)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(__poll_chk(fresh(8000), 1000, 0, 8000) >= 0);
	EXPECT(__ppoll_chk(fresh(8000), 1000, FRESH(struct timespec),
			   FRESH(sigset_t), 8000) >= 0);
	CHECK(write(pair[0], "12345678", 8) == 8);
	EXPECT(__recvfrom_chk(pair[1], fresh(8), 8, 8, 0, fresh(100),
			      FRESH(socklen_t)) == 8);
	EXPECT(__readlink_chk("/proc/self/exe", fresh(N), N, N) > 0);
	EXPECT(__readlinkat_chk(AT_FDCWD, "/proc/self/exe", fresh(N), N, N) >
	       0);
	EXPECT(__getcwd_chk(fresh(N), N, N));
	EXPECT(__getgroups_chk(1000, fresh(4000), 4000) >= 0);
	close(pair[0]);
	close(pair[1]);
}

static void old_stat(void)
{
	EXPECT(__xstat(1, "/", FRESH(struct stat)) == 0);
	EXPECT(__xstat64(1, "/", FRESH(struct stat64)) == 0);
	EXPECT(__lxstat(1, "/", FRESH(struct stat)) == 0);
	EXPECT(__lxstat64(1, "/", FRESH(struct stat64)) == 0);
	EXPECT(__fxstat(1, 0, FRESH(struct stat)) == 0);
	EXPECT(__fxstat64(1, 0, FRESH(struct stat64)) == 0);
	EXPECT(__fxstatat(1, AT_FDCWD, "/", FRESH(struct stat), 0) == 0);
	EXPECT(__fxstatat64(1, AT_FDCWD, "/", FRESH(struct stat64), 0) == 0);
	EXPECT(statfs64("/", FRESH(struct statfs64)) == 0);
	EXPECT(fstatfs64(0, FRESH(struct statfs64)) == 0);
}

static void paths(void)
{
	int fd = memfd_create("times", 0), watch = inotify_init();

	NOWHERE(creat(fresh(1), 0600));
	NOWHERE(mknod(fresh(1), S_IFIFO | 0600, 0));
	NOWHERE(mknodat(AT_FDCWD, fresh(1), S_IFIFO | 0600, 0));
	NOWHERE(statvfs(fresh(1), FRESH(struct statvfs)));
	NOWHERE(renameat2(AT_FDCWD, fresh(9), AT_FDCWD, fresh(9), 0));
	NOWHERE(remove(fresh(9)));
	NOWHERE(linkat(AT_FDCWD, fresh(9), AT_FDCWD, fresh(9), 0));
	NOWHERE(symlinkat("text", AT_FDCWD, fresh(9)));
	NOWHERE(mkfifo(fresh(9), 0600));
	NOWHERE(fchmodat(AT_FDCWD, fresh(9), 0600, 0));
	NOWHERE(lchown(fresh(9), 1, 1));
	NOWHERE(fchownat(AT_FDCWD, fresh(9), 1, 1, 0));
	NOWHERE(utimes(fresh(9), NULL));
	NOWHERE(utime(fresh(9), NULL));
	NOWHERE(inotify_add_watch(watch, fresh(9), IN_OPEN));
	EXPECT(futimens(fd, fresh(2 * sizeof(struct timespec))) == 0);
	EXPECT(!freopen(fresh(9), "r", tmpfile()) && errno == ENOENT);
	close(fd);
	close(watch);
}

static void attributes(const char *path)
{
	int fd = open(path, O_RDWR);

	CHECK(fd >= 0);
	/* Not every file system has them, but first their names are read. */
	REACHED(setxattr(path, "user.a", fresh(N), 900, 0));
	REACHED(setxattr(path, "user.b", fresh(50), 50, 0));
	REACHED(getxattr(path, "user.b", fresh(N), N));
	REACHED(listxattr(path, fresh(N), N));
	EXPECT(removexattr(path, fresh(9)) < 0 && errno == ERANGE);
	EXPECT(setxattr(path, fresh(9), NULL, 0, 0) < 0 && errno == ERANGE);
	EXPECT(getxattr(path, fresh(9), NULL, 0) < 0 && errno == ERANGE);
	REACHED(lgetxattr(path, "user.a", fresh(N), N));
	REACHED(lsetxattr(path, "user.c", fresh(N), 900, 0));
	EXPECT(lgetxattr(path, fresh(9), NULL, 0) < 0 && errno == ERANGE);
	EXPECT(lremovexattr(path, fresh(9)) < 0 && errno == ERANGE);
	REACHED(llistxattr(path, fresh(N), N));
	REACHED(fsetxattr(fd, "user.d", fresh(50), 50, 0));
	REACHED(fgetxattr(fd, "user.d", fresh(N), N));
	EXPECT(fgetxattr(fd, fresh(9), NULL, 0) < 0 && errno == ERANGE);
	REACHED(flistxattr(fd, fresh(N), N));
	EXPECT(fremovexattr(fd, fresh(9)) < 0 && errno == ERANGE);
	close(fd);
}

static void messages(void)
{
	int queue = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 9, 0600);
	int memory = shmget(IPC_PRIVATE, PAGE, 0600);
	struct sembuf *parts = fresh(9 * sizeof(*parts));
	struct { long type; char text[4000]; } *message = fresh(4008);
	struct mq_attr kind = { .mq_maxmsg = 2, .mq_msgsize = 8000 };
	struct timespec *soon = FRESH(struct timespec);
	mqd_t other;
	char name[50];

	CHECK(queue >= 0 && set >= 0 && memory >= 0);
	message->type = 1;
	EXPECT(msgsnd(queue, message, 4000, 0) == 0);
	EXPECT(msgrcv(queue, fresh(4008), 4000, 0, IPC_NOWAIT) == 4000);
	EXPECT(msgctl(queue, IPC_STAT, FRESH(struct msqid_ds)) == 0);
	EXPECT(shmctl(memory, IPC_STAT, FRESH(struct shmid_ds)) == 0);
	EXPECT(semop(set, parts, 1) == 0);
	EXPECT(semtimedop(set, fresh(9 * sizeof(*parts)), 1, soon) == 0);
	EXPECT(semctl(set, 0, GETALL, fresh(18)) == 0);
	EXPECT(semctl(set, 0, SETALL, fresh(18)) == 0);
	EXPECT(semctl(set, 0, IPC_STAT, FRESH(struct semid_ds)) == 0);
	EXPECT(semctl(set, 0, IPC_INFO, FRESH(struct seminfo)) >= 0);
	msgctl(queue, IPC_RMID, NULL);
	semctl(set, 0, IPC_RMID);
	shmctl(memory, IPC_RMID, NULL);

	snprintf(name, sizeof(name), "/uffdlazy-%d", (int)getpid());
	other = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &kind);
	if (other == -1)
		return;		/* the kernel may be without */
	mq_unlink(name);
	EXPECT(mq_send(other, fresh(8000), 8000, 0) == 0);
	EXPECT(mq_receive(other, fresh(8000), 8000, FRESH(unsigned int)) ==
	       8000);
	EXPECT(mq_timedsend(other, fresh(8000), 8000, 0,
			    FRESH(struct timespec)) == 0);
	EXPECT(mq_timedreceive(other, fresh(8000), 8000, FRESH(unsigned int),
			       FRESH(struct timespec)) == 8000);
	mq_close(other);
}

static void waiting(void)
{
	int ends[2], epoll = epoll_create1(0), event = eventfd(5, 0);
	struct itimerspec *time = FRESH(struct itimerspec);
	struct sigevent *how = fresh(sizeof(*how));
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	timer_t *timer = FRESH(timer_t);
	int *status = FRESH(int);
	pid_t pid;

	CHECK(pipe(ends) == 0);
	how->sigev_notify = SIGEV_NONE;	/* the rest is on the next page */
	EXPECT(epoll_pwait2(epoll, fresh(1200), 100, FRESH(struct timespec),
			    FRESH(sigset_t)) == 0 || errno == ENOSYS);
	EXPECT(eventfd_read(event, FRESH(eventfd_t)) == 0);
	EXPECT(timer_create(CLOCK_MONOTONIC, how, FRESH(timer_t)) == 0);
	EXPECT(timer_create(CLOCK_MONOTONIC, NULL, timer) == 0);
	EXPECT(timer_settime(*timer, 0, time, FRESH(struct itimerspec)) == 0);
	EXPECT(timer_gettime(*timer, FRESH(struct itimerspec)) == 0);
	EXPECT(timerfd_settime(fd, 0, FRESH(struct itimerspec),
			       FRESH(struct itimerspec)) == 0);
	EXPECT(timerfd_gettime(fd, FRESH(struct itimerspec)) == 0);
	EXPECT(setitimer(ITIMER_REAL, FRESH(struct itimerval),
			 FRESH(struct itimerval)) == 0);
	EXPECT(getitimer(ITIMER_REAL, FRESH(struct itimerval)) == 0);
	EXPECT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID,
			     FRESH(struct timespec)) == 0);
	EXPECT(times(FRESH(struct tms)) != -1);
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (pid == 0)
			_exit(7);
		if (i == 0)
			EXPECT(wait(status) == pid && WEXITSTATUS(*status) == 7);
		else if (i == 1)
			EXPECT(wait3(FRESH(int), 0, FRESH(struct rusage)) ==
			       pid);
		else
			EXPECT(waitid(P_PID, (id_t)pid, FRESH(siginfo_t),
				      WEXITED) == 0);
	}
	close(epoll);
	close(event);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

/* Another thread has it. What is waited for is long ago. */
static void *wait_for_lock(void *mutex)
{
	EXPECT(pthread_mutex_timedlock(mutex, FRESH(struct timespec)) ==
	       ETIMEDOUT);
	EXPECT(pthread_mutex_clocklock(mutex, CLOCK_REALTIME,
				       FRESH(struct timespec)) == ETIMEDOUT);
	return NULL;
}

static void locks(void)
{
	pthread_mutexattr_t inherits;
	pthread_mutex_t mutex;
	pthread_t thread;

	pthread_mutexattr_init(&inherits);
	EXPECT(pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT) ==
	       0);
	pthread_mutex_init(&mutex, &inherits);
	pthread_mutex_lock(&mutex);
	EXPECT(pthread_create(&thread, NULL, wait_for_lock, &mutex) == 0);
	pthread_join(thread, NULL);
}

static volatile sig_atomic_t on_stack;

static void note_signal(int number)
{
	on_stack = number;
}

/* The kernel writes there by itself, above a page that nobody may touch. */
static void guarded_stack(void)
{
	struct sigaction action = { .sa_handler = note_signal,
				    .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_size = (size_t)64 * PAGE }, old;

	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(mprotect(stack.ss_sp, PAGE, PROT_NONE) == 0);
	EXPECT(sigaltstack(&stack, &old) == 0);
	EXPECT(sigaction(SIGUSR2, &action, NULL) == 0);
	EXPECT(raise(SIGUSR2) == 0 && on_stack == SIGUSR2);
	EXPECT(sigaltstack(&old, NULL) == 0);
}

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

/* To the kernel, and to nobody else, they are as good as missing. */
static void guard_pages(void)
{
	char *memory = mmap(NULL, (size_t)64 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *guards = memory + (size_t)8 * PAGE;
	int ends[2];

	if (madvise(guards, (size_t)8 * PAGE, MADV_GUARD_INSTALL) != 0)
		return;			/* Linux before 6.13 */
	EXPECT(pipe(ends) == 0);
	EXPECT(write(ends[1], guards + PAGE, 100) < 0 && errno == EFAULT);
	EXPECT(write(ends[1], "guards", 6) == 6);
	EXPECT(read(ends[0], guards + 5, 6) < 0 && errno == EFAULT);
	EXPECT(stat("/", (void *)(guards - 8)) < 0 && errno == EFAULT);
	EXPECT(madvise(guards, (size_t)8 * PAGE, MADV_GUARD_REMOVE) == 0);
	EXPECT(read(ends[0], guards + 5, 6) == 6);
	EXPECT(memcmp(guards + 5, "guards", 7) == 0);
	/* They end where the memory is locked. */
	EXPECT(mlock(guards + 4 * PAGE, PAGE) == 0);
	EXPECT(madvise(guards, (size_t)8 * PAGE, MADV_GUARD_INSTALL) < 0);
	EXPECT(write(ends[1], guards + PAGE, 100) < 0 && errno == EFAULT);
	EXPECT(write(ends[1], guards + 4 * PAGE, 100) == 100);
	close(ends[0]);
	close(ends[1]);
}

/* Asked for to be written only, it can be read all the same. */
static void write_only(void)
{
	char *memory = mmap(NULL, (size_t)64 * PAGE, PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec part = { memory + (size_t)9 * PAGE, 100 };
	int fd = open("/proc/self/status", O_RDONLY);

	EXPECT(fd >= 0 && read(fd, memory + PAGE, 100) == 100);
	EXPECT(fstat(fd, (void *)(memory + (size_t)5 * PAGE)) == 0);
	EXPECT(readv(fd, &part, 1) == 100);
	close(fd);
}

/* What may only be run can be read, too, where no protection key forbids it; a
 * page that is there tells. */
static void code_only(void)
{
	char *memory = mmap(NULL, (size_t)64 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t wanted;
	int ends[2];

	memory[0] = 'x';
	EXPECT(mprotect(memory, (size_t)64 * PAGE, PROT_EXEC) == 0);
	EXPECT(pipe(ends) == 0);
	wanted = write(ends[1], memory, 100);
	EXPECT(write(ends[1], memory + (size_t)9 * PAGE, 100) == wanted);
	EXPECT(read(ends[0], memory + (size_t)20 * PAGE, 100) < 0);
	EXPECT(wanted < 0 ||
	       mlock(memory + (size_t)16 * PAGE, (size_t)8 * PAGE) == 0);
	EXPECT(mprotect(memory, (size_t)64 * PAGE, PROT_NONE) == 0);
	EXPECT(write(ends[1], memory + (size_t)40 * PAGE, 100) < 0);
	close(ends[0]);
	close(ends[1]);
}

static void ignore(int number)
{
	(void)number;
}

static void signals(void)
{
	sigset_t *set = FRESH(sigset_t), old;
	struct timespec *now = FRESH(struct timespec);
	struct itimerval soon = { .it_value.tv_usec = 20000 };
	int number, fd, status;
	pid_t pid;

	EXPECT(pthread_sigmask(SIG_BLOCK, NULL, FRESH(sigset_t)) == 0);
	EXPECT(pthread_sigmask(SIG_BLOCK, FRESH(sigset_t), &old) == 0);
	EXPECT(sigpending(FRESH(sigset_t)) == 0);
	EXPECT(sigtimedwait(FRESH(sigset_t), FRESH(siginfo_t), now) < 0 &&
	       errno == EAGAIN);
	fd = signalfd(-1, FRESH(sigset_t), 0);
	EXPECT(fd >= 0);
	close(fd);
	/* One that waits already. */
	sigemptyset(&old);
	sigaddset(&old, SIGUSR1);
	sigprocmask(SIG_BLOCK, &old, NULL);
	raise(SIGUSR1);
	EXPECT(sigwaitinfo(&old, FRESH(siginfo_t)) == SIGUSR1);
	/* It comes while we wait: it is blocked until then. */
	signal(SIGALRM, ignore);
	sigaddset(&old, SIGALRM);
	sigprocmask(SIG_BLOCK, &old, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT(sigsuspend(set) == -1 && errno == EINTR);
	/* Nothing ends this but a signal that kills. */
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &old, NULL);
		setitimer(ITIMER_REAL, &soon, NULL);
		_exit(sigwait(FRESH(sigset_t), &number));
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
}

static void limits(void)
{
	cpu_set_t *set = fresh(sizeof(*set));
	char name[16];

	EXPECT(getrlimit64(RLIMIT_AS, FRESH(struct rlimit64)) == 0);
	EXPECT(setrlimit(RLIMIT_CORE, FRESH(struct rlimit)) == 0);
	EXPECT(setrlimit64(RLIMIT_CORE, FRESH(struct rlimit64)) == 0);
	EXPECT(prlimit(0, RLIMIT_CORE, FRESH(struct rlimit),
		       FRESH(struct rlimit)) == 0);
	EXPECT(prlimit64(0, RLIMIT_CORE, FRESH(struct rlimit64),
			 FRESH(struct rlimit64)) == 0);
	EXPECT(getgroups(1000, fresh(4000)) >= 0);
	EXPECT(getresuid(FRESH(uid_t), FRESH(uid_t), FRESH(uid_t)) == 0);
	EXPECT(getresgid(FRESH(gid_t), FRESH(gid_t), FRESH(gid_t)) == 0);
	EXPECT(pthread_getname_np(pthread_self(), fresh(16), 16) == 0);
	EXPECT(prctl(PR_GET_NAME, fresh(16)) == 0);
	EXPECT(prctl(PR_GET_NAME, name) == 0 && name[0]);
	EXPECT(sched_setaffinity(0, sizeof(*set), set) < 0 && errno == EINVAL);
	EXPECT(pthread_getaffinity_np(pthread_self(), sizeof(*set),
				      fresh(sizeof(*set))) == 0);
	EXPECT(pthread_setaffinity_np(pthread_self(), sizeof(*set),
				      fresh(sizeof(*set))) == EINVAL);
}

/* By syscall(2), with parts that lie elsewhere. */
static void by_number(int fd)
{
	struct iovec there[2] = { { fresh(N), N }, { fresh(N), N } };
	struct iovec here[2] = { { fresh(N), N }, { fresh(N), N } };
	struct mmsghdr sent[2] = { 0 }, received[2] = { 0 };
	int pair[2];

	EXPECT(syscall(SYS_pwritev, fd, there, 2, 0L, 0L) == 2 * N);
	EXPECT(syscall(SYS_preadv, fd, here, 2, 0L, 0L) == 2 * N);
	EXPECT(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) ==
	       0);
	for (int i = 0; i < 2; i++) {
		there[i].iov_base = fresh(N);
		here[i].iov_base = fresh(N);
		sent[i].msg_hdr.msg_iov = &there[i];
		received[i].msg_hdr.msg_iov = &here[i];
		sent[i].msg_hdr.msg_iovlen = received[i].msg_hdr.msg_iovlen = 1;
	}
	EXPECT(syscall(SYS_sendmmsg, pair[0], sent, 2, 0) == 2);
	EXPECT(syscall(SYS_recvmmsg, pair[1], received, 2, 0, NULL) == 2);
	EXPECT(received[1].msg_len == N);
	there[0].iov_base = fresh(N);
	EXPECT(syscall(SYS_sendmsg, pair[0], &sent[0].msg_hdr, 0) == N);
	here[0].iov_base = fresh(N);
	EXPECT(syscall(SYS_recvmsg, pair[1], &received[0].msg_hdr, 0) == N);
	close(pair[0]);
	close(pair[1]);
}

static void moving(void)
{
	int fd = memfd_create("moved", 0), ends[2];
	struct flock *lock = FRESH(struct flock);
	struct iovec part = { fresh(N), N };
	struct aiocb *job = FRESH(struct aiocb);
	struct aiocb64 *job64 = FRESH(struct aiocb64);
	const struct aiocb *jobs[] = { job };

	CHECK(pipe(ends) == 0 && ftruncate(fd, N) == 0);
	EXPECT(vmsplice(ends[1], &part, 1, 0) == N);
	lock->l_type = F_WRLCK;
	EXPECT(fcntl(fd, F_SETLK, lock) == 0);
	EXPECT(fcntl(fd, F_GETLK, FRESH(struct flock)) == 0);
	EXPECT(fcntl(fd, F_GETOWN_EX, FRESH(struct f_owner_ex)) == 0);
	EXPECT(fcntl64(fd, F_GETLK, FRESH(struct flock)) == 0);
	arc4random_buf(fresh(N), N);
	job->aio_fildes = fd;
	job->aio_buf = fresh(N);
	job->aio_nbytes = N;
	job->aio_sigevent.sigev_notify = SIGEV_NONE;
	EXPECT(aio_read(job) == 0 && aio_suspend(jobs, 1, NULL) == 0 &&
	       aio_return(job) == N);
	job->aio_buf = fresh(N);
	EXPECT(aio_write(job) == 0 && aio_suspend(jobs, 1, NULL) == 0 &&
	       aio_return(job) == N);
	job64->aio_fildes = fd;
	job64->aio_buf = fresh(N);
	job64->aio_nbytes = N;
	job64->aio_sigevent.sigev_notify = SIGEV_NONE;
	jobs[0] = (struct aiocb *)job64;
	EXPECT(aio_read64(job64) == 0 && aio_suspend(jobs, 1, NULL) == 0 &&
	       aio_return64(job64) == N);
	job64->aio_buf = fresh(N);
	EXPECT(aio_write64(job64) == 0 && aio_suspend(jobs, 1, NULL) == 0 &&
	       aio_return64(job64) == N);
	/* By number: the next argument is a length, or it is not. */
	EXPECT(syscall(SYS_getrandom, fresh(N), (size_t)N, 0) == N);
	EXPECT(syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID,
		       FRESH(struct timespec)) == 0);
	by_number(fd);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

/* What libc allocates for itself, where that is large enough to be lazy. */
static void inside_libc(const char *path)
{
	FILE *stream = fopen("/proc/self/stat", "r");
	FILE *out = fopen(path, "w");
	char line[200], *here;

	CHECK(stream && out);
	EXPECT(fgets(line, sizeof(line), stream));
	EXPECT(putc('a', out) == 'a' && fclose(out) == 0);
	fclose(stream);
	stream = popen("echo a line", "r");
	EXPECT(stream && fgets(line, sizeof(line), stream) && line[0] == 'a');
	pclose(stream);
	here = getcwd(NULL, 70000);
	EXPECT(here && here[0] == '/');
	free(here);
}

/* A page that may not be written until a signal has come for it. */
static volatile char *wall;

static void open_wall(int number)
{
	(void)number;
	if (mprotect((void *)wall, PAGE, PROT_READ | PROT_WRITE))
		_exit(1);
}

/* With nothing called, the first to use this depth of the stack is the kernel,
 * for the signal's frame. */
static void *take_signal(void *argument)
{
	char *deep = __builtin_alloca(60 * PAGE);

	__asm__ volatile("" : : "r"(deep) : "memory");
	*wall = 1;
	return argument;
}

static void starting(void)
{
	char **arguments = fresh(2 * sizeof(*arguments));
	int status, fd = open("/bin/true", O_RDONLY);
	pthread_attr_t with_stack;
	pthread_t thread;
	char *stack = fresh(128 * PAGE);
	void *result = NULL;
	FILE *child;
	pid_t pid;

	EXPECT(system(fresh(9)) == 0);
	child = popen(fresh(9), "r");
	EXPECT(child && pclose(child) == 0);
	arguments[0] = fresh(9);
	for (int i = 0; i < 2; i++) {
		pid = fork();
		if (pid == 0) {
			if (i == 0)
				fexecve(fd, arguments, fresh(8));
			else
				execveat(fd, fresh(9), arguments, fresh(8),
					 AT_EMPTY_PATH);
			_exit(1);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		EXPECT(status == 0);
	}
	close(fd);
	wall = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(wall != MAP_FAILED);
	signal(SIGSEGV, open_wall);
	stack += 24;		/* a page's beginning */
	CHECK(pthread_attr_init(&with_stack) == 0);
	CHECK(pthread_attr_setstack(&with_stack, stack, 120 * PAGE) == 0);
	CHECK(pthread_create(&thread, &with_stack, take_signal, stack) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	EXPECT(result == stack);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	inside_libc(argv[1]);
	fortified();
	old_stat();
	paths();
	attributes(argv[1]);
	messages();
	waiting();
	locks();
	guarded_stack();
	guard_pages();
	code_only();
	write_only();
	signals();
	limits();
	moving();
	starting();
	return failures != 0;
}
