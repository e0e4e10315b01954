/**
 * Frames from and to the machine's own interfaces: TAP devices and AF_PACKET sockets, by system calls through {@code
 * java.lang.foreign}. The kernel hands over unfinished checksums and super-frames; what it says of them (its {@code
 * virtio_net_hdr}) travels with the frame and is said again on the way out.
 */
package io.vipline.dataplane.frame.live;
