#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# install_unit.sh DIR: tests `make install` and `make dkms-install`, for a kernel
# that is none, with what the Makefile built in DIR. Prints TAP.
#
# shellcheck disable=SC2317 # functions that check() calls
set -u
. "${0%/*}/../lib/tap.sh"

dir=$(readlink -f "$1")
top=$(readlink -f "${0%/*}/../..")
# The tools are built once for all; what is built for that kernel goes.
tools=${dir%/*}/tools
mkdir -p "$tools" "$work/build" "$work/bin"
ln -s "$tools" "$work/build/tools"
export PATH=$work/bin:$PATH
unset MAKEFLAGS MFLAGS MAKELEVEL O
# Nothing leads out of there.
unset BINDIR COMPDIR CONFDIR DESTDIR INCDIR LIBDIR MANDIR PREFIX SBINDIR UNITDIR

top_make() {
	make -s -C "$top" O="$work/build" "$@"
}

# fake NAME: a program that only writes down how it was called.
fake() {
	cat > "$work/bin/$1" <<-END
		#!/bin/sh
		echo "${1##*/} \$*" >> "$work/calls"
	END
	chmod +x "$work/bin/$1"
}

# A kernel to build for; its release is not that of this machine.
make_kdir() {
	mkdir -p "$work/kdir/include/generated"
	echo '#define UTS_RELEASE "1.2.3-fake"' \
		> "$work/kdir/include/generated/utsrelease.h"
	printf '%s:\n' modules modules_install > "$work/kdir/Makefile"
	# shellcheck disable=SC2016 # make expands it
	printf '\techo "install in $(INSTALL_MOD_PATH)/" >> ../calls\n' \
		>> "$work/kdir/Makefile"
}

called() { # LINE...
	cat "$work/calls"
	printf '%s\n' "$@" | cmp - "$work/calls"
}

# Where README.md and the manual pages say that it is.
files() { # PREFIX CONFDIR
	local file

	for file in bin/httpq-{hello,echo,files} include/httpq/httpq.h \
			include/httpq/linux/httpq{,_log}.h lib/libhttpq.a \
			lib/libhttpq.so{,.0,.0.2.0} lib/pkgconfig/libhttpq.pc \
			lib/systemd/system/httpq-{logd,pool@,worker-isolated@}.service \
			sbin/httpq{,-logd,-pool} \
			share/bash-completion/completions/httpq \
			share/man/man3/libhttpq.3 \
			share/man/man5/httpq-{logd,pool}.conf.5 \
			share/man/man8/httpq{,-logd,-pool}.8; do
		echo "$1/$file"
	done
	echo "$2/logd.conf"
	echo "$2/pool/example.conf"
}

below() { # DIRECTORY PREFIX CONFDIR: has these files, and no others
	diff <(cd "$1" && find . -not -type d | sed 's/^\.//' | sort) \
		<(files "$2" "$3" | sort)
}

installs_below() {
	: > "$work/calls"
	top_make install KDIR="$work/kdir" DESTDIR="$work/dest" &&
		below "$work/dest" /usr/local /etc/httpq
}

calls_nothing_below() {
	called "install in $work/dest/"
}

# What is changed there stays.
keeps_configuration() {
	echo mine | tee "$work"/dest/etc/httpq/{logd,pool/example}.conf > /dev/null
	top_make install KDIR="$work/kdir" DESTDIR="$work/dest" &&
		[[ $(cat "$work"/dest/etc/httpq/{logd,pool/example}.conf) = \
		   mine$'\n'mine ]]
}

# Without DESTDIR, but not into this machine.
installs() {
	: > "$work/calls"
	top_make install KDIR="$work/kdir" PREFIX="$work/root/usr" \
		CONFDIR="$work/root/etc" &&
		below "$work/root" /usr /etc
}

modprobe_finds_it() {
	called "install in /" "depmod 1.2.3-fake" "ldconfig "
}

# Each program that a unit starts is there.
units_start() {
	local program count=0

	while read -r program; do
		[[ -x $work/dest$program ]] || return
		count=$((count + 1))
	done < <(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' \
		"$work"/dest/usr/local/lib/systemd/system/*.service)
	((count == 3))
}

flags() {
	PKG_CONFIG_LIBDIR=$work/dest/usr/local/lib/pkgconfig \
		PKG_CONFIG_SYSROOT_DIR=$work/dest pkg-config "$@" libhttpq
}

compiles() {
	local words lib=$work/dest/usr/local/lib

	read -ra words <<< "$(flags --cflags --libs)"
	"${CC:-cc}" -Wall -Werror -o "$work/worker" "$dir/man_worker.c" \
		"${words[@]}" &&
		LD_LIBRARY_PATH=$lib ldd "$work/worker" > "$work/ldd" &&
		cat "$work/ldd" &&
		grep -q "libhttpq\.so\.0 => $lib/libhttpq\.so\.0 " "$work/ldd" &&
		[[ $(flags --modversion) = 0.2.0 ]]
}

# The version nodes of libhttpq.map are symbols as well, of type A.
exports() {
	diff <(nm -D --defined-only "$work/dest/usr/local/lib/libhttpq.so" |
		awk '$2 != "A" { sub("@.*", "", $3); print $3 }' | sort) \
		<(sed -n '/^static/d; s/^[a-z].*[ *]\(httpq_[a-z0-9_]*\)(.*/\1/p' \
			"$work/dest/usr/local/include/httpq/httpq.h" | sort)
}

# dkms that has built a version does not look at its source again.
make_dkms() {
	cat > "$work/bin/dkms" <<-END
		#!/bin/bash
		echo "dkms \$*" >> "$work/calls"
		[[ \$1 != status ]] || cat "$work/had"
	END
	chmod +x "$work/bin/dkms"
}

dkms_install() {
	: > "$work/calls"
	top_make dkms-install "DKMS=$work/src"
}

dkms_first() {
	: > "$work/had"
	dkms_install && [[ -e $work/src/kmod/main.c && ! -e $work/src/kmod/tests ]] &&
		grep -qx 'PACKAGE_VERSION="0.2.0"' "$work/src/dkms.conf" &&
		called 'dkms status httpq/0.2.0' 'dkms install httpq/0.2.0'
}

dkms_again() {
	printf 'httpq/0.2.0, %s, x86_64: installed\n' 6.1 6.12 > "$work/had"
	dkms_install && called 'dkms status httpq/0.2.0' \
		'dkms remove httpq/0.2.0 --all' 'dkms install httpq/0.2.0' \
		'dkms install httpq/0.2.0 -k 6.1' \
		'dkms install httpq/0.2.0 -k 6.12'
}

dkms_added() {
	echo 'httpq/0.2.0: added' > "$work/had"
	dkms_install && called 'dkms status httpq/0.2.0' \
		'dkms remove httpq/0.2.0 --all' 'dkms install httpq/0.2.0'
}

dkms_below() {
	: > "$work/calls"
	top_make dkms-install DESTDIR="$work/destdkms" && [[ ! -s $work/calls &&
		-e $work/destdkms/usr/src/httpq-0.2.0/dkms.conf ]]
}

fake depmod
fake ldconfig
make_kdir
make_dkms
make -s -C "$top" tools O="${tools%/*}" > "$work/say" 2>&1 || {
	sed 's/^/# /' "$work/say"
	echo 'Bail out! the tools are not built'
	exit 1
}
check 'install: every file below DESTDIR' installs_below
check 'install: below DESTDIR nothing is told' calls_nothing_below
check 'install: configuration that was changed stays' keeps_configuration
check 'install: programs of the units' units_start
check 'install: every file without DESTDIR' installs
check 'install: depmod for the kernel of KDIR' modprobe_finds_it
check 'libhttpq.pc: the worker of libhttpq(3)' compiles
check 'libhttpq.so: the functions of httpq.h' exports
check 'dkms: new' dkms_first
check 'dkms: the same version again' dkms_again
check 'dkms: the same version, not built' dkms_added
check 'dkms: below DESTDIR' dkms_below
echo "1..$nr"
exit "$failed"
