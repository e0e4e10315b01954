/** Which frames of a source are taken at all: filter expressions as tcpdump has them. */
package io.vipline.dataplane.frame.filter;
