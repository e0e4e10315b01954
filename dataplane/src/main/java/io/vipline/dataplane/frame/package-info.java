/** Sources and sinks of frames: capture files, TAP devices, packet sockets, memory. */
package io.vipline.dataplane.frame;
