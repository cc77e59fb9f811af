# SPDX-License-Identifier: GPL-2.0
#
# The user's entry: builds, checks and installs httpq.  `make help` lists the
# targets.  Kbuild's own part is in Kbuild and kmod/Kbuild.
#
# Variables: KERNEL, KERNELS  which kernels (6.1 6.12 debug uml uml-6.1)
#            KDIR             build directory of the kernel to build for
#            STAGES           which of: lint unit fuzz kunit tests leak
#            T                pattern: run only the tests that match
#            V=1              show commands
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all
ifneq ($(V),1)
MAKEFLAGS += --no-print-directory
endif

VERSION := 0.2.0
O       ?= build
override O := $(abspath $(O))
HARNESS := $(CURDIR)/selftests/qemu
KERNELS ?= uml uml-6.1 debug 6.12 6.1
KERNEL  ?= 6.12
RUNNING := /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX  ?= /usr/local

export O V

.PHONY: all bench kmod tools check check-fast kunit unit fuzz lint demo qemu
.PHONY: check-mutants docs soak install dkms-install clean help selftests FORCE

all: kmod tools ## build the module and the tools

# For the running kernel if its headers are there, for stock 6.12 otherwise.
kmod: ## build httpq.ko; KDIR=... or KERNEL=... choose the kernel
ifneq ($(KDIR),)
	@$(HARNESS)/build-module custom '$(KDIR)'
else ifneq ($(origin KERNEL),file)
	@$(HARNESS)/build-module '$(KERNEL)'
else ifneq ($(wildcard $(RUNNING)/Makefile),)
	@$(HARNESS)/build-module running '$(RUNNING)'
else
	@$(HARNESS)/build-module '$(KERNEL)'
endif

tools: ## build the library, the tool and the examples
	@if [[ -e tools/Makefile ]]; then $(MAKE) -C tools O='$(O)/tools'; fi

selftests: tools
	@$(MAKE) -C selftests O='$(O)/selftests' TOOLS='$(O)/tools'

check: ## run everything; KERNELS="6.12 uml", STAGES=..., T=... choose a part
	@$(HARNESS)/deps
	@$(HARNESS)/check KERNELS='$(KERNELS)' STAGES='$(STAGES)' T='$(T)'

check-fast: ## run what takes a minute: lint, unit tests, the quick ones on UML
	@$(HARNESS)/deps
	@$(HARNESS)/check KERNELS=uml FAST=1 T='$(T)'

kunit: ## run the KUnit suites, print KTAP; KERNEL=debug|uml|uml-6.1, T=...
	@$(HARNESS)/deps
	@$(HARNESS)/kunit T='$(T)' \
		KERNEL='$(if $(filter file,$(origin KERNEL)),debug,$(KERNEL))'

unit: ## run the tests in user space: pure units, library, tool
	@$(HARNESS)/deps
	@$(HARNESS)/check STAGES=unit

fuzz: ## fuzz the pure units for T seconds in all
	@$(HARNESS)/deps
	@$(MAKE) -C selftests/fuzz run T='$(or $(T),60)'

lint: ## run the static checks
	@$(HARNESS)/deps
	@$(HARNESS)/check STAGES=lint

docs: ## draw the diagrams and tables of Documentation/lifecycle.rst anew
	@$(MAKE) -C selftests/explore docs

bench: ## what a request costs, in instructions; KERNEL=6.12|6.1, BOOTS=n
	@$(HARNESS)/deps
	@$(CURDIR)/selftests/bench/run KERNEL='$(KERNEL)' BOOTS='$(or $(BOOTS),1)'

check-mutants: ## show that the tests see defects; T=... chooses patches
	@$(HARNESS)/deps
	@$(CURDIR)/selftests/mutants/run T='$(T)'

soak: ## run the counted tests ten times as long, for T seconds; KERNEL=...
	@$(HARNESS)/deps
	@$(CURDIR)/selftests/soak KERNEL='$(KERNEL)' T='$(T)' SEED='$(SEED)'

demo: ## two workers on one port; KEEP=1 stays, PORT=n, KERNEL=6.1|6.12|debug
	@$(HARNESS)/deps
	@$(HARNESS)/demo KERNEL='$(KERNEL)' PORT='$(PORT)' KEEP='$(KEEP)'

qemu: ## run CMD='...' in a guest, or a shell; KERNEL=..., WORKERDIR=dir
	@$(HARNESS)/deps
	@$(HARNESS)/run KERNEL='$(KERNEL)' WORKERDIR='$(WORKERDIR)'

# The command may hold quotes of any kind: passed by environment only.
export CMD

install: all ## install the tools and the module
	@[[ -e '$(or $(KDIR),$(RUNNING))' ]] || { \
		echo 'no headers of the running kernel: install' \
			'linux-headers-amd64, or say KDIR=...' >&2; exit 1; }
	@if [[ -e tools/Makefile ]]; then $(MAKE) -C tools install \
		O='$(O)/tools' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)'; fi
	$(HARNESS)/build-module install '$(or $(KDIR),$(RUNNING))' '$(DESTDIR)'
	@[[ -n '$(DESTDIR)' ]] || ldconfig

DKMS := $(DESTDIR)/usr/src/httpq-$(VERSION)

# A version that dkms has it skips, whatever became of its source: so it forgets
# that first, and builds it for each kernel that had it.
dkms-install: ## hand the module's source to dkms
	rm -rf '$(DKMS)' && mkdir -p '$(DKMS)'
	cp -r Kbuild kmod uapi '$(DKMS)'
	rm -rf '$(DKMS)/kmod/tests'
	sed 's/@VERSION@/$(VERSION)/' dkms.conf > '$(DKMS)/dkms.conf'
	@[[ -z '$(DESTDIR)' ]] || exit 0; \
	had=$$(dkms status httpq/$(VERSION)); \
	[[ -z $$had ]] || dkms remove httpq/$(VERSION) --all; \
	dkms install httpq/$(VERSION); \
	for kernel in $$(awk -F ', ' 'NF > 2 { print $$2 }' <<< "$$had"); do \
		dkms install httpq/$(VERSION) -k "$$kernel"; done

clean: ## remove what was built (the cache stays)
	rm -rf '$(O)'

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
