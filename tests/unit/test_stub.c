/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a stub's text says what was put in, whatever the names; and a
 * stub leads to the blob it was made for, and to no other file.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/checksum.h"
#include "preload/store/stub.h"
#include "tests/unit/blob.h"
#include "tests/unit/check.h"

#define LENGTH ((size_t)100000)

static char folder[] = "/tmp/test_stub.XXXXXX";
static struct ul_store_error error;

static char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, 256, "%s/%s", folder, name);
	return path;
}

static void round_trip(const char *blob, const char *name)
{
	struct ul_stub stub = {.size = 987654321,
			       .blob_size = 12345,
			       .table_checksum = 0x00c0ffee12345678};
	char header[UL_STUB_HEADER];
	struct ul_stub back;

	strcpy(stub.blob, blob);
	CHECK_EQ(ul_stub_format(&stub, name, header), 0);
	CHECK(memcmp(header, UL_STUB_MAGIC, strlen(UL_STUB_MAGIC)) == 0);
	CHECK(memchr(header, '\0', sizeof(header)) == NULL);
	CHECK(header[UL_STUB_HEADER - 1] == '\n');
	for (size_t i = 0; i < sizeof(header); i++)
		CHECK(header[i] == '\n' || (unsigned char)header[i] >= 0x20);
	memset(&back, 0xff, sizeof(back));
	CHECK_EQ(ul_stub_parse(header, &back), 0);
	CHECK(strcmp(back.blob, blob) == 0);
	CHECK_EQ(back.size, stub.size);
	CHECK_EQ(back.blob_size, stub.blob_size);
	CHECK(back.table_checksum == stub.table_checksum);
}

static void test_text(void)
{
	static char long_name[4000];
	struct ul_stub stub = {.size = 5000};
	char header[UL_STUB_HEADER + 1];

	round_trip("words.zst", "words");
	round_trip("a b'c.zst", "a b'c");
	round_trip("line\nbreak: x\nsize: 3\n.zst", "line\nbreak");
	round_trip("\xc3\xbc\xe2\x82\xac.zst", "\xc3\xbc");
	round_trip("\xff\xfe\x80 latin.zst", "\xff");
	round_trip("back\\slash\\x41.zst", "back\\slash");
	round_trip("-rf.zst", "-rf");
	round_trip("\x1b[31m.zst", "\x1b[31m");
	round_trip("sub/folder/w.zst", "w");
	memset(long_name, 'x', sizeof(long_name) - 1);
	strcpy(stub.blob, long_name);
	CHECK_EQ(ul_stub_format(&stub, "w", header), -ENAMETOOLONG);

	strcpy(stub.blob, "it's.zst");
	CHECK_EQ(ul_stub_format(&stub, "it's", header), 0);
	header[UL_STUB_HEADER] = '\0';
	CHECK_HAS(header, "uffdlazy-pack --unpack 'it'\\''s.zst' -o "
			  "'it'\\''s'\n");
	strcpy(stub.blob, "my words.zst");
	CHECK_EQ(ul_stub_format(&stub, "my words", header), 0);
	CHECK_HAS(header, "uffdlazy-pack --unpack 'my words.zst' -o "
			  "'my words'\n");
}

static void parse(const char *text, int wanted)
{
	char header[UL_STUB_HEADER];
	struct ul_stub stub;
	int code;

	memset(header, '\n', sizeof(header));
	memcpy(header, text, strlen(text));
	code = ul_stub_parse(header, &stub);
	if (code != wanted) {
		fprintf(stderr, "got %d, wanted %d for:\n%s\n", code, wanted,
			text);
		exit(1);
	}
}

#define HEAD "uffdlazy-stub 1\n"
#define SUM  "table-checksum: 0123456789abcdef\n"

static void test_parse(void)
{
	char header[UL_STUB_HEADER];
	struct ul_stub stub;

	parse(HEAD "blob: b\nsize: 4096\nblob-size: 9\n" SUM, 0);
	parse(HEAD SUM "blob-size: 9\nfuture: x\nsize: 4096\nblob: b\n", 0);
	parse("", -ENODATA);
	parse("uffdlazy-stub 2\n", -ENODATA);
	parse("#!/bin/sh\n", -ENODATA);
	parse(HEAD, -EBADMSG);
	parse(HEAD "blob: b\nsize: 4096\nblob-size: 9\n", -EBADMSG);
	parse(HEAD "blob: b\nblob: c\nsize: 4096\nblob-size: 9\n" SUM,
	      -EBADMSG);
	parse(HEAD "blob: \nsize: 4096\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\\x00\nsize: 4096\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\\q\nsize: 4096\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\\x4\nsize: 4096\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\nsize: 4095\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\nsize: -1\nblob-size: 9\n" SUM, -EBADMSG);
	parse(HEAD "blob: b\nsize: 99999999999999999999\nblob-size: 9\n" SUM,
	      -EBADMSG);
	parse(HEAD "blob: b\nsize: 4096\nblob-size: 9\ntable-checksum: 12\n",
	      -EBADMSG);
	/* No line ever ends. */
	memset(header, 'x', sizeof(header));
	memcpy(header, HEAD, strlen(HEAD));
	CHECK_EQ(ul_stub_parse(header, &stub), -EBADMSG);
}

/* A blob and its stub, in the folder. Returns the stub, open. */
static int make_pair(const char *blob_name, const char *stub_name,
		     const unsigned char *bytes, struct ul_stub *stub)
{
	char header[UL_STUB_HEADER];
	struct blob blob;
	size_t table;
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, bytes, LENGTH, 65536);
	blob_save(&blob, in_folder(blob_name));
	table = UL_TABLE_HEAD + UL_TABLE_FOOT + blob.n_entries * 12;
	memset(stub, 0, sizeof(*stub));
	strcpy(stub->blob, blob_name);
	stub->size = LENGTH;
	stub->blob_size = blob.length;
	stub->table_checksum =
		ul_checksum_64(blob.bytes + blob.length - table, table);
	blob_end(&blob);
	CHECK_EQ(ul_stub_format(stub, "words", header), 0);
	fd = open(in_folder(stub_name), O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, header, sizeof(header)), UL_STUB_HEADER);
	CHECK_EQ(ftruncate(fd, LENGTH), 0);
	return fd;
}

static void refuse(const struct ul_stub *stub, int fd, const char *path,
		   char *const *folders, size_t n, int code, const char *words)
{
	struct ul_store *store = NULL;

	error.text[0] = '\0';
	CHECK_EQ(ul_stub_open_blob(stub, fd, path, folders, n, &store, &error),
		 code);
	CHECK_HAS(error.text, words);
}

static void accept(const struct ul_stub *stub, int fd, const char *path,
		   char *const *folders, size_t n, const unsigned char *bytes)
{
	unsigned char *copy = malloc(LENGTH);
	struct ul_store *store;
	int code =
		ul_stub_open_blob(stub, fd, path, folders, n, &store, &error);

	if (code < 0)
		fprintf(stderr, "%s\n", error.text);
	CHECK_EQ(code, 0);
	CHECK_EQ(ul_store_read(store, 0, copy, LENGTH, &error), 0);
	CHECK(memcmp(copy, bytes, LENGTH) == 0);
	ul_store_put(store);
	free(copy);
}

static void test_probe(int fd, const struct ul_stub *stub)
{
	struct ul_stub found;
	int other = open("/dev/zero", O_RDONLY);

	CHECK_EQ(ul_stub_probe(fd, &found), 0);
	CHECK_EQ(found.size, stub->size);
	CHECK(found.table_checksum == stub->table_checksum);
	CHECK_EQ(ul_stub_probe(other, &found), -ENODATA);
	close(other);
	CHECK_EQ(ul_stub_probe(-1, &found), -ENODATA);
	CHECK_EQ(ftruncate(fd, LENGTH + 1), 0);
	CHECK_EQ(ul_stub_probe(fd, &found), -EBADMSG);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(ul_stub_probe(fd, &found), -ENODATA);
}

static void test_places(const unsigned char *bytes)
{
	char *other = strdup(in_folder("other")), *none[] = {other};
	struct ul_stub stub, odd;
	int fd;

	CHECK_EQ(mkdir(in_folder("sub"), 0700), 0);
	CHECK_EQ(mkdir(other, 0700), 0);
	fd = make_pair("sub/w.zst", "w", bytes, &stub);
	accept(&stub, fd, in_folder("w"), NULL, 0, bytes);
	close(fd);
	fd = make_pair("w.zst", "w", bytes, &stub);
	accept(&stub, fd, in_folder("w"), NULL, 0, bytes);

	/* A link to the stub leads to the stub's folder, not to its own. */
	CHECK_EQ(symlink("../w", in_folder("sub/link")), 0);
	accept(&stub, fd, in_folder("sub/link"), NULL, 0, bytes);

	/* A path that leads elsewhere than to what is open. */
	refuse(&stub, fd, in_folder("w.zst"), NULL, 0, -EPERM, "another file");

	odd = stub;
	strcpy(odd.blob, "missing.zst");
	refuse(&odd, fd, in_folder("w"), NULL, 0, -ENOENT, "missing.zst: ");
	strcpy(odd.blob, "sub/../w.zst");
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EPERM, "outside");
	strcpy(odd.blob, in_folder("w.zst"));
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EPERM, "outside");

	/* Links are not followed, neither to the blob nor on the way. */
	CHECK_EQ(symlink("w.zst", in_folder("link.zst")), 0);
	strcpy(odd.blob, "link.zst");
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EPERM, "symbolic link");
	CHECK_EQ(symlink("..", in_folder("sub/up")), 0);
	strcpy(odd.blob, "sub/up/w.zst");
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EPERM, "outside");

	/* Elsewhere, where a policy allows it, and not beside that. */
	CHECK_EQ(rename(in_folder("w.zst"), in_folder("other/w.zst")), 0);
	CHECK_EQ(rename(in_folder("w"), in_folder("sub/w")), 0);
	strcpy(odd.blob, "../other/w.zst");
	refuse(&odd, fd, in_folder("sub/w"), NULL, 0, -EPERM, "outside");
	accept(&odd, fd, in_folder("sub/w"), none, 1, bytes);
	CHECK_EQ(rename(in_folder("other/w.zst"), in_folder("w.zst")), 0);
	strcpy(odd.blob, "../w.zst");
	refuse(&odd, fd, in_folder("sub/w"), none, 1, -EPERM, "outside");
	CHECK_EQ(rename(in_folder("sub/w"), in_folder("w")), 0);
	free(other);
	close(fd);
}

static void test_other_blob(const unsigned char *bytes)
{
	struct ul_stub stub, odd;
	int fd = make_pair("w.zst", "w", bytes, &stub);

	odd = stub;
	odd.blob_size++;
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EBADMSG, "another size");
	odd = stub;
	odd.table_checksum ^= 1;
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EBADMSG, "seek table");
	odd = stub;
	odd.size--;
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EBADMSG, "seek table");
	CHECK_EQ(mkfifo(in_folder("fifo"), 0600), 0);
	strcpy(odd.blob, "fifo");
	refuse(&odd, fd, in_folder("w"), NULL, 0, -EPERM, "not a regular");
	/* Open to more writers than the stub. */
	CHECK_EQ(chmod(in_folder("w.zst"), 0622), 0);
	refuse(&stub, fd, in_folder("w"), NULL, 0, -EPERM, "more users");
	CHECK_EQ(fchmod(fd, 0622), 0);
	accept(&stub, fd, in_folder("w"), NULL, 0, bytes);
	CHECK_EQ(chmod(in_folder("w.zst"), 0600), 0);
	test_probe(fd, &stub);
	close(fd);
}

/* Whose the files are; only root can make them someone's. */
static void test_owners(const unsigned char *bytes)
{
	struct ul_stub stub;
	int fd;

	if (geteuid() != 0)
		return;
	fd = make_pair("w.zst", "w", bytes, &stub);
	CHECK_EQ(fchown(fd, 1000, 1000), 0);
	refuse(&stub, fd, in_folder("w"), NULL, 0, -EPERM, "is root's");
	CHECK_EQ(chmod(in_folder("w.zst"), 0644), 0);
	accept(&stub, fd, in_folder("w"), NULL, 0, bytes);
	CHECK_EQ(chown(in_folder("w.zst"), 1001, 1001), 0);
	refuse(&stub, fd, in_folder("w"), NULL, 0, -EPERM, "neither");
	CHECK_EQ(chown(in_folder("w.zst"), 1000, 1001), 0);
	accept(&stub, fd, in_folder("w"), NULL, 0, bytes);
	close(fd);
}

int main(void)
{
	unsigned char *bytes = make_bytes(LENGTH, 11);
	char command[300];

	CHECK(mkdtemp(folder));
	test_text();
	test_parse();
	test_places(bytes);
	test_other_blob(bytes);
	test_owners(bytes);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	CHECK_EQ(system(command), 0);
	free(bytes);
	return 0;
}
