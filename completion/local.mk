# SPDX-License-Identifier: MIT
#
# Bash looks for a file of the command's name when a command is first completed.

completiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += completion/uffdlazy

install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(completiondir)'
	$(INSTALL_DATA) '$(srcdir)/completion/uffdlazy' \
		'$(DESTDIR)$(completiondir)/uffdlazy-run'
	cd '$(DESTDIR)$(completiondir)' && for tool in check pack stat; do \
		ln -sf uffdlazy-run "uffdlazy-$$tool" || exit 1; done

uninstall-hook:
	cd '$(DESTDIR)$(completiondir)' && \
		rm -f uffdlazy-check uffdlazy-pack uffdlazy-run uffdlazy-stat
