/** Views of the bytes of a packet: where the headers are, what they say, how their checksums change. */
package io.vipline.dataplane.wire;
