/**
 * @file
 * Three numbers, and none of them follows from another:
 * the package version (below, also deltos_version()), the ABI version (the number in the library's soname, also
 * deltos_abi_version()), and the version of the file format (deltos_storage_info.format_major and format_minor).
 */
#ifndef DELTOS_VERSION_H
#define DELTOS_VERSION_H

#include <deltos/status.h>

#define DELTOS_VERSION_MAJOR 0
#define DELTOS_VERSION_MINOR 1
#define DELTOS_VERSION_PATCH 0
#define DELTOS_VERSION "0.1.0"

#define DELTOS_ABI_VERSION 0

#define DELTOS_FORMAT_MAJOR 1
#define DELTOS_FORMAT_MINOR 0

#endif
