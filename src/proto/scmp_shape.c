/* SPDX-License-Identifier: ISC */
#include "proto/scmp_shape.h"

#include <stdint.h>

#include "base/num.h"
#include "proto/duration.h"
#include "proto/network.h"
#include "proto/scmp_text.h"

/* Parameter i, or NULL behind the last. */
static const struct scmp_parameter *parameter(const struct scmp_form *form,
					      size_t i)
{
	return i < SCMP_PARAMETERS_MAX && form->parameters[i].name
		       ? &form->parameters[i]
		       : NULL;
}

size_t scmp_form_count_words(const struct scmp_form *form, size_t *most)
{
	const struct scmp_parameter *p;
	size_t least = 0;

	*most = 0;
	for (size_t i = 0; (p = parameter(form, i)); i++) {
		if (p->flags & SCMP_KEY)
			continue;
		least += !(p->flags & SCMP_OPTIONAL);
		*most = p->flags & SCMP_REPEATED ? SIZE_MAX : *most + 1;
	}
	return least;
}

bool scmp_form_has_keys(const struct scmp_form *form)
{
	const struct scmp_parameter *p;

	for (size_t i = 0; (p = parameter(form, i)); i++) {
		if (p->flags & SCMP_KEY)
			return true;
	}
	return false;
}

static bool is_choice(struct span value, struct span choices)
{
	while (choices.n) {
		size_t n = span_find(choices, '|');

		if (span_equal_nocase(value, span_take(choices, n)))
			return true;
		choices = span_drop(choices, n + 1);
	}
	return false;
}

static bool fits(const struct scmp_parameter *p, struct span value)
{
	struct network network;
	uint64_t number;

	switch (p->kind) {
	case SCMP_KIND_TEXT:
		return true;
	case SCMP_KIND_USER:
		return scmp_text_is_user_name(value);
	case SCMP_KIND_MASK:
		return scmp_text_is_mask(value);
	case SCMP_KIND_NUMBER:
		return num_parse_u64(value, UINT64_MAX, &number);
	case SCMP_KIND_DURATION:
		return duration_parse(value, &number);
	case SCMP_KIND_NETWORK:
		return network_parse(value, &network);
	case SCMP_KIND_CHOICE:
		return is_choice(value, span_str(p->choices));
	case SCMP_KIND_WORD:
	case SCMP_KIND_REST:
		break;
	}
	return value.n > 0;
}

/* The next parameter from *i on that is no key, or NULL. */
static const struct scmp_parameter *next_word(const struct scmp_form *form,
					      size_t *i)
{
	const struct scmp_parameter *p;

	while ((p = parameter(form, *i)) && (p->flags & SCMP_KEY))
		(*i)++;
	return p;
}

/* What may be left out is passed over if it does not fit and another one
 * follows that may. */
static bool words_fit(const struct scmp_command *c)
{
	const struct scmp_parameter *p, *took = NULL;
	size_t word = 0, i = 0;

	while (word < c->words_n) {
		bool fit;

		p = next_word(c->form, &i);
		if (!p)
			return false;
		fit = fits(p, c->words[word]);
		if (!fit && (p->flags & (SCMP_OPTIONAL | SCMP_REPEATED)) !=
				    SCMP_OPTIONAL)
			return false;
		took = fit ? p : took;
		word += fit;
		i += !(p->flags & SCMP_REPEATED);
	}
	p = next_word(c->form, &i);
	return !p || (p->flags & SCMP_OPTIONAL) || p == took;
}

static const struct scmp_parameter *find_key(const struct scmp_form *form,
					     struct span key)
{
	const struct scmp_parameter *p;

	for (size_t i = 0; (p = parameter(form, i)); i++) {
		if ((p->flags & SCMP_KEY) && span_equal(key, span_str(p->name)))
			return p;
	}
	return NULL;
}

static bool fields_fit(const struct scmp_command *c)
{
	const struct scmp_parameter *p;
	bool wants_one = false, has_one = false;

	for (size_t i = 0; i < c->fields_n; i++) {
		p = find_key(c->form, c->fields[i].key);
		if (!p || !fits(p, c->fields[i].value))
			return false;
		has_one = has_one || (p->flags & SCMP_ONE_OF);
	}
	for (size_t i = 0; (p = parameter(c->form, i)); i++)
		wants_one = wants_one || (p->flags & SCMP_ONE_OF);
	return has_one || !wants_one;
}

bool scmp_shape_fits(const struct scmp_command *command)
{
	return words_fit(command) && fields_fit(command);
}
