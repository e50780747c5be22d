/* SPDX-License-Identifier: MIT */
/* throw_module.cpp - the module that throw.cpp opens. */
#include <stdexcept>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT int throw_and_catch(void);
EXPORT void call_back(void (*function)(int));

EXPORT int throw_and_catch(void)
{
	try {
		std::vector<int> big(1 << 20);

		return big.at(1 << 20);
	} catch (const std::out_of_range &) {
		return 1;
	}
}

EXPORT void call_back(void (*function)(int))
{
	std::vector<char> unwound(2 << 20);

	function(3);
}
