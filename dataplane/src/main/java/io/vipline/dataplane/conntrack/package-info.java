/** Connections: found by their tuples, moved through their states, forgotten in time, as nf_conntrack does. */
package io.vipline.dataplane.conntrack;
