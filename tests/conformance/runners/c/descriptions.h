/* Writes a storage that a description tells of, and compares one with its description. Both print what is wrong and
 * return whether something is. */
#ifndef DELTOS_CONFORMANCE_DESCRIPTIONS_H
#define DELTOS_CONFORMANCE_DESCRIPTIONS_H

#include "scene.h"

int write_storage(scene *s, const json_t *description, const char *path);
int read_storage(scene *s, const json_t *description, const char *path);

#endif
