/* SPDX-License-Identifier: MIT */
/* static_victim.c - a program without a dynamic linker; it ends in 3. */
int main(void)
{
	return 3;
}
