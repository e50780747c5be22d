# SPDX-License-Identifier: MIT

dist_man_MANS += man/uffdlazy-check.1 man/uffdlazy-policy.5
