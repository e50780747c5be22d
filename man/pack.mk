# SPDX-License-Identifier: MIT

dist_man_MANS += man/uffdlazy-blob.5 man/uffdlazy-pack.1
