/** Capture files, pcap and pcapng, read from a memory map or a pipe and written through one native buffer. */
package io.vipline.dataplane.frame.capture;
