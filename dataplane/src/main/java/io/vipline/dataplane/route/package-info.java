/** Which way a packet leaves, and under which of the node's addresses. */
package io.vipline.dataplane.route;
