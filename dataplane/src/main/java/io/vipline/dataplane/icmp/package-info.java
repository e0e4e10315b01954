/** ICMP and ICMPv6 errors: made for packets that are refused, and translated on their way through. */
package io.vipline.dataplane.icmp;
