// SPDX-License-Identifier: MIT
// stub_streams.cc - counts lines of the file named, or of standard input
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
	std::ifstream file(argv[1]);
	count(file);
	file.clear();
	file.seekg(-1000, std::ios::end);
	std::getline(file, line);
	std::getline(file, line);
	std::cout << line << " " << file.tellg() << "\n";
	return 0;
}
