package io.vipline.tools.verify;

/** Who carries the packets. */
enum World {
    KERNEL,
    VIPLINE
}
