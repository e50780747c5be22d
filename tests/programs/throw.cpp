/* SPDX-License-Identifier: MIT */
/*
 * throw.cpp - exceptions, thrown and caught here, across threads' stacks, and
 * in a module that is opened at run time
 *
 *	throw MODULE.so
 */
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int caught;

static void throw_here(int depth)
{
	std::vector<char> big(4 << 20, 'b');	/* to be unwound, and lazy */

	if (depth == 0)
		throw std::runtime_error(std::string(big.begin(),
						     big.begin() + 3));
	throw_here(depth - 1);
}

static void catch_here()
{
	try {
		throw_here(10);
	} catch (const std::runtime_error &error) {
		if (strcmp(error.what(), "bbb") == 0)
			__atomic_add_fetch(&caught, 1, __ATOMIC_RELAXED);
	}
}

static void catch_bad_alloc()
{
	try {
		/* volatile: the compiler may not know the size beforehand. */
		volatile size_t size = (size_t)1 << 60;
		char *never = new char[size];

		printf("%p\n", (void *)never);
	} catch (const std::bad_alloc &) {
		caught++;
	}
}

int main(int argc, char **argv)
{
	void *module;
	int (*in_module)(void);
	void (*through_module)(void (*)(int));

	if (argc != 2)
		return 2;
	catch_here();
	std::thread first(catch_here), second(catch_here);
	first.join();
	second.join();
	catch_bad_alloc();

	module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (!module) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	in_module = (int (*)(void))dlsym(module, "throw_and_catch");
	through_module = (void (*)(void (*)(int)))dlsym(module, "call_back");
	if (!in_module || !through_module)
		return 1;
	caught += in_module();
	try {
		through_module(throw_here);
	} catch (const std::runtime_error &) {
		caught++;
	}
	dlclose(module);
	catch_here();
	printf("caught %d\n", caught);
	return 0;
}
