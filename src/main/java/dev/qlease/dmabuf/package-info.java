/**
 * Sources of device memory: dma-bufs from the GPU's driver, from DRM, from a dma-buf heap, or from ordinary memory by
 * udmabuf, which requires no hardware. Sources: Documentation/driver-api/dma-buf.rst, linux/dma-buf.h.
 *
 * {@snippet :
 * try (DmaBuf memory = Udmabuf.pages().allocate(4 << 20)) {
 *     System.out.println(memory.size());
 * }
 * }
 */
@NullMarked
package dev.qlease.dmabuf;

import org.jspecify.annotations.NullMarked;
