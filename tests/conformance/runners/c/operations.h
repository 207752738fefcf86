/* The operations of the corpus over the C interface. */
#ifndef DELTOS_CONFORMANCE_OPERATIONS_H
#define DELTOS_CONFORMANCE_OPERATIONS_H

#include "scene.h"

/* Runs a step and compares what came with what it expects: DONE, or WRONG with scene.problem filled in. */
int run_step(scene *s, const json_t *step);

/* Compares a buffer or an array of a snapshot with the fields of a step or a description. */
int expect_object(scene *s, const json_t *step, const deltos_snapshot *snapshot, int32_t kind);

#endif
