/* Values in the notation of ../../README.md: built, and compared with what is read. */
#ifndef DELTOS_CONFORMANCE_VALUES_H
#define DELTOS_CONFORMANCE_VALUES_H

#include "scene.h"

/* A builder that holds what a field says. */
int build_value(scene *s, const json_t *holder, const char *field, deltos_builder **builder);

/* The same of a node. */
int build_node(scene *s, const json_t *node, deltos_builder **builder);

/* The image of a node, packed by a builder of its own. */
int pack_node(scene *s, const json_t *node, bytes *image);

/* Packs it and opens the image, which value's handle keeps. */
int pack_value(scene *s, deltos_builder *builder, deltos_object **value, uint64_t *size, const void **image);

/* Compares what lies below a node with what a field says, if it says anything. */
int expect_tree(scene *s, const json_t *holder, const char *field, const deltos_object *value, uint64_t node);
/* The same of a node that is expected. */
int expect_node_at(scene *s, const json_t *expected, const deltos_object *value, uint64_t node);
/* Compares a scalar that is expected with what was read. */
int expect_scalar(scene *s, const json_t *expected, const deltos_item *actual);
/* The same of the hash; one is made in any case. */
int expect_hash(scene *s, const json_t *holder, const char *field, const deltos_object *value, uint64_t node);

/* What a node says, but for what a container or array holds. */
int fill_item(scene *s, const json_t *node, deltos_item *item);

/* A key as find takes it. Of a container or array: the value that holds it, to be released; else NULL. */
int build_key(scene *s, const json_t *node, deltos_item *key, deltos_object **keys);

/* The word for a kind. */
const char *kind_name(int32_t kind);

#endif
