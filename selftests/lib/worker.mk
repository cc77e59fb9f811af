# SPDX-License-Identifier: GPL-2.0
#
# The workers of libhttpq(3) and of README.md in $(O), as they are printed there.
DOCS := $(dir $(lastword $(MAKEFILE_LIST)))../..

$(O)/man_worker.c: $(DOCS)/tools/man/libhttpq.3
	@mkdir -p $(@D)
	@sed -n '/^\.\\" worker-begin/,/^\.\\" worker-end/p' $< | \
		sed -e '/^\./d' -e 's/\\e/\\/g' > $@

$(O)/readme_worker.c: $(DOCS)/README.md
	@mkdir -p $(@D)
	@sed -n '/^## A worker/,/^Compile/s/^    //p' $< > $@
