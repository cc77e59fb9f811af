/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzz targets share. */
#ifndef _HTTPQ_FUZZ_H
#define _HTTPQ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Unlike assert() it can't be compiled out. */
#define CHECK(condition)						\
do {									\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,	\
			#condition);					\
		abort();						\
	}								\
} while (0)

/* A copy of exactly @size bytes, so that ASan sees reads behind them. */
static inline void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	CHECK(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* Where to split, taken from the input so that it is repeatable. */
static inline size_t step_of(const u8 *data, size_t size)
{
	return size ? 2 + (data[size / 2] + size) % 11 : 2;
}

#endif /* _HTTPQ_FUZZ_H */
