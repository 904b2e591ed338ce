/* SPDX-License-Identifier: ISC */
/*
 * Whether arguments are what a form's parameters say: for scmp_command.c.
 * Pure.
 */
#ifndef PROTO_SCMP_SHAPE_H
#define PROTO_SCMP_SHAPE_H

#include "proto/scmp_command.h"

/* How many words a form has at least; SIZE_MAX at most is without an end. */
size_t scmp_form_count_words(const struct scmp_form *form, size_t *most);

bool scmp_form_has_keys(const struct scmp_form *form);

/* Of a command whose words and fields are there. */
bool scmp_shape_fits(const struct scmp_command *command);

#endif
