# SPDX-License-Identifier: MIT

dist_man_MANS += man/uffdlazy.7 man/uffdlazy-run.1 man/uffdlazy-stat.1
dist_man_MANS += man/uffdlazy-trace.5
