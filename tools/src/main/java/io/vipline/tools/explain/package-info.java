/** One packet's way through the rules: read from a line of text, shown as JSON, as a tree, as a graph. */
package io.vipline.tools.explain;
