// SPDX-License-Identifier: MIT
// stub_streams.cc [FILE [freopen | dup2] [alone]] - counts lines of FILE, or of
// standard input, also where it becomes FILE; alone: without stdio
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

static void count(std::istream &in)
{
	std::string line;
	long lines = 0, bytes = 0;

	for (; std::getline(in, line); lines++)
		bytes += static_cast<long>(line.size());
	std::cout << lines << " " << bytes << "\n";
}

int main(int argc, char **argv)
{
	std::string line;

	if (argc == 1) {
		count(std::cin);
		return 0;
	}
	if (argc > 3)
		std::ios::sync_with_stdio(false);
	if (argc > 2) {
		if (!std::strcmp(argv[2], "dup2"))
			dup2(open(argv[1], O_RDONLY), 0);
		else if (!std::freopen(argv[1], "r", stdin))
			return 1;
		count(std::cin);
		return 0;
	}
	std::ifstream file(argv[1]);
	count(file);
	file.clear();
	file.seekg(-1000, std::ios::end);
	std::getline(file, line);
	std::getline(file, line);
	std::cout << line << " " << file.tellg() << "\n";
	return 0;
}
