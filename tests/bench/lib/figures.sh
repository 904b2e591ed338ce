# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# Figures of a run: samples by name and server, medians, rows with a target.

rows=()
label=
voids=()

# Something did not work: the run goes on and fails at its end. A file tells,
# since many of these calls are in subshells.
complain() {
	echo "bench: $*" >&2
	: >"$work/failed"
}

# record FIGURE WHO VALUE
record() {
	[ -n "$3" ] || return 0
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/samples"
}

# median FIGURE WHO: nothing where there is no sample
median() {
	awk -F '\t' -v f="$1" -v w="$2" '$1 == f && $2 == w { print $3 }' \
		"$work/samples" | sort -g |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

calc() {
	awk "BEGIN { printf \"%.6g\", ($1) }"
}

# value KEY LINE: the value of key=value in a tool's report
value() {
	local word
	for word in $2; do
		[ "${word%%=*}" = "$1" ] && { echo "${word#*=}"; return; }
	done
	complain "no $1 in: $2"
	echo 0
}

# compare LABEL FIGURE UNIT WHO RELATION LIMIT [OUR_FIGURE]
# One row: the ratio ours / theirs (medians) against a limit; RELATION is
# ge, le, or none for a row that only informs.
compare() {
	local ours theirs
	ours=$(median "${7:-$2}" ours)
	theirs=$(median "$2" "$4")
	add_row "$1" "$3" "$ours" "$4" "$theirs" "$5" "$6"
}

# add_row LABEL UNIT OURS WHO THEIRS RELATION LIMIT; no label: the last one
add_row() {
	label=${1:-$label}
	local ratio=- reached=- target=-
	if [ -n "$3" ] && [ -n "$5" ]; then
		ratio=$(calc "$5 > 0 ? $3 / $5 : 0")
		reached=$(verdict "$ratio" "$6" "$7")
		ratio=$(printf '%.2f' "$ratio")
	fi
	target=$(target_text "$6" "$7" x)
	rows+=("$label [$2]|$(number "$3")|$4|$(number "$5")|$ratio|$target|$reached")
}

# add_absolute LABEL UNIT OURS RELATION LIMIT
add_absolute() {
	local reached=-
	label=$1
	[ -n "$3" ] && reached=$(verdict "$3" "$4" "$5")
	rows+=("$1${2:+ [$2]}|$(number "$3")|-|-|-|$(target_text "$4" "$5" '')|$reached")
}

number() {
	[ -n "$1" ] || { printf -- -; return; }
	awk "BEGIN { v = $1; printf (v >= 1000) ? \"%.0f\" : \"%.4g\", v }"
}

target_text() {
	case $1 in
	ge) echo ">= $2$3" ;;
	le) echo "<= $2$3" ;;
	*) echo - ;;
	esac
}

verdict() {
	case $2 in
	ge) awk "BEGIN { print ($1 >= $3) ? \"yes\" : \"NO\" }" ;;
	le) awk "BEGIN { print ($1 <= $3) ? \"yes\" : \"NO\" }" ;;
	*) echo - ;;
	esac
}

print_table() {
	[ ${#rows[@]} -gt 0 ] || return 0
	{
		echo 'figure|ours|against|its figure|ratio|target|reached'
		printf '%s\n' "${rows[@]}"
	} | awk -F '|' '
		{ for (i = 1; i <= NF; i++) {
			cell[NR, i] = $i
			if (length($i) > width[i]) width[i] = length($i) } }
		END { for (r = 1; r <= NR; r++) {
			line = ""
			for (i = 1; i <= NF; i++)
				line = line sprintf("%-" width[i] "s  ", cell[r, i])
			sub(/ +$/, "", line)
			print line } }'
}

# void_above WHAT VALUE LIMIT, void_below WHAT VALUE LIMIT: a peer that is
# slower than it ought to be makes the ratios worthless.
void_above() {
	[ -n "$2" ] && [ "$(verdict "$2" le "$3")" = NO ] &&
		voids+=("$1: $(number "$2"), over $3")
	return 0
}

void_below() {
	[ -n "$2" ] && [ "$(verdict "$2" ge "$3")" = NO ] &&
		voids+=("$1: $(number "$2"), under $3")
	return 0
}

print_void() {
	local reason
	[ ${#voids[@]} -gt 0 ] || return 0
	for reason in "${voids[@]}"; do
		echo "VOID: $reason"
	done
}
