/** The packet loop under load that lasts: new flows, memory, gaps; {@code perf/speed} and {@code perf/gaps} run them. */
package io.vipline.perf.speed;
