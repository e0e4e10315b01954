/** What the rules cost as Services grow in number: a run a size, beside the kernel's own loaders. */
package io.vipline.perf.scale;
