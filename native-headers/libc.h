/*
 * The C library's headers, as the package dev.qlease.ffi.libc knows them.
 *
 * glibc declares the sockaddr parameters of the socket calls as transparent unions, which jextract takes for
 * unions passed by value. It does so for GNU C only, so <sys/socket.h> is read as if by another compiler.
 */
#define _GNU_SOURCE
#include <features.h>
#include <sys/cdefs.h>
#pragma push_macro("__GNUC_PREREQ")
#undef __GNUC_PREREQ
#define __GNUC_PREREQ(major, minor) 0
#include <sys/socket.h>
#pragma pop_macro("__GNUC_PREREQ")

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
