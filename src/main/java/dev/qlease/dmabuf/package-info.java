/**
 * Where device memory comes from: dma-bufs made by the GPU's driver, by DRM, by a dma-buf heap, or of ordinary memory by
 * udmabuf, which needs no hardware. Source: Documentation/driver-api/dma-buf.rst, linux/dma-buf.h.
 */
@NullMarked
package dev.qlease.dmabuf;

import org.jspecify.annotations.NullMarked;
