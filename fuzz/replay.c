/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target once for every file of the folders named on the command
 * line. A target that finds something ends the process by abort().
 */
#include <dirent.h>

#include "fuzz.h"

static void die(const char *what, const char *name)
{
	fprintf(stderr, "replay: fatal: %s: %s\n", what, name);
	exit(1);
}

static void replay_file(const char *path)
{
	static unsigned char data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		die("unable to open", path);
	n = fread(data, 1, sizeof(data), f);
	if (ferror(f) || n == sizeof(data))
		die("unable to read, or too large", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
}

static unsigned replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	unsigned n = 0;

	if (!dir)
		die("unable to open folder", folder);
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];
		int len;

		if (entry->d_name[0] == '.')
			continue;
		len = snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		if (len < 0 || (size_t)len >= sizeof(path))
			die("path too long in", folder);
		replay_file(path);
		n++;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	if (n == 0)
		die("no inputs given to", argv[0]);
	printf("%s: %u inputs replayed\n", argv[0], n);
	return 0;
}
