/* SPDX-License-Identifier: MIT */
/* most.h - how long a policy may be */
#ifndef UL_MOST_H
#define UL_MOST_H

#include <stddef.h>

#define UL_POLICY_MOST ((size_t)1 << 20)	/* bytes of its text */

#endif
