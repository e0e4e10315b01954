/** Benchmarks, one class a stage of the packet's way; {@code perf/bench} runs them. */
package io.vipline.perf;
