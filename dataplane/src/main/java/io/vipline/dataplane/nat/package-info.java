/** Translation: what a packet's addresses become, which source port a masqueraded connection gets, who sticks to whom. */
package io.vipline.dataplane.nat;
